# SPDX-License-Identifier: Apache-2.0
"""What came home from the gateway: what waits, how often it erred, what has moved."""

from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from maalem.app.steps.apart import look_apart
from maalem.app.steps.in_force import in_force
from maalem.app.steps.settled import settled
from maalem.app.workspace import Workspace, newest
from maalem.corpus.languages import identify_language
from maalem.evaluation import auditing
from maalem.evaluation.auditing import AuditFinding
from maalem.evaluation.drift import (
    Shift,
    looks_spent,
    shift_of_kinds,
    shift_of_numbers,
)
from maalem.records import Adjudication, Annotation, Digest, Item, Release
from maalem.serving.corrections.book import AUDIT, Book, Correction
from maalem.serving.corrections.drawing import least_chance
from maalem.serving.corrections.logged import first_answer, recent
from maalem.serving.corrections.reading import (
    audited,
    counts,
    open_questions,
    questions,
    said,
    unsettled,
)
from maalem.serving.traffic.tables import FILE

_WEEK = 7 * 86_400.0
_MOST = 5_000  # values of one side that are compared; more would tell no more
_MEASURES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionsReport:
    """What came home of one task.

    Attributes:
        task: Its name.
        open: Questions from the gateway that wait for experts.
        taken: Kind, outcome and number of what was taken up; see `Taken`.
        audit: How often automatic answers of the release in force are wrong.
        feedback: What callers said of answers.
        agreeing: How much of it says that the answer was right.
        drift: How far what comes in has moved.
    """

    task: str
    open: int
    taken: tuple[tuple[str, str, int], ...]
    audit: AuditFinding
    feedback: int
    agreeing: int
    drift: tuple[Shift, ...]


def reports(
    work: Workspace, tasks: Sequence[str], *, since: float | None, now: float
) -> list[CorrectionsReport]:
    """Tell what came home of some tasks; see `corrections`."""
    return [corrections(work, task, since=since, now=now) for task in tasks]


def corrections(
    work: Workspace, task: str, *, since: float | None = None, now: float
) -> CorrectionsReport:
    """Tell what came home of a task.

    Args:
        work: The opened project.
        task: Name of the task.
        since: From when answers count, in seconds since 1970; none for all that the
            release in force gave, and for the drift of the last seven days.
        now: Seconds since 1970.
    """
    path = traffic_file(work)
    feedback, agreeing = said(path, task)
    return CorrectionsReport(
        task=task,
        open=open_questions(path, task),
        taken=tuple(
            (kind, outcome, number)
            for kind, several in counts(path, task).items()
            for outcome, number in several.items()
        ),
        audit=audit_error(work, task, since=since),
        feedback=feedback,
        agreeing=agreeing,
        drift=drift(work, task, since=since, now=now),
    )


def audit_error(
    work: Workspace, task: str, *, since: float | None = None
) -> AuditFinding:
    """Estimate how often automatic answers are wrong, from what experts checked blind.

    Args:
        work: The opened project.
        task: Name of the task.
        since: From when answers count, in seconds since 1970, whichever release gave
            them; none for all that the one in force gave.
    """
    release = _answering_release(work, task) if since is None else ""
    several = audited(traffic_file(work), task, since=since or 0.0, release=release)
    least = least_chance(work.project.corrections.audit_share) or 1.0
    # what was drawn under earlier settings may have had a smaller chance
    floor = min([least, *(one.chosen for one in several)])
    return auditing.audit_error(several, floor=floor)


