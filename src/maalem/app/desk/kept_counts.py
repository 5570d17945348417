# SPDX-License-Identifier: Apache-2.0
"""What takes long to count, one for each task, kept until a new count is worth it."""

import logging
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock, Thread
from typing import Generic, TypeVar

from maalem.errors import EngineError, MaalemError, boundary

logger = logging.getLogger(__name__)

T = TypeVar("T")

_REST = 20  # times the seconds of a count: counting takes a twentieth of one thread
_SHORT = 0.5  # seconds that somebody who looks at a page waits for a new count


@dataclass(frozen=True, slots=True, kw_only=True)
class _Count(Generic[T]):
    value: T
    at: float
    cost: float


class KeptCounts(Generic[T]):
    """Counts that pages share.

    One that took a second is used for twenty. After that a page is still shown what was
    counted last, and a thread counts anew: only the first count, and one that shows a
    decision of a moment ago, is waited for.
    """

    def __init__(self) -> None:
        self._kept: dict[str, _Count[T]] = {}
        self._turns: defaultdict[str, Lock] = defaultdict(Lock)
        self._worker: Thread | None = None

    def of(
        self,
        task: str,
        *,
        count: Callable[[], T],
        stands: Callable[[T], bool],
        is_new: Callable[[T], bool],
        clock: Callable[[], float],
    ) -> T:
        """Give the count of a task.

        Args:
            task: Name of the task.
            count: Counts.
            stands: Whether a count can be shown at all.
            is_new: Whether nothing has come since.
            clock: Seconds.
        """
        with self._turns[task]:
            kept = self._kept.get(task)
            if kept is not None and stands(kept.value):
                is_resting = clock() < kept.at + _REST * kept.cost
                if is_resting or is_new(kept.value):
                    return kept.value
                if kept.cost > _SHORT:
                    self._count_soon(task, count, clock)
                    return kept.value
            return self._counted(task, count, clock)

    def change(self, task: str, deed: Callable[[T], T]) -> None:
        """Change what is kept of a task, if something is."""
        with self._turns[task]:
            kept = self._kept.get(task)
            if kept is not None:
                self._kept[task] = _Count(
                    value=deed(kept.value), at=kept.at, cost=kept.cost
                )

    def settle(self) -> None:
        """Wait for what is being counted in a thread."""
        if self._worker is not None:
            self._worker.join()

    def _counted(
        self, task: str, count: Callable[[], T], clock: Callable[[], float]
    ) -> T:
        begun = clock()
        value = count()
        self._kept[task] = _Count(value=value, at=begun, cost=clock() - begun)
        return value

    def _count_soon(
        self, task: str, count: Callable[[], T], clock: Callable[[], float]
    ) -> None:
        """Count in a thread, unless one does so already for some task."""
        if self._worker is not None and self._worker.is_alive():
            return

        def work() -> None:
            before = self._kept.get(task)
            begun = clock()
            try:
                with boundary(EngineError, "count the answers"):
                    value = count()
            except MaalemError as error:  # what was counted last is still shown
                logger.warning("counting %s failed: %s", task, error.why or error.code)
                return
            with self._turns[task]:
                if self._kept.get(task) is before:  # nobody decided anything meanwhile
                    cost = clock() - begun
                    self._kept[task] = _Count(value=value, at=begun, cost=cost)

        self._worker = Thread(target=work, name="count", daemon=True)
        self._worker.start()
