# SPDX-License-Identifier: Apache-2.0
"""How several answers to one item become one label, or stay open with a reason."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from maalem.records import Annotation, Digest, Gold


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenItem:
    """An item that was answered and is not settled.

    Attributes:
        item: The item.
        reason: `no label`: all who answered chose none; `tie`: two labels lead
            equally; `no majority`: one leads, with half of the answers or fewer;
            `several labels`: somebody chose more than one.
        votes: Pairs of label and count, the highest first.
        annotations: The answers that count, in order.
    """

    item: Digest
    reason: str
    votes: tuple[tuple[str, int], ...]
    annotations: tuple[Digest, ...]


def settle(
    annotations: Iterable[Annotation],
) -> tuple[tuple[Gold, ...], tuple[OpenItem, ...]]:
    """Settle every item that its answers settle.

    Of each annotator the last answer in the order given counts, so that an answer can
    be taken back; order, not time, because clocks differ. Answers without a label do
    not vote, but are named with the others. One vote settles as `single`, equal ones as
    `unanimous`, more than half of the votes as `majority`; all else stays open. Answers
    to one item change nothing about another.

    Args:
        annotations: Answers in the order in which they were entered, of one task.

    Returns:
        The settled items and the open ones, both in the order of their first answer.
    """
    last: dict[Digest, dict[str, Annotation]] = {}
    for one in annotations:
        last.setdefault(one.item, {})[one.annotator] = one
    golds: list[Gold] = []
    still_open: list[OpenItem] = []
    for item, answers in last.items():
        found = _settle_one(item, tuple(answers.values()))
        if isinstance(found, Gold):
            golds.append(found)
        else:
            still_open.append(found)
    return tuple(golds), tuple(still_open)


def _settle_one(item: Digest, answers: Sequence[Annotation]) -> Gold | OpenItem:
    voting = [one for one in answers if one.labels]
    votes = Counter(label for one in voting for label in one.labels)
    ranked = tuple(sorted(votes.items(), key=lambda pair: (-pair[1], pair[0])))
    reason = _why_open(voting, [count for _, count in ranked])
    if reason:
        return OpenItem(
            item=item,
            reason=reason,
            votes=ranked,
            annotations=tuple(one.id for one in answers),
        )
    agreed = "single" if len(voting) == 1 else "unanimous"
    return Gold(
        item=item,
        label=ranked[0][0],
        annotations=tuple(one.id for one in answers),
        annotators=len(answers),
        rule=agreed if len(ranked) == 1 else "majority",
    )


def _why_open(voting: Sequence[Annotation], counts: Sequence[int]) -> str:
    if not voting:
        return "no label"
    if any(len(one.labels) > 1 for one in voting):
        return "several labels"
    if counts[0] * 2 > len(voting):
        return ""
    return "tie" if counts.count(counts[0]) > 1 else "no majority"
