# SPDX-License-Identifier: Apache-2.0
"""Carries notices to webhooks, from one thread that nobody waits for."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from fastapi import Request

from maalem.app.desk.webhook_post import LIMIT, post
from maalem.app.desk.webhooks import Webhook
from maalem.errors import EngineError, MaalemError, boundary

logger = logging.getLogger(__name__)

PAUSES = (2.0, 10.0, 60.0, 600.0)
"""Seconds before each further attempt; then a notice is given up."""
MOST_WAITING = 1_000
"""Notices that wait for one webhook; what comes on top is dropped, and counted."""
_PATIENCE = 2.0  # seconds for what is due when the desk closes


def _forget() -> None:
    """Do nothing when a notice is taken: of this one nobody keeps account."""


@dataclass(frozen=True, slots=True)
class _Letter:
    """One notice on its way, and whom to tell that it was taken."""

    body: bytes
    taken: Callable[[], None] = _forget


@dataclass(slots=True)
class _Round:
    """What one webhook is still to be told; a slow one is waited for by no other."""

    hook: Webhook
    waiting: deque[_Letter] = field(default_factory=deque)
    due: float = 0.0
    attempts: int = 0
    failed: int = 0
    dropped: int = 0


class Courier:
    """The webhooks of a desk; without one there is no thread and no connection.

    What waits is kept in memory alone: a desk that closes forgets what it could not
    deliver, and whoever was not called back may leave it again. All methods may be
    called from any thread, and none waits for a receiver but `close`, for a moment.
    """

    def __init__(
        self,
        hooks: Iterable[Webhook],
        *,
        clock: Callable[[], float],
        pauses: Sequence[float] = PAUSES,
        limit: float = LIMIT,
    ) -> None:
        """Begin with nothing to carry.

        Args:
            hooks: Who is told.
            clock: Seconds since 1970, for the signatures.
            pauses: Seconds before each further attempt.
            limit: Seconds that an attempt may take.
        """
        self._rounds = [_Round(hook) for hook in hooks]
        self._clock = clock
        self._pauses = pauses
        self._limit = limit
        self._turn = threading.Condition()
        self._thread: threading.Thread | None = None
        self._until: float | None = None

    def listens(self, event: str) -> bool:
        """Tell whether anybody is to be told of an event."""
        return any(event in one.hook.events for one in self._rounds)

    def tell(self, event: str, body: bytes) -> None:
        """Leave a notice to be carried to whoever is to be told of an event."""
        told = [one for one in self._rounds if event in one.hook.events]
        self._send(told, _Letter(body))

    def tell_one(self, hook: str, body: bytes, *, taken: Callable[[], None]) -> None:
        """Leave a notice for one webhook; `taken` is called once it was taken.

        Args:
            hook: The webhook's name.
            body: What to say, as JSON.
            taken: Called from the courier's thread, and never after `close` gave up.
        """
        told = [one for one in self._rounds if one.hook.id == hook]
        self._send(told, _Letter(body, taken))

    def _send(self, told: Sequence[_Round], letter: _Letter) -> None:
        with self._turn:
            if self._until is not None or not told:
                return
            for one in told:
                self._leave(one, letter)
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._carry, name="webhooks", daemon=True
                )
                self._thread.start()
            self._turn.notify()

    def close(self) -> None:
        """Carry what is due for a moment longer, and count what is left behind."""
        with self._turn:
            self._until = time.monotonic() + _PATIENCE
            self._turn.notify()
            thread = self._thread
        if thread is not None:
            thread.join(_PATIENCE)
        left = sum(len(one.waiting) for one in self._rounds)
        if left:
            logger.warning("%d notices to webhooks were not delivered", left)

    def _leave(self, one: _Round, letter: _Letter) -> None:
        if len(one.waiting) < MOST_WAITING:
            one.waiting.append(letter)
            return
        one.dropped += 1
        if one.dropped & (one.dropped - 1) == 0:  # 1, 2, 4, 8: a log that stays short
            logger.warning(
                "webhook %s: %d dropped, too many wait", one.hook.id, one.dropped
            )

    def _carry(self) -> None:
        while (one := self._next()) is not None:
            try:
                body = one.waiting[0].body
                post(one.hook, body, at=self._clock(), limit=self._limit)
            except MaalemError as error:
                self._put_off(one, error)
            else:
                self._done(one)

    def _next(self) -> _Round | None:
        """Wait until something is due; none when the desk closes."""
        with self._turn:
            while True:
                now = time.monotonic()
                waiting = [one for one in self._rounds if one.waiting]
                first = min(waiting, key=lambda one: one.due, default=None)
                is_due = first is not None and first.due <= now
                if self._until is not None and (not is_due or now > self._until):
                    return None
                if first is not None and is_due:
                    return first
                self._turn.wait(None if first is None else first.due - now)

    def _done(self, one: _Round) -> None:
        with self._turn:
            letter = one.waiting.popleft()
            one.attempts = 0
            one.due = time.monotonic()  # behind those that have waited longer
            is_late = self._until is not None and one.due > self._until
        if is_late:
            return  # the store may be closed by now; it is sent again, as the same
        try:
            with boundary(EngineError, "note that a notice was taken"):
                letter.taken()
        except MaalemError as error:
            logger.warning("webhook %s: %s", one.hook.id, error.why or error.code)

    def _put_off(self, one: _Round, error: MaalemError) -> None:
        """Try again later; what was tried often enough is given up."""
        with self._turn:
            one.attempts += 1
            one.failed += 1
            is_last = one.attempts > len(self._pauses)
            # Who gave up one notice is no quicker to be asked for the next.
            pause = (*self._pauses, *self._pauses[-1:], 0.0)[one.attempts - 1]
            one.due = time.monotonic() + pause
            if is_last:
                one.waiting.popleft()
                one.attempts = 0
        logger.warning(
            "webhook %s: %s, %d failed since the start%s",
            one.hook.id,
            error.code,
            one.failed,
            "; a notice is given up" if is_last else "",
        )


def courier_of(request: Request) -> Courier:
    """Give who carries the notices of the desk that a request came to."""
    found: Courier = request.app.state.courier
    return found
