# SPDX-License-Identifier: Apache-2.0
"""Who may ask the gateway: keys that somebody else checks, remembered for seconds."""

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from maalem.serving.refusals import RequestError

REMEMBERED = 5.0
"""Seconds for which a key that opened opens without being looked up; a revoked key is
refused after them."""
MOST = 1024  # keys remembered at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Whose key it is.

    Attributes:
        id: Public part of the key.
        scopes: What it may do.
    """

    id: str
    scopes: frozenset[str]


Checker: TypeAlias = Callable[[str], Caller | None]
"""Gives whose key it is; none if it opens nothing. It may be slow."""


class Keys:
    """Lets those in whose key may ask."""

    def __init__(self, check: Checker, *, clock: Callable[[], float]) -> None:
        self._check = check
        self._clock = clock
        self._known: dict[bytes, tuple[float, Caller]] = {}

    async def caller_of(
        self, headers: Mapping[bytes, bytes], *, scope: str | None
    ) -> Caller:
        """Give who sends a request; its key must be allowed to do what is asked.

        Args:
            headers: Of the request.
            scope: What it must be allowed to do; none where nothing is done.

        Raises:
            RequestError: There is none, it opens nothing, or it may not do this.
        """
        scheme, _, key = headers.get(b"authorization", b"").partition(b" ")
        caller = await self._opened(key) if scheme.lower() == b"bearer" else None
        if caller is None:
            raise RequestError(
                "this needs a key that opens",
                status=401,
                hint="send one as Authorization: Bearer mlm_…",
                code="gateway.key",
                headers={"www-authenticate": "Bearer"},
            )
        if scope is not None and scope not in caller.scopes:
            raise RequestError(
                f"this key may not ask; it lacks the scope {scope!r}",
                status=403,
                hint="ask an owner of the project for one that has it",
                code="gateway.scope",
            )
        return caller

    async def _opened(self, key: bytes) -> Caller | None:
        """Look a key up, or remember it; one that opens nothing is never remembered."""
        name = hashlib.sha256(key).digest()
        until, known = self._known.get(name, (0.0, None))
        if known is not None and until > self._clock():
            return known
        caller = await asyncio.to_thread(self._check, key.decode("latin-1").strip())
        if caller is not None:
            if len(self._known) >= MOST:
                self._known.clear()
            self._known[name] = (self._clock() + REMEMBERED, caller)
        return caller
