# SPDX-License-Identifier: Apache-2.0
"""Items whose answer is known become gold cards, which measure experts."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from maalem.app.steps.judgements import ask, new_items
from maalem.app.steps.settled import exam_items
from maalem.app.workspace import Workspace, now
from maalem.corpus import Refusal
from maalem.errors import DataError
from maalem.experts import read_annotations, to_annotations
from maalem.experts.hidden_cards import cards_in_use
from maalem.records import Annotation, Digest, GoldCard, Item, digest_of
from maalem.tasks import TaskDefinition


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldReport:
    """What an import of gold cards brought.

    Attributes:
        read: Rows read.
        new: Cards that were not there before, or now have another answer.
        known: Cards that are in use with the same answer.
        refused: Rows refused, as pairs of the reason's code and count.
    """

    read: int
    new: int
    known: int
    refused: tuple[tuple[str, int], ...]


def gold_card(
    before: Iterable[GoldCard],
    item: Digest,
    *,
    task: str,
    labels: tuple[str, ...],
    by: str,
    at: str,
) -> GoldCard:
    """Make the next card of an item; each has a name of its own.

    Args:
        before: The task's cards so far.
        item: The item.
        task: Name of the task.
        labels: The known answer; empty takes the card out of use.
        by: Who says so, as a pseudonym; they are never given the card.
        at: ISO 8601 time.
    """
    number = sum(card.item == item for card in before) + 1
    return GoldCard(
        id=digest_of({"task": task, "item": item, "number": number}),
        task=task,
        item=item,
        labels=labels,
        by=by,
        at=at,
        number=number,
    )


def collect_gold(
    work: Workspace,
    task_name: str,
    path: Path,
    *,
    layout: str | None = None,
    keep: bool = True,
) -> GoldReport:
    """Bring gold cards in from a file of answers; whoever a row names made its card.

    An item of the exam cannot be one, as its answer would be known to somebody. Rows
    that say different things about one item make no card.

    Args:
        work: The opened project.
        task_name: Name of the task.
        path: The file.
        layout: Its layout; recognised from the content if left out.
        keep: Whether to write.

    Raises:
        DataError: The file cannot be read, or the task asks for no label.
    """
    task = work.task(task_name)
    _refuse_no_choice(task)
    if keep:
        ask(work, task.name)
    items = [*work.store.find(Item, task.name), *new_items(work, task)]
    read = read_annotations(path, layout=layout)
    rows = list(to_annotations(read, task=task, items=items))
    answers, refused = _known(rows, exam=exam_items(work, items))
    cards = list(work.store.find(GoldCard, task.name))
    in_use = cards_in_use(cards)
    at = now().isoformat(timespec="milliseconds")
    new = [
        gold_card(
            cards, item, task=task.name, labels=one.labels, by=one.annotator, at=at
        )
        for item, one in answers.items()
        if item not in in_use or in_use[item].labels != one.labels
    ]
    if keep and new:
        work.store.append(
            "gold",
            new,
            details={
                "task": task.name,
                "source": path.name,
                "refused": refused.total(),
            },
        )
    return GoldReport(
        read=len(rows),
        new=len(new),
        known=len(answers) - len(new),
        refused=tuple(sorted(refused.items())),
    )


def _known(
    rows: Iterable[Annotation | Refusal], *, exam: frozenset[Digest]
) -> tuple[dict[Digest, Annotation], Counter[str]]:
    """Give the one answer to each item; rows that give none are counted by reason."""
    said: dict[Digest, list[Annotation]] = {}
    refused: Counter[str] = Counter()
    for one in rows:
        if isinstance(one, Refusal):
            refused[one.code] += 1
        else:
            said.setdefault(one.item, []).append(one)
    found = {}
    for item, several in said.items():
        reasons = (
            ("desk.gold-exam", item in exam),
            ("experts.unanswered", not all(one.labels for one in several)),
            ("experts.gold-differs", len({one.labels for one in several}) > 1),
        )
        reason = next((code for code, holds in reasons if holds), "")
        if reason:
            refused[reason] += len(several)
        else:
            found[item] = several[0]
    return found, refused


def _refuse_no_choice(task: TaskDefinition) -> None:
    if not task.is_choice:
        raise DataError(
            f"the answer of {task.name!r} is `{task.answer}`",
            why="a gold card knows labels, and this task has none to choose",
            hint="make gold cards for a task whose answer is `choose`",
            code="experts.gold-kind",
        )
