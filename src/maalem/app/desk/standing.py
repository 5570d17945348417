# SPDX-License-Identifier: Apache-2.0
"""Who gave how many answers to a task, how fast, on which days."""

import statistics
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from maalem.app.desk.desk import Desk
from maalem.app.desk.kept_counts import KeptCounts
from maalem.app.steps.apart import look_apart
from maalem.app.workspace import Workspace
from maalem.records import Annotation, Digest, Hold, Pause, Qualification

EVERYBODY = ""
"""Stands for all annotators of a task, where it rests as a whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """What one annotator gave to one task.

    Attributes:
        annotator: Pseudonym, or the file that the answers came from.
        items: Items with a last word of theirs.
        answers: Answers among them; the others are refusals.
        seconds: All measured seconds.
        median: Median of the measured seconds of an answer; none without any.
        days: Pairs of ISO 8601 date and answers, in order.
    """

    annotator: str
    items: int
    answers: int
    seconds: float
    median: float | None
    days: tuple[tuple[str, int], ...]

    @property
    def refusals(self) -> int:
        """Items that they did not answer, with or without a reason."""
        return self.items - self.answers

    def on(self, day: str) -> int:
        """Give how many answers they gave on a day."""
        return dict(self.days).get(day, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What all annotators together gave to one task.

    Attributes:
        records: Annotations counted, taken back and changed ones too.
        items: Items with an answer.
        efforts: By annotator, who gave most first.
        median: Median of all measured seconds; none without any.
    """

    records: int
    items: int
    efforts: Mapping[str, Effort]
    median: float | None

    def of(self, annotator: str) -> Effort:
        """Give the effort of an annotator; nothing where they gave nothing."""
        nothing = Effort(
            annotator=annotator, items=0, answers=0, seconds=0.0, median=None, days=()
        )
        return self.efforts.get(annotator, nothing)


def standing(annotations: Iterable[Annotation]) -> Standing:
    """Count answers in one pass; of each annotator and item the last word counts.

    What was withdrawn counts nowhere, but the seconds spent on it were spent.
    """
    said: dict[str, dict[Digest, tuple[str, bool]]] = {}
    seconds: dict[str, list[float]] = {}
    records = 0
    for one in annotations:
        records += 1
        words = said.setdefault(one.annotator, {})
        words.pop(one.item, None)
        if one.outcome != "withdrawn":
            words[one.item] = ((one.at or "")[:10], one.is_answer)
        if one.seconds is not None:
            seconds.setdefault(one.annotator, []).append(one.seconds)
    efforts = [_effort(who, said[who], seconds.get(who, [])) for who in said]
    efforts.sort(key=lambda one: (-one.answers, one.annotator))
    every = [one for times in seconds.values() for one in times]
    answered = {
        item for words in said.values() for item, (_, answers) in words.items()
        if answers
    }  # fmt: skip
    return Standing(
        records=records,
        items=len(answered),
        efforts={one.annotator: one for one in efforts},
        median=statistics.median(every) if every else None,
    )


def _effort(
    who: str, words: Mapping[Digest, tuple[str, bool]], seconds: list[float]
) -> Effort:
    days = Counter(day for day, is_answer in words.values() if is_answer and day)
    return Effort(
        annotator=who,
        items=len(words),
        answers=sum(is_answer for _, is_answer in words.values()),
        seconds=sum(seconds),
        median=statistics.median(seconds) if seconds else None,
        days=tuple(sorted(days.items())),
    )


class Standings:
    """The standing of each task, kept until new answers make it worth counting again.

    A page never waits for a count that was made a moment ago.
    """

    def __init__(self) -> None:
        self._kept: KeptCounts[Standing] = KeptCounts()

    def of(self, desk: Desk, task: str) -> Standing:
        """Give the standing of a task."""
        store = desk.work.store
        return self._kept.of(
            task,
            count=lambda: look_apart(desk.work, task, deed=_counted),
            stands=lambda _: True,
            is_new=lambda kept: store.count(Annotation, task) == kept.records,
            clock=desk.clock,
        )


def _counted(work: Workspace, task: str) -> Standing:
    return standing(work.store.find(Annotation, task))


def holds_of(desk: Desk, task: str) -> dict[str, Hold]:
    """Give who is held in a task, with the hold in force."""
    last = {one.annotator: one for one in desk.work.store.find(Hold, task)}
    return {who: one for who, one in last.items() if not one.is_lifted}


def pauses_of(desk: Desk, task: str) -> dict[str, Pause]:
    """Give who rests in a task, with the pause in force; `EVERYBODY` for all."""
    last = {one.annotator: one for one in desk.work.store.find(Pause, task)}
    return {who: one for who, one in last.items() if not one.is_lifted}


def qualifications_of(
    desk: Desk, task: str, annotator: str
) -> dict[str, Qualification]:
    """Give the last qualification of an annotator in each language of a task."""
    return {
        one.language: one
        for one in desk.work.store.find(Qualification, task)
        if one.annotator == annotator
    }
