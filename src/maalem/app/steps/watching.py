# SPDX-License-Identifier: Apache-2.0
"""Looks at who answers a task, and holds the answers of those on whom enough is found.

Nothing is deleted: a person reads why, and lifts the hold with a reason of their own.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from maalem.app.steps.apart import look_apart
from maalem.app.workspace import Workspace
from maalem.experts.hidden_cards import cards_in_use
from maalem.experts.moments import moment_of
from maalem.experts.suspicion import Suspicion
from maalem.experts.vigilance import gold_wanted, propose_holds, suspect
from maalem.records import Annotation, Digest, GoldCard, Hold, Item


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchReport:
    """What a look at a task's annotators found.

    Attributes:
        task: Name of the task.
        annotators: Who answered at the desk.
        answers: Their answers that were looked at.
        suspicions: All that is suspicious, by annotator.
        holds: The holds that follow, new ones alone.
        wanted: For each annotator, critical labels with too few gold cards to judge
            them on, and how many are wanted.
        entry: The entry of the ledger that brought the holds; none without any.
    """

    task: str
    annotators: int
    answers: int
    suspicions: tuple[Suspicion, ...]
    holds: tuple[Hold, ...]
    wanted: Mapping[str, Mapping[str, int]]
    entry: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """What stands in the answers to a task about those who gave them.

    Attributes:
        annotators: Who answered at the desk.
        answers: Their answers that were looked at.
        suspicions: All that is suspicious, by annotator.
        wanted: As `WatchReport` has it.
    """

    annotators: int
    answers: int
    suspicions: tuple[Suspicion, ...]
    wanted: Mapping[str, Mapping[str, int]]


def watch(
    work: Workspace, task_name: str, *, now: datetime, keep: bool = True
) -> WatchReport:
    """Look at all who answered a task at the desk.

    Imported answers are not looked at, as nobody who gave them can be asked. An answer
    to a gold card counts for or against nobody who made the card, or who answered
    before it was one: what became a gold card because experts differed was hard.

    Args:
        work: The opened project.
        task_name: Name of the task.
        now: When the holds are to begin.
        keep: Whether to write them down; all of them are one entry of the ledger.

    Raises:
        SettingsError: There is no such task.
    """
    task, store = work.task(task_name), work.store
    seen = look_apart(work, task.name, deed=_sighting)
    holds = propose_holds(
        seen.suspicions,
        task=task.name,
        holds=list(store.find(Hold, task.name)),
        now=now.isoformat(timespec="milliseconds"),
    )
    entry = None
    if keep and holds:
        entry = store.append(
            "people.hold",
            holds,
            details={"task": task.name, "held": len(holds), "by": "vigilance"},
        )
    return WatchReport(
        task=task.name,
        annotators=seen.annotators,
        answers=seen.answers,
        suspicions=seen.suspicions,
        holds=holds,
        wanted=seen.wanted,
        entry=entry.index if entry else None,
    )


def _sighting(work: Workspace, task_name: str) -> Sighting:
    """Look through the answers; it may be done in another process, and only reads."""
    task, store = work.task(task_name), work.store
    cards = cards_in_use(store.find(GoldCard, task.name))
    gold = {item: card.labels for item, card in cards.items()}
    found = list(_fair(store.find(Annotation, task.name), cards))
    asked = {one.item for one in found}
    return Sighting(
        annotators=len({one.annotator for one in found}),
        answers=len(found),
        suspicions=suspect(
            found,
            gold=gold,
            task=task,
            texts={
                one.id: one.text
                for one in store.find(Item, task.name)
                if one.id in asked
            },
        ),
        wanted=gold_wanted(found, gold=gold, task=task),
    )


def _fair(
    annotations: Iterable[Annotation], cards: Mapping[Digest, GoldCard]
) -> Iterable[Annotation]:
    """Give the answers of the desk that say something about who gave them."""
    for one in annotations:
        card = cards.get(one.item)
        if one.source == "desk" and (card is None or _is_test(one, card)):
            yield one


def _is_test(one: Annotation, card: GoldCard) -> bool:
    is_after = one.at is not None and moment_of(one.at) >= moment_of(card.at)
    return is_after and one.annotator != card.by
