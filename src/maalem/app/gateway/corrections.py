# SPDX-License-Identifier: Apache-2.0
"""What a project's gateway answered comes home: to experts, and as feedback."""

import hashlib
import logging
from collections.abc import Callable, Iterable

from maalem.app.steps.cases import CaseMaker
from maalem.app.steps.corrections import hear_experts
from maalem.app.steps.feedback import FeedbackFiler
from maalem.app.workspace import Workspace
from maalem.errors import MaalemError
from maalem.serving.application import Gateway
from maalem.serving.corrections.book import AUDIT, CASE, FILE, Book, Taken
from maalem.serving.corrections.collector import Collector, Found, Sieve
from maalem.serving.corrections.feedback import FeedbackDoor
from maalem.serving.corrections.logged import last_taken, missed
from maalem.serving.corrections.reading import (
    find_taken,
    is_asked,
    new_since,
    open_questions,
)

logger = logging.getLogger(__name__)

_DAY = 86_400.0
_BACK = 7 * _DAY  # how far back a gateway looks that has taken up nothing yet
_MARGIN = 600.0  # a long request is logged when it ends, by the time when it came
_FRESH = 120.0  # seconds in which an answer is on its way here by itself


def attach_corrections(
    gateway: Gateway, work: Workspace, clock: Callable[[], float]
) -> None:
    """Let cases, the audit's sample and feedback reach the experts of a project."""
    book = Book(work.folder / FILE)
    secret = hashlib.sha256(work.store.signing_key.sign(b"audit of answers")).digest()
    sieve = Sieve(secret, share=work.project.corrections.audit_share)
    maker = CaseMaker(work)
    intake = Intake(work, book, maker=maker, sieve=sieve, clock=clock)
    collector = Collector(sieve, take=intake.take, chores=intake.do_chores, clock=clock)
    gateway.listeners.append(collector.note)
    gateway.doors.add(FeedbackDoor(FeedbackFiler(work, book, maker=maker, clock=clock)))
    gateway.when_closed(collector.close)


class Intake:
    """Makes questions of answers that a person should see, within the settings."""

    def __init__(
        self,
        work: Workspace,
        book: Book,
        *,
        maker: CaseMaker,
        sieve: Sieve,
        clock: Callable[[], float],
    ) -> None:
        self._work = work
        self._book = book
        self._maker = maker
        self._sieve = sieve
        self._clock = clock
        self._seen: float | None = None
        self._heard: dict[str, tuple[int, ...]] = {}

    def take(self, found: Iterable[Found]) -> None:
        """Take answers up, each once; what one fails on, the others do not wait for."""
        for one in found:
            if find_taken(self._book.path, one.request, one.place) is not None:
                continue
            try:
                taken = self._taken(one)
            except MaalemError as failure:  # the log has it still
                logger.error("an answer was not taken up: %s", failure.code)  # noqa: TRY400  # a trace may hold the text
                continue
            self._book.take([taken])

    def do_chores(self) -> None:
        """Make up for what a kill or a full queue left in the log, and hear experts."""
        now, path = self._clock(), self._book.path
        last = last_taken(path)
        if self._seen is None:  # at opening nobody has answers in hand
            since, until = now - _BACK, now
            since = since if last is None else max(since, last - _MARGIN)
        else:
            since, until = self._seen - _MARGIN, now - _FRESH
        self.take(missed(path, self._sieve, since=since, until=until))
        self._seen = until
        for task in self._work.task_names():
            hear_experts(self._work, self._book, task, heard=self._heard, now=now)

    def _taken(self, one: Found) -> Taken:
        kind = CASE if one.chosen is None else AUDIT
        item, outcome = None, "lost"
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
