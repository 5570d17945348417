# SPDX-License-Identifier: Apache-2.0
"""What the answers to a task settle as it stands, and what is set aside and why.

Freezing, the queue of disagreements and the status ask the same question here, so that
what waits for a person is what a dataset would leave out.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from maalem.app.workspace import Workspace
from maalem.dataset.splits import draw_splits, first_dates
from maalem.experts import OpenItem, settle
from maalem.experts.asking_again import AskAgain, asked_again
from maalem.experts.comparing import Comparing, comparing
from maalem.experts.hidden_cards import cards_in_use
from maalem.experts.settling_kinds import settle_kind
from maalem.experts.vigilance import held_now
from maalem.experts.votes import last_words
from maalem.records import (
    Adjudication,
    Annotation,
    Digest,
    Gold,
    GoldCard,
    Hold,
    Item,
    Passage,
    TaskVersion,
)
from maalem.tasks import TaskDefinition

EXAMS = ("exam", "later")
"""The splits that are only ever examined on."""
_WAITING = ("too few answers", "all held")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What is settled of a task, and what is not.

    Attributes:
        golds: The settled items.
        still_open: Items that were answered and are not settled.
        items: All items of the task.
        answers: All annotations of the task, in the order in which they were entered.
        adjudications: How items were adjudicated last.
        exam: Items that are only ever examined on.
        gold_items: Items of gold cards in use; they settle nothing.
        overtaken: Adjudications that a later version of the guideline asks again; they
            settle nothing.
        outdated: Answers that a later version asks again, until they are given anew.
    """

    golds: tuple[Gold, ...]
    still_open: tuple[OpenItem, ...]
    items: tuple[Item, ...]
    answers: tuple[Annotation, ...]
    adjudications: tuple[Adjudication, ...]
    exam: frozenset[Digest]
    gold_items: frozenset[Digest]
    overtaken: int
    outdated: int

    @property
    def left_out(self) -> tuple[tuple[str, int], ...]:
        """What was answered and settles nothing, as pairs of reason and count."""
        counts = Counter(f"not settled: {one.reason}" for one in self.still_open)
        aside = [*(one.set_aside for one in self.golds)]
        aside += [one.set_aside for one in self.still_open]
        answered = {one.item for one in self.answers} & self.gold_items
        counts["gold card, kept to measure experts"] = len(answered)
        counts["answers on hold"] = sum(map(len, aside))
        counts["adjudications under an earlier guideline"] = self.overtaken
        return tuple(sorted((why, count) for why, count in counts.items() if count))

    @property
    def waiting(self) -> int:
        """How many items want an answer that counts."""
        short = sum(one.reason in _WAITING for one in self.still_open)
        touched = {one.item for one in self.golds} | {
            one.item for one in self.still_open
        }
        bare = {one.id for one in self.items} - touched - self.gold_items
        return short + len(bare)


def settled(work: Workspace, task: TaskDefinition) -> Settlement:
    """Settle the answers to a task by all that is known about them.

    Answers of every kind are settled, each by the distance that is fit for it. Answers
    of who is held do not count; gold cards measure experts and settle nothing;
    critical labels are always adjudicated. An item of the exam that was answered at the
    desk wants as many answers as the task says; of what was imported one is enough,
    since nobody can be asked again.
    """
    store = work.store
    items = tuple(store.find(Item, task.name))
    answers = tuple(store.find(Annotation, task.name))
    exam = exam_items(work, items)
    gold = frozenset(cards_in_use(store.find(GoldCard, task.name)))
    judged = {one.item: one for one in store.find(Adjudication, task.name)}
    words = [one for said in last_words(answers).values() for one in said]
    again = _asked_again(
        words, tuple(judged.values()), task=task, versions=_versions(work, task)
    )
    late = {one.item for one in again if one.is_adjudicated}
    golds, still_open = _settle(
        answers,
        comparing(task),
        adjudications=[
            one
            for one in judged.values()
            if one.item not in late and not _is_mended(one, task)
        ],
        held=held_now(store.find(Hold, task.name)),
        gold_items=gold,
        needed=_needed(words, exam, task=task),
    )
    return Settlement(
        golds=golds,
        still_open=still_open,
        items=items,
        answers=answers,
        adjudications=tuple(judged.values()),
        exam=exam,
        gold_items=gold,
        overtaken=len(late),
        outdated=len({(one.item, who) for one in again for who in one.annotators}),
    )


def _settle(
    answers: Sequence[Annotation],
    how: Comparing,
    *,
    adjudications: Sequence[Adjudication],
    held: Collection[str],
    gold_items: Collection[Digest],
    needed: Mapping[Digest, int],
) -> tuple[tuple[Gold, ...], tuple[OpenItem, ...]]:
    """Settle by votes what is one label, and by distance what is more."""
    if not how.is_one_label:
        return settle_kind(
            answers,
            how,
            adjudications=adjudications,
            held=held,
            gold_items=gold_items,
            needed=needed,
        )
    return settle(
        answers,
        adjudications=adjudications,
        held=held,
        gold_items=gold_items,
        needed=needed,
        critical=how.critical,
    )


def _is_mended(one: Adjudication, task: TaskDefinition) -> bool:
    """Tell whether a complaint about a guideline is past, so that it can be settled.

    Where answers are labels, the new guideline says which of them it asks again, and
    those end the complaint; else nobody is asked again, and an adjudicator settles the
    item by the guideline as it now stands.
    """
    is_past = one.is_guideline_unclear and one.guideline != task.version
    return is_past and not task.is_choice


def exam_items(work: Workspace, items: Sequence[Item]) -> frozenset[Digest]:
    """Name the items that are only ever examined on."""
    split = work.project.split
    drawn = draw_splits(
        items,
        salt=split.salt,
        shares=split.shares,
        later_from=split.later_from,
        first_dates=first_dates(work.store.find(Passage)) if split.later_from else None,
    )
    return frozenset(item for item, name in drawn.items() if name in EXAMS)


def _needed(
    words: Iterable[Annotation], exam: Collection[Digest], *, task: TaskDefinition
) -> dict[Digest, int]:
    """Tell how many votes an item of the exam wants that was answered at the desk."""
    return {
        one.item: task.asking.exam_answers
        for one in words
        if one.source == "desk" and one.item in exam
    }


def _versions(work: Workspace, task: TaskDefinition) -> list[TaskVersion]:
    return sorted(
        work.store.find(TaskVersion, task.name), key=lambda version: version.number
    )


def _asked_again(
    words: Iterable[Annotation],
    judged: Sequence[Adjudication],
    *,
    task: TaskDefinition,
    versions: Sequence[TaskVersion],
) -> list[AskAgain]:
    """Name what each version asks again of what was said before it.

    What was said under the version in force stands, also where that is an old one to
    which the guideline went back.
    """
    numbers = {version.id: version.number for version in versions} | {
        task.version: len(versions) + 1
    }
    said = list(words)
    found: list[AskAgain] = []
    for old, new in pairwise(versions):
        if new.ask_again:
            found += asked_again(
                [one for one in said if _number(one, numbers) < new.number],
                [one for one in judged if _number(one, numbers) < new.number],
                old=old,
                new=new,
            )
    return found


def _number(one: Annotation | Adjudication, numbers: dict[Digest, int]) -> int:
    return numbers.get(one.guideline, 0) if one.guideline else 0
