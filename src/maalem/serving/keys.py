# SPDX-License-Identifier: Apache-2.0
"""Who may ask the gateway: keys that somebody else checks, remembered for seconds."""

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from maalem.serving.allowances import Allowance
from maalem.serving.guesses import Guesses
from maalem.serving.refusals import RequestError

REMEMBERED = 5.0
"""Seconds for which a key that opened opens without being looked up; a revoked key is
refused after them."""
MOST = 1024  # keys remembered at once
NO_LIMITS = Allowance()


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Whose key it is.

    Attributes:
        id: Public part of the key.
        scopes: What it may do.
        tasks: The tasks that it may ask for; none for all.
        allowance: How much it may ask for, with nothing left open.
    """

    id: str
    scopes: frozenset[str]
    tasks: frozenset[str] = frozenset()
    allowance: Allowance = NO_LIMITS

    def may_ask(self, task: str) -> bool:
        """Tell whether the key may ask for a task."""
        return not self.tasks or task in self.tasks

    def refuse_task(self, task: str) -> None:
        """Refuse a task that is not the key's, whether or not there is one.

        Raises:
            RequestError: It is not.
        """
        if not self.may_ask(task):
            raise RequestError(
                f"this key may not ask for `{task[:200]}`",
                status=403,
                hint="GET /v1/models names what it may ask for",
                code="gateway.task",
            )


Checker: TypeAlias = Callable[[str], Caller | None]
"""Gives whose key it is; none if it opens nothing. It may be slow."""


class Keys:
    """Lets those in whose key may ask."""

    def __init__(
        self, check: Checker, *, guesses: Guesses, clock: Callable[[], float]
    ) -> None:
        self._check = check
        self._guesses = guesses
        self._clock = clock
        self._known: dict[bytes, tuple[float, Caller]] = {}

    async def caller_of(
        self, headers: Mapping[bytes, bytes], *, scope: str | None, address: str
    ) -> Caller:
        """Give who sends a request; its key must be allowed to do what is asked.

        Args:
            headers: Of the request.
            scope: What it must be allowed to do; none where nothing is done.
            address: Where it comes from; empty where that is not known.

        Raises:
            RequestError: There is none, it opens nothing, or it may not do this; or
                too many came from there that open nothing.
        """
        scheme, _, key = headers.get(b"authorization", b"").partition(b" ")
        is_key = scheme.lower() == b"bearer"
        caller = await self._opened(key, address) if is_key else None
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

    async def _opened(self, key: bytes, address: str) -> Caller | None:
        """Look a key up, or remember it; one that opens nothing is never remembered.

        One that opened before is looked up wherever it comes from: who guesses behind
        the same proxy shuts nobody out who was in.
        """
        name = hashlib.sha256(key).digest()
        until, known = self._known.get(name, (0.0, None))
        if known is not None and until > self._clock():
            return known
        if known is None:
            self._guesses.refuse_busy(address)
        caller = await asyncio.to_thread(self._check, key.decode("latin-1").strip())
        if caller is not None:
            if len(self._known) >= MOST:
                self._known.clear()
            self._known[name] = (self._clock() + REMEMBERED, caller)
        else:
            self._known.pop(name, None)
            self._guesses.count(address)
        return caller
