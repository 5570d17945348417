# SPDX-License-Identifier: Apache-2.0
"""The request log: taken in microseconds, written by a thread in whole batches."""

import logging
import sqlite3
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeAlias

from maalem.errors import EngineError, MaalemError, boundary
from maalem.serving.calls import Call
from maalem.serving.occurrences import Occurrence
from maalem.serving.refusals import RequestError
from maalem.serving.traffic.counting import DROPPED, SPOILED, Counts, add_counts
from maalem.serving.traffic.rows import DECISION, REQUEST, Row, Rows, is_kept
from maalem.serving.traffic.tables import connect, insert, writing

logger = logging.getLogger(__name__)

MOST_WAITING = 20_000
"""Requests that may wait to be written; more are dropped, and counted."""
MOST_LETTERS = 32 * 2**20
"""Code points of their texts, as above."""
EACH = 3600.0
"""Seconds between two rounds of chores."""
_BATCH = 512  # requests in one transaction
_GATHER = 0.2  # seconds in which more may join a batch
_RETRY = 1.0  # seconds after which a failed batch is tried again
_IDLE = 60.0  # seconds after which the clock is looked at

Follower: TypeAlias = Callable[[Occurrence], None]
"""Is told of each request in the log's thread, once it is written."""
Chore: TypeAlias = Callable[[float], Iterator[None]]
"""Is done at opening and each hour, given the seconds since 1970; between its pieces,
what waits is written."""


class RequestLog:
    """Keeps what happened at the gateway.

    What is written is written whole: a kill loses at most what waited. While the disk
    refuses, requests wait, and are written when it takes them again.

    Attributes:
        path: The traffic file.
        dropped: Requests that this process could not keep.
        is_failing: Whether the last batch could not be written.
    """

    def __init__(
        self,
        path: Path,
        rows: Rows,
        *,
        clock: Callable[[], float],
        followers: Iterable[Follower] = (),
        chores: Iterable[Chore] = (),
    ) -> None:
        """Open the file and begin to write.

        Args:
            path: The file; made if need be.
            rows: Makes the rows.
            clock: Seconds since 1970.
            followers: Who else is told.
            chores: What is done each hour.

        Raises:
            IntegrityError: The file is damaged.
        """
        self.path = path
        self.dropped = 0
        self.is_failing = False
        self._rows = rows
        self._clock = clock
        self._followers = tuple(followers)
        self._chores = tuple(chores)
        self._waiting: deque[Occurrence] = deque()
        self._batch: list[Occurrence] = []
        self._taken = self._done = 0  # code points; each has one thread that adds
        self._told: Counts = Counter()  # what the file counts already of this process
        self._closing = threading.Event()
        self._wake = threading.Event()
        self._written = threading.Condition()
        self._database: sqlite3.Connection | None = None
        try:
            self._database = connect(path)
        except (sqlite3.Error, OSError) as error:
            self._fail(str(error))
        self._thread = threading.Thread(target=self._work, name="traffic", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How many requests wait to be written."""
        return len(self._waiting) + len(self._batch)

    def note(self, told: Occurrence) -> None:
        """Take what happened, to be written soon; drop it if too much waits."""
        letters = sum(len(one.text) for one in told.decisions)
        if self._has_no_room(letters):
            self.dropped += 1
            return
        self._taken += letters
        self._waiting.append(told)
        if not self._wake.is_set():
            self._wake.set()

    def refuse_unkept(self, call: Call) -> None:
        """Refuse what is posted while it could not be logged; a gate of the gateway.

        Raises:
            RequestError: The file cannot be written, or too much waits.
        """
        if call.method == "POST" and (self.is_failing or self._has_no_room(0)):
            raise RequestError(
                "requests cannot be logged at the moment",
                status=503,
                hint="whoever runs the gateway sees why",
                code="gateway.unlogged",
                headers={"retry-after": "5"},
            )

    def settle(self, *, timeout: float) -> bool:
        """Wait until all that was taken is written; tell whether it is.

        Args:
            timeout: Seconds to wait at most.
        """
        self._wake.set()
        with self._written:
            return self._written.wait_for(lambda: not self.waiting, timeout)

    def close(self) -> None:
        """Write what waits, and end; what cannot be written is dropped."""
        self._closing.set()
        self._wake.set()
        self._thread.join()

    def _has_no_room(self, letters: int) -> bool:
        return (
            len(self._waiting) >= MOST_WAITING
            or self._taken - self._done + letters > MOST_LETTERS
        )

    def _work(self) -> None:
        due = self._clock()
        while not self._closing.is_set():
            self._write_waiting()
            if self._clock() >= due and not self.is_failing:
                due = self._clock() + EACH
                self._do_chores()
            if not self.waiting:
                self._wake.wait(_IDLE)
            self._wake.clear()
            self._closing.wait(_RETRY if self.is_failing else _GATHER)
        self._write_waiting()
        if self.waiting:
            self.dropped += self.waiting
            logger.error("%s requests were not logged", self.waiting)
        if self._database is not None:
            self._database.close()

    def _write_waiting(self) -> None:
        """Write all that waits, until the disk refuses."""
        while self._waiting or self._batch:
            while self._waiting and len(self._batch) < _BATCH:
                self._batch.append(self._waiting.popleft())
            if not self._is_written(self._batch):
                return
            for told in self._batch:
                self._done += sum(len(one.text) for one in told.decisions)
                self._tell(told)
            with self._written:
                self._batch = []
                self._written.notify_all()

    def _is_written(self, batch: list[Occurrence]) -> bool:
        """Write a batch; tell whether it is dealt with, or to be tried again."""
        try:
            with boundary(EngineError, "write the request log"):
                kept = [told for told in batch if is_kept(told)]
                requests = [self._rows.of_request(told) for told in kept]
                decisions = [row for t in kept for row in self._rows.of_decisions(t)]
                self._commit(requests, decisions, self._rows.counts_of(batch))
        except MaalemError as error:
            is_disk = isinstance(error.__cause__, sqlite3.DatabaseError | OSError)
            if not is_disk:  # it would fail for ever, and hold up all others
                self.dropped += len(batch)
            self._fail(error.why if is_disk else type(error.__cause__).__name__)
            return not is_disk
        self.is_failing = False
        return True

    def _commit(
        self, requests: list[Row], decisions: list[Row], counts: Counts
    ) -> None:
        if self._database is None:
            self._database = connect(self.path)
        own: Counts = Counter(
            {(DROPPED, "", ""): self.dropped, (SPOILED, "", ""): self._rows.spoiled}
        )
        with writing(self._database):
            insert(self._database, REQUEST, requests)
            insert(self._database, DECISION, decisions)
            add_counts(self._database, counts + (own - self._told))
        self._told = own

    def _tell(self, told: Occurrence) -> None:
        for follower in self._followers:
            try:
                with boundary(EngineError, "tell of a request"):
                    follower(told)
            except MaalemError as error:
                logger.error("a follower failed: %s", type(error.__cause__).__name__)  # noqa: TRY400  # as in rows

    def _do_chores(self) -> None:
        for chore in self._chores:
            try:
                with boundary(EngineError, "tend the request log"):
                    for _ in chore(self._clock()):
                        self._write_waiting()
                        if self._closing.is_set():
                            return
            except MaalemError as error:
                logger.error("the request log was not tended: %s", error.why)  # noqa: TRY400  # expected of a disk

    def _fail(self, why: str) -> None:
        """Say once that the log cannot be written."""
        if not self.is_failing:
            logger.error("the request log is not written: %s", why)
        self.is_failing = True