def drift(
    work: Workspace, task: str, *, since: float | None = None, now: float
) -> tuple[Shift, ...]:
    """Compare what comes in with the corpus, and its answers with the first weeks.

    Length and language are held against the task's questions that came from documents;
    confidence against the first two weeks in which the release in force answered, and
    of its answers alone. Every week is one more look, and all looks together alarm
    falsely at most one time in twenty.
    """
    path, release = traffic_file(work), _answering_release(work, task)
    first = first_answer(path, task, release=release)
    begin = now - _WEEK if since is None else since
    look = 1 if first is None else 1 + max(0, int((now - first) / _WEEK))
    tests = looks_spent(look, _MEASURES)
    answers = recent(path, task, since=begin, until=now, most=_MOST)
    own = recent(path, task, since=begin, until=now, most=_MOST, release=release)
    texts = [text for _, text, _ in answers if text is not None]
    lengths, languages = _reference(work, task)
    return (
        shift_of_numbers("length", lengths, [*map(len, texts)], tests=tests),
        shift_of_kinds(
            "language", languages, [*map(identify_language, texts)], tests=tests
        ),
        shift_of_numbers(
            "confidence",
            _first_weeks(path, task, release=release, first=first, until=begin),
            [probability for _, _, probability in own],
            tests=tests,
        ),
    )


def hear_experts(
    work: Workspace,
    book: Book,
    task: str,
    *,
    heard: MutableMapping[str, tuple[int, ...]],
    now: float,
) -> None:
    """Write down which questions from the gateway experts have settled, and how.

    Args:
        work: The opened project.
        book: Where it is written down.
        task: Name of the task.
        heard: How much had been said of each task when it was last looked at; kept.
        now: Seconds since 1970.
    """
    store = work.store
    spoken = tuple(store.count(kind, task) for kind in (Annotation, Adjudication))
    asked = frozenset(questions(book.path, task))
    state = (*spoken, len(asked), len(list(unsettled(book.path, task))))
    if not asked or heard.get(task) == state:
        return
    golds = look_apart(work, task, deed=settled_questions)
    book.settle(task, golds)
    book.correct(
        Correction(
            request=one.request, place=one.place, label=gold[0], source=AUDIT,
            annotation=gold[1], is_right=gold[0] == one.label, at=now,
        )
        for one in unsettled(book.path, task)
        for gold in [golds.get(one.item) if one.item else None]
        if gold is not None and gold[0]
    )  # fmt: skip
    heard[task] = state


def settled_questions(work: Workspace, task: str) -> dict[Digest, tuple[str, Digest]]:
    """Give the settled questions from the gateway: the label, and who says so first."""
    asked = frozenset(questions(traffic_file(work), task))
    return {
        one.item: (one.label, one.annotations[0] if one.annotations else one.item)
        for one in settled(work, work.task(task)).golds
        if one.item in asked
    }


def hear_all_experts(work: Workspace, tasks: Sequence[str], *, now: float) -> None:
    """Do so for some tasks, where anything ever came from the gateway."""
    path = traffic_file(work)
    if path.is_file():
        book = Book(path)
        for task in tasks:
            hear_experts(work, book, task, heard={}, now=now)


def traffic_file(work: Workspace) -> Path:
    """Name the file of what the gateway answered; it need not be there."""
    return work.folder / FILE


def _answering_release(work: Workspace, task: str) -> str:
    """Give the release in force; where none may answer, the newest."""
    for champion in in_force(work).get(task, ()):
        return champion.id
    found = newest(work, Release, task)
    return found.id if found else ""


def _reference(work: Workspace, task: str) -> tuple[list[float], list[str]]:
    """Give length and language of the questions that came from documents."""
    foreign = frozenset(questions(traffic_file(work), task))
    items = [one for one in work.store.find(Item, task) if one.id not in foreign]
    step = max(1, len(items) // _MOST)  # documents come in order, so not the first ones
    chosen = items[::step]
    return [float(len(one.text)) for one in chosen], [one.language for one in chosen]


def _first_weeks(
    path: Path, task: str, *, release: str, first: float | None, until: float
) -> list[float]:
    if first is None:
        return []
    end = min(until, first + 2 * _WEEK)
    several = recent(path, task, since=first, until=end, most=_MOST, release=release)
    return [probability for _, _, probability in several]
