# SPDX-License-Identifier: Apache-2.0
"""Answers of the gateway become questions, within what the settings allow."""

import logging
from collections.abc import Callable, Iterable
from functools import partial

from maalem.app.steps.cases import CaseMaker
from maalem.app.steps.corrections import hear_experts
from maalem.app.steps.feedback import FeedbackFiler
from maalem.app.workspace import Workspace
from maalem.errors import EngineError, MaalemError, boundary
from maalem.serving.corrections.book import AUDIT, CASE, LOST, Book, Taken
from maalem.serving.corrections.collector import Collector, Found, Sieve, is_of_disk
from maalem.serving.corrections.feedback import Said
from maalem.serving.corrections.logged import last_taken, missed
from maalem.serving.corrections.reading import (
    find_taken,
    is_asked,
    new_since,
    open_questions,
)
from maalem.serving.corrections.spool import Spool
from maalem.serving.refusals import RequestError

logger = logging.getLogger(__name__)

_MOST = 5_000  # taken home in one round; the next one takes the others
_DAY = 86_400.0
_BACK = 7 * _DAY  # how far back a gateway looks that has taken up nothing yet
_MARGIN = 600.0  # a long request is logged when it ends, by the time when it came
_FRESH = 120.0  # seconds in which an answer is on its way here by itself


class Intake:
    """Makes questions of answers that a person should see, within the settings."""

    def __init__(
        self,
        work: Workspace,
        book: Book,
        *,
        maker: CaseMaker,
        filer: FeedbackFiler,
        sieve: Sieve,
    ) -> None:
        self._work = work
        self._book = book
        self._maker = maker
        self._filer = filer
        self._sieve = sieve
        self._spool = Spool(book.path)
        self._seen: float | None = None
        self._heard: dict[str, tuple[int, ...]] = {}

    def begin(self, clock: Callable[[], float]) -> Collector:
        """Take things home in a thread, until what is given is closed.

        Args:
            clock: Seconds since 1970.
        """
        return Collector(
            self._sieve,
            take=self.take,
            chores=lambda: self.do_chores(clock()),
            clock=clock,
        )

    def take(self, found: Iterable[Found]) -> None:
        """Take answers up, each once; what one fails on, the others do not wait for.

        Raises:
            MaalemError: The disk refused one.
        """
        failures = [self._try(partial(self._take, one)) for one in found]
        for failure in failures:
            if failure is not None and is_of_disk(failure):
                raise failure

    def do_chores(self, now: float) -> None:
        """Take home what others left, and what a kill left in the log; hear experts.

        Args:
            now: Seconds since 1970.
        """
        path = self._book.path
        self._book.make()
        for number, one in self._spool.waiting(_MOST):
            deed = (
                partial(self._file, one)
                if isinstance(one, Said)
                else partial(self._take, one)
            )
            if self._try(deed) is None:
                self._spool.done(number)
        last = last_taken(path)
        if self._seen is None:  # at opening nobody has answers in hand
            since, until = now - _BACK, now
            since = since if last is None else max(since, last - _MARGIN)
        else:
            since, until = self._seen - _MARGIN, now - _FRESH
        for task in self._work.task_names():
            self._try(partial(self._hear, task, now))
        self.take(missed(path, self._sieve, since=since, until=until))
        self._seen = until

    def _take(self, one: Found) -> None:
        before = find_taken(self._book.path, one.request, one.place)
        is_lost = before is not None and before.outcome == LOST
        if before is None or (is_lost and one.text is not None):
            self._book.take([self._taken(one)])

    def _file(self, said: Said) -> None:
        try:
            self._filer(said)
        except RequestError as refusal:  # it was refused when it came, or is too late
            logger.warning("feedback came to nothing: %s", refusal.code)

    def _hear(self, task: str, now: float) -> None:
        hear_experts(self._work, self._book, task, heard=self._heard, now=now)

    def _try(self, deed: Callable[[], None]) -> MaalemError | None:
        """Do something; give what it fails with, to be tried again."""
        try:
            with boundary(EngineError, "take an answer up"):
                deed()
        except MaalemError as failure:
            logger.error("what came home was not taken up: %s", failure.code)  # noqa: TRY400  # a trace may hold the text
            return failure
        return None

    def _taken(self, one: Found) -> Taken:
        kind = CASE if one.chosen is None else AUDIT
        item, outcome = None, LOST
        if one.text is not None:
            item, outcome = self._maker.make(
                one.task,
                one.text,
                place=f"request {one.request}, text {one.place}",
                may_add=self._may_add(one.task, kind, at=one.at),
            )
        if item is not None and outcome == "known":
            is_again = is_asked(self._book.path, one.task, item)
            outcome = "again" if is_again else outcome
        return Taken(
            request=one.request, place=one.place, task=one.task, kind=kind, item=item,
            outcome=outcome, at=one.at, label=one.label, release=one.release,
            chosen=one.chosen,
        )  # fmt: skip

    def _may_add(self, task: str, kind: str, *, at: float) -> bool:
        """Tell whether another question of a kind fits into its day and the queue.

        The audit does not wait for cases to be answered, or a hard week would blind it.
        """
        path, settings = self._book.path, self._work.project.corrections
        if new_since(path, task, kind, since=at - at % _DAY) >= settings.most_a_day:
            return False
        return kind == AUDIT or open_questions(path, task) < settings.most_open
