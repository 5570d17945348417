# SPDX-License-Identifier: Apache-2.0
"""How many of something may be taken in a minute, kept as one number.

Source:
    ATM Forum (1996), "Traffic Management Specification 4.0", section 4.4.2, the Generic
    Cell Rate Algorithm in its form of virtual scheduling: a bucket is the moment at
    which it will be full again.
"""

import math
from dataclasses import dataclass

MINUTE = 60.0
"""Seconds; a bucket that is full holds what may be taken in them."""
_ROUNDING = 1e-6  # seconds; times of day in 64 bits are exact to a quarter of that


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of taking from a bucket.

    Attributes:
        full_at: When the bucket is full again, in seconds since 1970.
        wait: Seconds after which it can be taken; 0 where it was.
        left: What can still be taken at once.
    """

    full_at: float
    wait: float
    left: int


def take(full_at: float, count: int, *, per_minute: int, now: float) -> Taken:
    """Take from a bucket, or tell how long to wait; then nothing is taken.

    In any t seconds, at most `per_minute * (1 + t / 60)` are taken. Who waits as long
    as is told can take, unless somebody else does before.

    Args:
        full_at: When the bucket is full again; 0 for one that nobody took from.
        count: How many to take, from 1 to `per_minute`.
        per_minute: What a full bucket holds, and what comes back in a minute.
        now: Seconds since 1970.
    """
    each = MINUTE / per_minute
    before = _sound(full_at, now)
    after = before + count * each
    wait = after - now - MINUTE
    if wait > _ROUNDING:
        return Taken(full_at=before, wait=wait, left=_left(before, each, now))
    return Taken(full_at=after, wait=0.0, left=_left(after, each, now))


def settle(full_at: float, count: int, *, per_minute: int, now: float) -> float:
    """Take what was used already, or give back; what is owed is at most a minute's.

    Args:
        full_at: As `take` has it.
        count: How many were used; negative for what is given back.
        per_minute: As above.
        now: Seconds since 1970.

    Returns:
        When the bucket is full again.
    """
    after = _sound(full_at, now) + count * MINUTE / per_minute
    return min(after, now + 2 * MINUTE)


def seconds(wait: float) -> int:
    """Give whole seconds after which a wait is over, at least 1."""
    return max(1, math.ceil(wait))


def _sound(full_at: float, now: float) -> float:
    """Give the moment as it can be; a clock may have been put back."""
    return min(max(full_at, now), now + 2 * MINUTE)


def _left(full_at: float, each: float, now: float) -> int:
    return max(0, int((MINUTE - (full_at - now) + _ROUNDING) / each))
