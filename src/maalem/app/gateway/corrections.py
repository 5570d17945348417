# SPDX-License-Identifier: Apache-2.0
"""What a project's gateway answered comes home: to experts, and as feedback.

A gateway that only reads its project leaves it in the file of the traffic; whoever
writes the project, the desk as a rule, takes it home within a minute.
"""

import hashlib
from collections.abc import Callable, Generator
from contextlib import contextmanager

from maalem.app.gateway.clerk import may_write
from maalem.app.gateway.intake import Intake
from maalem.app.gateway.traffic_days import closing_days
from maalem.app.steps.cases import CaseMaker
from maalem.app.steps.feedback import FeedbackFiler
from maalem.app.steps.feedback_judging import FeedbackReader
from maalem.app.steps.linking import linker_of
from maalem.app.workspace import Workspace
from maalem.serving.application import Gateway
from maalem.serving.corrections.book import Book
from maalem.serving.corrections.collector import Collector, Sieve
from maalem.serving.corrections.feedback import FeedbackDoor
from maalem.serving.corrections.links import LinkDoor
from maalem.serving.corrections.spool import Spool
from maalem.serving.traffic.tables import FILE


def attach_corrections(
    gateway: Gateway, work: Workspace, clock: Callable[[], float]
) -> None:
    """Let cases, the audit's sample and feedback reach the experts of a project.

    A file of the traffic that cannot be written, as on a full disk, keeps nothing off:
    answers wait until it can be, and feedback is refused meanwhile.
    """
    book = Book(work.folder / FILE)
    if may_write(work):
        maker = CaseMaker(work)
        filer = FeedbackFiler(work, book, maker=maker, clock=clock)
        intake = Intake(work, book, maker=maker, filer=filer, sieve=_sieve(work))
        collector = intake.begin(clock)
        gateway.doors.add(FeedbackDoor(filer))
    else:
        spool = Spool(book.path)
        collector = Collector(
            _sieve(work), take=spool.put, chores=lambda: None, clock=clock
        )
        gateway.doors.add(FeedbackDoor(FeedbackReader(work, book, spool=spool)))
    linker = linker_of(work)
    if linker is not None:
        gateway.doors.add(LinkDoor(linker, file=book.path, clock=clock))
    gateway.listeners.append(collector.note)
    gateway.when_closed(collector.close)


@contextmanager
def taking_home(
    work: Workspace, clock: Callable[[], float], *, gateway: Gateway | None
) -> Generator[None]:
    """Take home what gateways elsewhere leave, where none is served here.

    The days of their log are entered into the ledger too.
    """
    if gateway is not None:
        yield
        return
    book, maker = Book(work.folder / FILE), CaseMaker(work)
    filer = FeedbackFiler(work, book, maker=maker, clock=clock)
    intake = Intake(work, book, maker=maker, filer=filer, sieve=_sieve(work))
    collector = intake.begin(clock)
    days = closing_days(work, clock)
    try:
        yield
    finally:
        days.close()
        collector.close()


def _sieve(work: Workspace) -> Sieve:
    secret = hashlib.sha256(work.store.signing_key.sign(b"audit of answers")).digest()
    return Sieve(secret, share=work.project.corrections.audit_share)
