# SPDX-License-Identifier: Apache-2.0
"""What of a task is in dispute, how far its experts agree, what they mix up."""

import dataclasses
import logging
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

from maalem.app.desk.desk import Desk
from maalem.app.desk.kept_counts import KeptCounts
from maalem.app.desk.standing import Standings
from maalem.app.steps.apart import LARGE, look_apart
from maalem.app.steps.influence_cap import influence_on
from maalem.app.steps.settled import settled
from maalem.app.workspace import Workspace
from maalem.errors import EngineError, MaalemError, boundary
from maalem.experts.agreement import Agreement
from maalem.experts.agreement_kinds import agreements_on, metric_of
from maalem.experts.comparing import comparing
from maalem.experts.confusions import GuidelineProposal, propose_changes
from maalem.experts.disputes import Dispute, disputes
from maalem.experts.influence import Influence
from maalem.experts.votes import last_answers
from maalem.records import (
    Adjudication,
    Annotation,
    Digest,
    GoldCard,
    Hold,
    TaskVersion,
)
from maalem.tasks import TaskDefinition

logger = logging.getLogger(__name__)

_PAIRS = 8  # confused pairs that a person looks at


@dataclass(frozen=True, slots=True, kw_only=True)
class Docket:
    """What an adjudicator works with, as it stood a moment ago.

    Attributes:
        disputes: What waits for them, what matters most first.
        agreement: Agreement in all, by criterion, class, language and guideline; empty
            where nobody answered.
        metric: Name of the distance that agreement is measured by.
        pairs: Labels that one item was given both of: two labels and items.
        proposals: Where the guideline should tell labels apart better.
        influence: Of which class one expert stands behind too much.
        answers: Annotations it was made of.
        decisions: Adjudications, holds, gold cards and guidelines that it was made of.
    """

    disputes: tuple[Dispute, ...]
    agreement: tuple[Agreement, ...]
    metric: str
    pairs: tuple[tuple[str, str, int], ...]
    proposals: tuple[GuidelineProposal, ...]
    influence: tuple[Influence, ...]
    answers: int
    decisions: int

    @property
    def whole(self) -> Agreement | None:
        """Agreement in all."""
        return next((one for one in self.agreement if one.about[0] == "all"), None)

    def parts(self, kind: str) -> list[Agreement]:
        """Give agreement by `class`, `criterion`, `language` or `guideline`."""
        return [one for one in self.agreement if one.about[0] == kind]


def docket_of(desk: Desk, task: TaskDefinition) -> Docket:
    """Look through all answers to a task once."""
    found = settled(desk.work, task)
    answers, how = found.answers, comparing(task)
    languages = {one.id: one.language for one in found.items}
    counted = [one for one in answers if one.labels] if task.is_choice else []
    return Docket(
        disputes=disputes(found.still_open, answers, how=how, exam=found.exam),
        agreement=agreements_on(
            answers,
            how,
            languages=languages,
            lengths={one.id: len(one.text) for one in found.items},
        )
        if answers
        else (),
        metric=metric_of(how),
        pairs=confused(counted),
        proposals=propose_changes(counted, languages=languages),
        influence=influence_on(desk.work, found),
        answers=len(answers),
        decisions=_decisions(desk.work, task.name),
    )


def confused(answers: Iterable[Annotation]) -> tuple[tuple[str, str, int], ...]:
    """Count on how many items experts chose both of two labels, the most first."""
    chosen: dict[Digest, set[str]] = {}
    for one in last_answers(answers):
        chosen.setdefault(one.item, set()).update(one.labels)
    pairs = Counter(
        pair for labels in chosen.values() for pair in combinations(sorted(labels), 2)
    )
    return tuple((*pair, count) for pair, count in pairs.most_common(_PAIRS))


def _decisions(work: Workspace, task: str) -> int:
    kinds = (Adjudication, Hold, GoldCard, TaskVersion)
    return sum(work.store.count(kind, task) for kind in kinds)


class Dockets:
    """The docket of each task, kept until it is worth making again."""

    def __init__(self) -> None:
        self._kept: KeptCounts[Docket] = KeptCounts()

    def of(self, desk: Desk, task: TaskDefinition) -> Docket:
        """Give the docket of a task; decisions show at once, answers after a while."""
        name, store = task.name, desk.work.store
        return self._kept.of(
            name,
            count=lambda: look_apart(desk.work, name, deed=_looked_through),
            stands=lambda kept: kept.decisions == _decisions(desk.work, name),
            is_new=lambda kept: store.count(Annotation, name) == kept.answers,
            clock=desk.clock,
        )

    def close(self, desk: Desk, task: str, item: Digest) -> None:
        """Take a dispute that was just settled off the docket, without a new count."""

        def without(kept: Docket) -> Docket:
            left = tuple(one for one in kept.disputes if one.item != item)
            decisions = _decisions(desk.work, task)
            return dataclasses.replace(kept, disputes=left, decisions=decisions)

        self._kept.change(task, without)


def count_ahead(
    desk: Desk, standings: Standings, dockets: Dockets, *, large: int = LARGE
) -> None:
    """Count what the first pages about large tasks would wait for.

    What fails here fails again on the page, where somebody is told.

    Args:
        desk: The running desk.
        standings: Where standings are kept.
        dockets: Where dockets are kept.
        large: Answers from which on a task is large.
    """
    for name in desk.work.task_names():
        if desk.work.store.count(Annotation, name) >= large:
            try:
                with boundary(EngineError, "count the answers"):
                    standings.of(desk, name)
                    dockets.of(desk, desk.work.task(name))
            except MaalemError as error:
                logger.warning("counting %s failed: %s", name, error.why or error.code)


def _looked_through(work: Workspace, task: str) -> Docket:
    return docket_of(Desk(work=work, clock=time.monotonic), work.task(task))
