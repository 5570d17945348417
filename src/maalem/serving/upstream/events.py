# SPDX-License-Identifier: Apache-2.0
"""Server-sent events on their way through: whole ones only, and what they tell."""

import json
import re
from typing import Any

MOST_HELD = 2**20
"""Bytes of one event."""
_ENDS = (b"\n\n", b"\r\n\r\n", b"\r\r")  # of an event
_EVENT = re.compile(rb".+?(?:\r\n\r\n|\n\n|\r\r|\Z)", re.DOTALL)
_DONE = (b"data: [DONE]", b"data:[DONE]")
_USED, _UNUSED = b'"usage"', (b'"usage":null', b'"usage": null')


class Events:
    """Cuts a stream into whole events, so that what breaks off shows none in part.

    Attributes:
        usage: What the upstream says of tokens, where it does.
        is_done: Whether the stream said that it is over.
        is_too_long: Whether an event has no end.
    """

    def __init__(self, *, hides_usage: bool = False) -> None:
        """Begin with nothing.

        Args:
            hides_usage: Whether the event that tells of tokens and of nothing else is
                left out; the caller did not ask for it.
        """
        self.usage: object = None
        self.is_done = False
        self.is_too_long = False
        self._held = b""
        self._hides_usage = hides_usage

    def take(self, part: bytes) -> bytes:
        """Give the events that are whole with what has come."""
        held = self._held + part if self._held else part
        end = len(held)
        if not held.endswith(_ENDS):
            end = max(
                held.rfind(mark) + len(mark) if mark in held else 0 for mark in _ENDS
            )
        whole, self._held = held[:end], held[end:]
        self.is_too_long = len(self._held) > MOST_HELD
        if whole:
            self._read(whole)
        return self._shown(whole)

    def rest(self) -> bytes:
        """Give what came last without the line that ends an event."""
        rest, self._held = self._held, b""
        self._read(rest)
        return self._shown(rest)

    def _shown(self, whole: bytes) -> bytes:
        if not self._hides_usage or _USED not in whole:
            return whole
        events = _EVENT.findall(whole)
        return b"".join(one for one in events if not _tells_usage_alone(one))

    def _read(self, whole: bytes) -> None:
        self.is_done = self.is_done or whole[-20:].rstrip().endswith(_DONE)
        if _USED not in whole:
            return
        for line in whole.splitlines():
            if _USED in line and not any(one in line for one in _UNUSED):
                _, _, data = line.partition(b":")
                told = _object(data)
                self.usage = told.get("usage") or self.usage


def tokens_of(usage: object) -> tuple[int | None, int | None]:
    """Give the tokens read and written that an upstream tells of."""
    told = usage if isinstance(usage, dict) else {}
    read = told.get("prompt_tokens", told.get("total_tokens"))
    return _count(read), _count(told.get("completion_tokens"))


def _tells_usage_alone(event: bytes) -> bool:
    lines = [one.partition(b":") for one in event.splitlines()]
    told = _object(b"\n".join(data for name, _, data in lines if name == b"data"))
    return told.get("choices") == [] and bool(told.get("usage"))


def _count(told: object) -> int | None:
    is_count = type(told) is int and 0 <= told < 2**53
    return told if is_count and isinstance(told, int) else None


def _object(raw: bytes) -> dict[str, Any]:
    try:
        told = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}
