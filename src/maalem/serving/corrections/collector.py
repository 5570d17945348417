# SPDX-License-Identifier: Apache-2.0
"""Answers that a person should see wait here until a thread takes them up."""

import logging
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from maalem.errors import EngineError, MaalemError, boundary
from maalem.serving.corrections.drawing import chance_of, is_drawn
from maalem.serving.occurrences import SHADOW, Decision, Occurrence

logger = logging.getLogger(__name__)

MOST_WAITING = 5_000
"""Answers that may wait; more are left to the log of the traffic."""
MOST_LETTERS = 16 * 2**20
"""Code points of their texts, as above."""
EACH = 60.0
"""Seconds between two rounds of chores."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One answer that a person should see.

    Attributes:
        request: Id of the request.
        place: Number of the text in it.
        task: Name of the task.
        release: Digest of the release that answered.
        at: When, in seconds since 1970.
        label: The answer.
        text: The text; none where it was kept nowhere.
        chosen: With what chance it was drawn for the audit; none for a case that the
            model may not decide.
    """

    request: str
    place: int
    task: str
    release: str
    at: float
    label: str
    text: str | None
    chosen: float | None = None


class Sieve:
    """Tells which answers a person should see; the same whenever it is asked."""

    def __init__(self, key: bytes, *, share: float) -> None:
        """Take what it draws with.

        Args:
            key: Secret of the project.
            share: Part of the automatic answers that is drawn.
        """
        self._key = key
        self._share = share

    def chance(self, told: Occurrence, one: Decision) -> float | None:
        """Give the chance with which an answer was drawn; none if it was not."""
        if one.probability is None or told.threshold is None:
            return None
        chance = chance_of(one.probability, told.threshold, share=self._share)
        is_hit = is_drawn(self._key, told.request, one.place, chance=chance)
        return chance if is_hit else None

    def found(self, told: Occurrence) -> list[Found]:
        """Give what a person should see of what was answered."""
        if told.status >= 400 or told.arm == SHADOW:
            return []
        return [
            Found(
                request=told.request, place=one.place, task=told.task,
                release=told.release, at=told.at, label=one.label, text=one.text,
                chosen=chance,
            )
            for one in told.decisions
            if one.label and one.probability is not None
            for chance in [None if one.reason else self.chance(told, one)]
            if one.reason or chance is not None
        ]  # fmt: skip


class Collector:
    """Hands what a person should see to a thread of its own.

    What the disk refuses is handed over again each minute.

    Attributes:
        left: Answers that did not wait here, since too many did, or that the disk
            refused to the end.
    """

    def __init__(
        self,
        sieve: Sieve,
        *,
        take: Callable[[Sequence[Found]], None],
        chores: Callable[[], None],
        clock: Callable[[], float],
    ) -> None:
        """Begin to work.

        Args:
            sieve: Tells what is to be taken up.
            take: Takes it up, in the thread.
            chores: Done in the thread when it begins, and then each minute.
            clock: Seconds, that only grow.
        """
        self.left = 0
        self._sieve = sieve
        self._take = take
        self._chores = chores
        self._clock = clock
        self._waiting: deque[Found] = deque()
        self._refused: list[Found] = []  # by the disk
        self._letters = 0
        self._is_closing = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(
            target=self._work, name="corrections", daemon=True
        )
        self._thread.start()

    def note(self, told: Occurrence) -> None:
        """Take what was answered, where a person should see it."""
        found = self._sieve.found(told)
        if not found:
            return
        letters = sum(len(one.text or "") for one in found)
        with self._changed:
            has_room = len(self._waiting) + len(found) <= MOST_WAITING
            if not has_room or self._letters + letters > MOST_LETTERS:
                self.left += len(found)
                return
            self._waiting.extend(found)
            self._letters += letters
            self._changed.notify()

    def close(self) -> None:
        """Take up what waits, and end."""
        with self._changed:
            self._is_closing = True
            self._changed.notify()
        self._thread.join()

    def _work(self) -> None:
        due = self._clock()
        while True:
            if self._clock() >= due:
                self._do("do the chores of corrections", self._chores)
                due = self._clock() + EACH
                self._take_again()
            found = self._next()
            if found:
                self._take_up(found)
            elif self._is_closing:
                self._take_again()
                self.left += len(self._refused)
                return

    def _take_up(self, found: Sequence[Found]) -> None:
        """Take answers up, unless the disk has refused some a moment ago."""
        if not self._refused:
            failure = self._do("take up answers", partial(self._take, found))
            if failure is None or not is_of_disk(failure):
                return
        letters = sum(len(one.text or "") for one in self._refused)
        for one in found:
            letters += len(one.text or "")
            if len(self._refused) < MOST_WAITING and letters <= MOST_LETTERS:
                self._refused.append(one)
            else:
                self.left += 1

    def _take_again(self) -> None:
        found, self._refused = self._refused, []
        if found:
            self._take_up(found)

    def _next(self) -> list[Found]:
        """Wait for something to take up, or for the next chores."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._waiting or self._is_closing, timeout=EACH
            )
            found, self._letters = list(self._waiting), 0
            self._waiting.clear()
        return found

    def _do(self, what: str, deed: Callable[[], None]) -> MaalemError | None:
        """Do something; give what it fails with."""
        try:
            with boundary(EngineError, what):  # the thread must outlive any failure
                deed()
        except MaalemError as failure:
            logger.error("could not %s: %s", what, failure.code)  # noqa: TRY400  # a trace may hold the text
            return failure
        return None


def is_of_disk(failure: MaalemError) -> bool:
    """Tell whether something failed since the disk refused it, so that it may later."""
    return isinstance(failure.__cause__, sqlite3.OperationalError | OSError)
