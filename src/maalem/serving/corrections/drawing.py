# SPDX-License-Identifier: Apache-2.0
"""Which automatic answers are drawn for the audit, and with what chance."""

import hashlib
import hmac

_LEVELS = (2.0, 1.0, 0.5)  # near the threshold, between, far above it


def chance_of(probability: float, threshold: float, *, share: float) -> float:
    """Give the chance with which an automatic answer is drawn; never 0 but for share 0.

    Args:
        probability: Of the answer, at or above the threshold.
        threshold: What it was held to.
        share: The `audit_share` of the settings, in [0, 1].
    """
    room = max(1.0 - threshold, 1e-12)
    third = min(2, max(0, int(3.0 * (probability - threshold) / room)))
    return min(1.0, share * _LEVELS[third])


def least_chance(share: float) -> float:
    """Give the least chance with which any automatic answer is drawn."""
    return min(1.0, share * _LEVELS[-1])


def is_drawn(key: bytes, request: str, place: int, *, chance: float) -> bool:
    """Tell whether an answer is drawn; the same each time, and foreseen by nobody.

    Args:
        key: Secret of the project.
        request: Id of the request.
        place: Number of the text in it.
        chance: With which it is drawn.

    Source:
        RFC 2104, HMAC, over SHA-256; its first 8 bytes as a fraction.
    """
    name = f"audit {request} {place}".encode()
    number = int.from_bytes(hmac.new(key, name, hashlib.sha256).digest()[:8])
    return (number >> 11) / 2**53 < chance  # a double keeps 53 bits
