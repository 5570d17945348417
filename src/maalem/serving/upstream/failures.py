# SPDX-License-Identifier: Apache-2.0
"""How an upstream fails, as callers are told; what it said stays in the house."""

import json
from collections.abc import Mapping
from types import MappingProxyType

from maalem.serving.refusals import RequestError

UNREACHABLE, LOST = "gateway.upstream-unreachable", "gateway.upstream-lost"
LONGEST_WAIT = 60
"""Seconds that callers are told to wait at most."""
_LONGEST = 500  # letters of what an upstream says of a request
_ASKED_WRONGLY = (400, 413, 422)
_ASKED_LATER = MappingProxyType(
    {
        429: ("takes no more", "gateway.upstream-full"),
        503: ("is busy", "gateway.upstream-busy"),
    }
)


def unreachable(name: str) -> RequestError:
    """Make the refusal where no connection could be had; nothing was sent."""
    return _failure(name, "cannot be reached", code=UNREACHABLE)


def lost(name: str) -> RequestError:
    """Make the refusal where the connection was lost before the answer's end."""
    return _failure(name, "was lost before its answer's end", code=LOST)


def garbage(name: str, what: str) -> RequestError:
    """Make the refusal where what comes is no answer."""
    return _failure(name, what, code="gateway.upstream-garbage")


def hung(name: str) -> RequestError:
    """Make the refusal where the answer did not come in time."""
    code = "gateway.upstream-slow"
    return _failure(name, "did not answer in time", status=504, code=code)


def resting(name: str, seconds: float) -> RequestError:
    """Make the refusal where an upstream that kept failing is not asked."""
    code = "gateway.upstream-resting"
    return _failure(name, "keeps failing", status=503, code=code, wait=seconds)


def full(name: str) -> RequestError:
    """Make the refusal where as much is asked of an upstream as may be."""
    what, code = "is asked as much as may be", "gateway.upstream-full"
    return _failure(name, what, status=429, code=code, wait=1.0)


def refused_by(
    name: str, status: int, *, headers: Mapping[bytes, bytes], raw: bytes
) -> RequestError:
    """Make the refusal of an answer that is none.

    What the caller asked wrongly is the caller's, with what the upstream says of it.
    All else is between gateway and upstream, and nothing that was said is repeated: it
    may name a key.

    Args:
        name: Name of the upstream.
        status: HTTP status of its answer.
        headers: Of its answer.
        raw: The body of its answer.
    """
    if status in _ASKED_WRONGLY:
        said = _said(raw) or f"{name} does not take this request"
        return RequestError(said, status=status, code="gateway.upstream-refused")
    if status in _ASKED_LATER:
        what, code = _ASKED_LATER[status]
        wait = wait_of(headers) or 1.0
        return _failure(name, what, status=status, code=code, wait=wait)
    if 300 <= status < 400:
        code = "gateway.upstream-redirect"
        return _failure(name, "sends elsewhere, which is not followed", code=code)
    what = "does not let the gateway in" if status in (401, 403) else "failed"
    return _failure(name, what, code="gateway.upstream-failed")


def wait_of(headers: Mapping[bytes, bytes]) -> float | None:
    """Give the seconds that `retry-after` asks for; none where it gives no number."""
    told = headers.get(b"retry-after", b"")
    if not told.isdigit() or len(told) > 9:
        return None
    return float(min(int(told), LONGEST_WAIT))


def _failure(
    name: str, what: str, *, code: str, status: int = 502, wait: float | None = None
) -> RequestError:
    headers = {} if wait is None else {"retry-after": str(max(1, round(wait)))}
    message = f"the server {name}, which has this model, {what}"
    return RequestError(message, status=status, code=code, headers=headers)


def _said(raw: bytes) -> str:
    """Give the sentence in an error of OpenAI's form, or of one near to it."""
    try:
        told = json.loads(raw)
    except (ValueError, RecursionError):
        return ""
    error = told.get("error", told) if isinstance(told, dict) else None
    message = error.get("message") if isinstance(error, dict) else error
    if not isinstance(message, str):
        return ""
    return "".join(one if one.isprintable() else " " for one in message[:_LONGEST])
