# SPDX-License-Identifier: Apache-2.0
"""Many threads, one commit: what waits is written as one durable transaction.

Forcing the disk is what a commit costs, and one force serves all who wait. Whoever
finds nobody at work leads: takes all that waits, runs it in order, commits, and hands
over to the first who came meanwhile. A leader first gathers: it waits a moment for
those whose writes were just made, because they often come back at once; whoever comes
last of them leads in its stead, so that nobody has to be woken for it. Of eight threads
that write without pause, the first to come back would commit alone, and the other seven
would wait for that (4.5 deeds a commit; 7.7 with the moment). A single caller waits for
nobody.

A leader trusts that no deed fails half-way. Where one does, all are undone and run once
more, each under a savepoint.
"""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from maalem.errors import MaalemError
from maalem.store.database import Database, Tender, roll_back

T = TypeVar("T")

_SHARE = 0.25  # of a commit; what is waited for others, who then need not wait for one
_LEAST = 0.003  # seconds; eight threads come back one after the other, in some 1 ms
_LONGEST = 0.005  # seconds; a disk that once hung makes nobody wait for long


class _HalfDoneError(Exception):
    """A deed has failed after it had changed something."""


class _Job(Generic[T]):
    """A deed that waits, and then what came of it."""

    def __init__(self, deed: Callable[[Database], T]) -> None:
        self.deed = deed
        self.outcome: T
        self.error: Exception | None = None
        self.is_done = False
        self.is_told = False  # to lead
        self.turn = threading.Lock()  # free: the job is done, or is to lead
        self.turn.acquire()


class GroupCommit:
    """Writes for any thread through one connection.

    Attributes:
        turn: Held while a transaction runs; whoever else needs the connection takes it.
    """

    def __init__(
        self,
        database: Database,
        *,
        begun: Callable[[], None],
        tender: Tender | None = None,
    ) -> None:
        """Begin with nobody waiting.

        Args:
            database: The connection that writes.
            begun: Called when a transaction begins, and when part of one was undone:
                what was known of the tables is to be looked up again.
            tender: Told of each commit.
        """
        self.turn = threading.RLock()
        self._database = database
        self._begun = begun
        self._tender = tender
        self._door = threading.Lock()  # of the four below
        self._waiting: list[_Job[object]] = []
        self._crowd = 0  # how many wait when nobody is missing
        self._is_led = False
        self._gatherer: object = None  # the job whose thread waits for the others
        self._patience = 0.0  # seconds
        self._leader = 0  # thread that runs deeds just now

    def run(self, deed: Callable[[Database], T]) -> T:
        """Run a deed, and return when what it wrote is durable.

        A deed that raises is undone alone; so that this is seldom needed, a deed may
        run twice. If the commit fails, or the database undoes everything (a full disk),
        all deeds of the transaction are undone, and each caller is told.
        """
        if self._leader == threading.get_ident():
            raise RuntimeError("a deed of the store calls no method of the store")
        job, leads = _Job(deed), False
        try:
            with self._door:
                self._waiting.append(job)  # type: ignore[arg-type]  # only ever read back by its caller
                is_free = not self._is_led or self._gatherer is not None
                self._is_led = True
                leads = is_free and self._may_lead(job)
            while not (leads or job.is_done):
                leads = self._wait(job)
            if leads:
                self._lead()
        except BaseException:
            self._withdraw(job, leads=leads)
            raise
        if job.error is not None:
            raise job.error
        return job.outcome

    def close(self) -> None:
        """Let go of the connection when nobody writes."""
        with self.turn:
            self._database.close()
        if self._tender is not None:
            self._tender.close()

    def _may_lead(self, job: "_Job[T]") -> bool:
        """Tell whether all have come; if not, somebody gathers. Called at the door."""
        job.is_told = False
        if len(self._waiting) >= self._crowd:
            self._gatherer = None
            return True
        if self._gatherer is None:
            self._gatherer = job
        return False

    def _wait(self, job: "_Job[T]") -> bool:
        """Wait until a job is done, or tell that its thread leads now."""
        if self._gatherer is not job:
            job.turn.acquire()
            if job.is_done:
                return False
            with self._door:
                return self._may_lead(job)
        if job.turn.acquire(timeout=self._patience):
            return False  # whoever came last has led
        with self._door:
            leads = self._gatherer is job
            if leads:
                self._gatherer = None
        return leads

    def _lead(self) -> None:
        with self._door:
            batch, self._waiting = self._waiting, []
        try:
            with self.turn:
                self._commit(batch)
        finally:
            self._hand_over(written=len(batch))
            for job in batch:
                job.is_done = True
                job.turn.release()

    def _hand_over(self, *, written: int = 0) -> None:
        with self._door:
            self._is_led = bool(self._waiting)
            self._crowd = len(self._waiting) + written
            if self._waiting:
                self._waiting[0].is_told = True
                self._waiting[0].turn.release()

    def _withdraw(self, job: "_Job[T]", *, leads: bool) -> None:
        """Stop waiting after an interruption; if it was to lead, the next one does."""
        with self._door:
            if job not in self._waiting:
                return  # it is being written, or it is done
            gathers = self._gatherer is job
            if gathers:
                self._gatherer = None
            self._waiting.remove(job)  # type: ignore[arg-type]
        if leads or gathers or job.is_told:
            self._hand_over()

    def _commit(self, batch: "list[_Job[object]]") -> None:
        self._leader = threading.get_ident()
        try:
            try:
                self._run_all(batch, self._trust)
            except _HalfDoneError:
                roll_back(self._database)
                self._run_all(batch, self._try)
            begun = time.perf_counter()
            self._database.execute("COMMIT")
            passed = time.perf_counter() - begun
            self._patience = min(max(_SHARE * passed, _LEAST), _LONGEST)
            if self._tender is not None:
                self._tender.committed()
        except BaseException as error:
            for job in batch:
                job.error = job.error or _told(error)
            roll_back(self._database)
            if not isinstance(error, Exception):
                raise
        finally:
            self._leader = 0

    def _run_all(
        self, batch: "list[_Job[object]]", run: "Callable[[_Job[object]], None]"
    ) -> None:
        self._database.execute("BEGIN IMMEDIATE")
        self._begun()
        for job in batch:
            job.error = None
            run(job)

    def _trust(self, job: "_Job[object]") -> None:
        before = self._database.total_changes
        try:
            job.outcome = job.deed(self._database)
        except Exception as error:  # it is its caller's, who is told
            is_undone = not self._database.in_transaction  # by a full disk
            if is_undone or self._database.total_changes != before:
                raise _HalfDoneError from error
            job.error = error

    def _try(self, job: "_Job[object]") -> None:
        self._database.execute("SAVEPOINT deed")
        try:
            job.outcome = job.deed(self._database)
        except Exception as error:  # it is its caller's, who is told
            if not self._database.in_transaction:  # a full disk has undone all
                raise
            job.error = error
            self._database.execute("ROLLBACK TO SAVEPOINT deed")
            self._begun()
        self._database.execute("RELEASE SAVEPOINT deed")


def _told(error: BaseException) -> Exception:
    if isinstance(error, Exception):
        return error
    return MaalemError(
        "the write was not made",
        why="another one of the same transaction was interrupted",
        hint="repeat it",
        code="store.interrupted",
    )
