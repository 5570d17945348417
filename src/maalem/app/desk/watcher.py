# SPDX-License-Identifier: Apache-2.0
"""Looks at who answers while they answer, and never makes an answer wait for it."""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Lock
from typing import Protocol

from fastapi import Request

from maalem.app.steps.watching import watch
from maalem.app.workspace import Workspace
from maalem.errors import EngineError, MaalemError, boundary
from maalem.records import Hold

logger = logging.getLogger(__name__)

EVERY = 25
"""Answers of one annotator between two looks at all of a task: a sitting."""
_REST = 20  # times the seconds of a look, before the next: a twentieth of one thread


class Tell(Protocol):
    """Told of new holds."""

    def __call__(self, records: Sequence[Hold], /, *, index: int) -> None:
        """Hear what the ledger's entry of that index has brought."""
        ...


class Watcher:
    """Counts answers, and now and then looks; may be called from any thread."""

    def __init__(
        self,
        work: Workspace,
        *,
        clock: Callable[[], float],
        tell: Tell,
        every: int = EVERY,
    ) -> None:
        """Begin with nothing counted; what was answered before is looked at too.

        Args:
            work: The opened project.
            clock: Seconds since 1970.
            tell: Told of the holds that a look brings.
            every: Answers of one annotator between two looks.
        """
        self._work = work
        self._clock = clock
        self._tell = tell
        self._every = every
        self._counts: Counter[tuple[str, str]] = Counter()
        self._due: set[str] = set()
        self._rested: dict[str, float] = {}
        self._turn = Lock()
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="watch")

    def heard(self, task: str, annotator: str) -> None:
        """Count an answer; every so often, a look follows in another thread."""
        with self._turn:
            self._counts[task, annotator] += 1
            is_early = self._clock() < self._rested.get(task, 0.0)
            if self._counts[task, annotator] < self._every or is_early:
                return
            self._counts[task, annotator] = 0
            if task in self._due:
                return
            self._due.add(task)
        self._worker.submit(self.look, task)

    def close(self) -> None:
        """End when the looks that are due have been taken, at most one a task."""
        self._worker.shutdown()

    def look(self, task: str) -> None:
        """Look at a task now; what fails is logged, for the next look comes anyway."""
        begun = self._clock()
        with self._turn:
            self._due.discard(task)  # what comes from now on is for the next look
        try:
            with boundary(EngineError, "look at who answers"):
                found = watch(self._work, task, now=datetime.fromtimestamp(begun, UTC))
                if found.entry is not None:
                    self._tell(found.holds, index=found.entry)
        except MaalemError as error:
            reason = error.why or error.code
            logger.warning("looking at who answers %s failed: %s", task, reason)
        ended = self._clock()
        with self._turn:
            self._rested[task] = ended + _REST * (ended - begun)


def watcher_of(request: Request) -> Watcher:
    """Give the watcher of the desk that a request came to."""
    found: Watcher = request.app.state.watcher
    return found
