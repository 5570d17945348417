# SPDX-License-Identifier: Apache-2.0
"""Who may ask the gateway: keys that somebody else checks, remembered for seconds."""

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from typing import TypeAlias

from maalem.serving.refusals import RequestError
from maalem.serving.settings import SCOPE

REMEMBERED = 5.0
"""Seconds for which a key that opened opens without being looked up; a revoked key is
refused after them."""
MOST = 1024  # keys remembered at once

Checker: TypeAlias = Callable[[str], frozenset[str] | None]
"""Gives what a key may do; none if it opens nothing. It may be slow."""


class Keys:
    """Lets those in whose key may ask."""

    def __init__(self, check: Checker, *, clock: Callable[[], float]) -> None:
        self._check = check
        self._clock = clock
        self._until: dict[bytes, float] = {}

    async def refuse_stranger(self, headers: Mapping[bytes, bytes]) -> None:
        """Refuse a request without a key that may ask.

        Raises:
            RequestError: There is none, it opens nothing, or it may not do this.
        """
        scheme, _, key = headers.get(b"authorization", b"").partition(b" ")
        name = hashlib.sha256(key).digest()
        if scheme.lower() == b"bearer" and self._until.get(name, 0.0) > self._clock():
            return
        scopes = None
        if scheme.lower() == b"bearer":
            told = key.decode("latin-1").strip()
            scopes = await asyncio.to_thread(self._check, told)
        if scopes is None:
            raise RequestError(
                "this needs a key that opens",
                status=401,
                hint="send one as Authorization: Bearer mlm_…",
                code="gateway.key",
                headers={"www-authenticate": "Bearer"},
            )
        if SCOPE not in scopes:
            raise RequestError(
                f"this key may not ask; it lacks the scope {SCOPE!r}",
                status=403,
                hint="ask an owner of the project for one that has it",
                code="gateway.scope",
            )
        if len(self._until) >= MOST:
            self._until.clear()
        self._until[name] = self._clock() + REMEMBERED
