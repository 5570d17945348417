# SPDX-License-Identifier: Apache-2.0
"""How several answers to one item become one label, or stay open with a reason."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from maalem.experts.votes import last_words
from maalem.records import Adjudication, Annotation, Digest, Gold

_NOTHING: Mapping[Digest, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenItem:
    """An item that was answered and is not settled.

    Attributes:
        item: The item.
        reason: `all held`: whoever answered is held; `no label`: all who answered chose
            none; `no answer`: the same, where the answer is no label; `too few
            answers`: more are wanted; `tie`: two labels lead equally; `no majority`:
            one leads, with half of the answers or fewer; `several labels`: somebody
            chose more than one where one was asked for; `answers differ`: more than
            their kind lets pass; `critical label`: somebody chose a label that a
            person must confirm; `guideline unclear`: an adjudicator says that the
            guideline must be mended first.
        votes: Pairs of label and count, the highest first.
        annotations: The answers that count, in order.
        set_aside: The answers of those who are held, in order.
    """

    item: Digest
    reason: str
    votes: tuple[tuple[str, int], ...]
    annotations: tuple[Digest, ...]
    set_aside: tuple[Digest, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answers:
    """What was said about one item, and what is known about it otherwise."""

    item: Digest
    counted: Sequence[Annotation]
    set_aside: tuple[Digest, ...]
    adjudication: Adjudication | None
    needed: int
    is_critical: bool

    @property
    def ids(self) -> tuple[Digest, ...]:
        return tuple(one.id for one in self.counted)

    @property
    def voting(self) -> list[Annotation]:
        return [one for one in self.counted if one.labels]


def settle(
    annotations: Iterable[Annotation],
    *,
    adjudications: Iterable[Adjudication] = (),
    held: Collection[str] = (),
    gold_items: Collection[Digest] = (),
    needed: Mapping[Digest, int] = _NOTHING,
    critical: Collection[str] = (),
) -> tuple[tuple[Gold, ...], tuple[OpenItem, ...]]:
    """Settle every item that its answers settle.

    Of each annotator the last answer in the order given counts, so that an answer can
    be taken back; order, not time, because clocks differ. What was withdrawn was never
    given. Answers without a label do not vote, but are named with the others. One vote
    settles as `single`, equal ones as `unanimous`, more than half of the votes as
    `majority`; all else stays open. Answers to one item change nothing about another.

    A person's word stands above the votes: the last adjudication of an item settles it
    as `adjudicated`. Where that says that the guideline is unclear, the item stays open
    until none of the answers that it considered counts any more.

    Args:
        annotations: Answers in the order in which they were entered, of one task.
        adjudications: In the order in which they were entered, of the same task.
        held: Annotators whose answers do not count for now; they are named.
        gold_items: Items whose answer was known; they settle nothing and are left out,
            since they measure who answers and must not be learned from.
        needed: Fewest votes of an item, where that is more than one.
        critical: Labels of which every answer is adjudicated, after two votes at
            least.

    Returns:
        The settled items and the open ones, both in the order of their first answer.
    """
    decided = {one.item: one for one in adjudications}
    words = last_words(annotations)
    golds: list[Gold] = []
    still_open: list[OpenItem] = []
    for item in dict.fromkeys([*words, *decided]):
        if item in gold_items:
            continue
        said = words.get(item, [])
        counted = [one for one in said if one.annotator not in held]
        labels = {label for one in counted for label in one.labels}
        is_critical = not labels.isdisjoint(critical)
        answers = _Answers(
            item=item,
            counted=counted,
            set_aside=tuple(one.id for one in said if one.annotator in held),
            adjudication=decided.get(item),
            needed=max(needed.get(item, 1), 2 if is_critical else 1),
            is_critical=is_critical,
        )
        found = _settle_one(answers)
        if isinstance(found, Gold):
            golds.append(found)
        else:
            still_open.append(found)
    return tuple(golds), tuple(still_open)


def _settle_one(answers: _Answers) -> Gold | OpenItem:
    votes = Counter(label for one in answers.voting for label in one.labels)
    ranked = tuple(sorted(votes.items(), key=lambda pair: (-pair[1], pair[0])))
    decided = decision_in_force(answers.adjudication, answers.ids)
    if decided and not decided.is_guideline_unclear and len(decided.labels) == 1:
        return _gold(answers, decided.labels[0], "adjudicated")
    reason = _why_decided_open(decided) if decided else _why_open(answers, ranked)
    if reason:
        return OpenItem(
            item=answers.item,
            reason=reason,
            votes=ranked,
            annotations=answers.ids,
            set_aside=answers.set_aside,
        )
    agreed = "single" if len(answers.voting) == 1 else "unanimous"
    return _gold(answers, ranked[0][0], agreed if len(ranked) == 1 else "majority")


def _gold(answers: _Answers, label: str, rule: str) -> Gold:
    return Gold(
        item=answers.item,
        label=label,
        annotations=answers.ids,
        annotators=len(answers.counted),
        rule=rule,
        set_aside=answers.set_aside,
    )


def decision_in_force(
    decided: Adjudication | None, answers: Sequence[Digest]
) -> Adjudication | None:
    """Give the adjudication in force; a complaint ends with what it complained of.

    Args:
        decided: How the item was adjudicated last, if it was.
        answers: The answers to it that count.
    """
    if decided and decided.is_guideline_unclear and decided.considered:
        is_past = bool(answers) and set(answers).isdisjoint(decided.considered)
        return None if is_past else decided
    return decided


def _why_decided_open(decided: Adjudication) -> str:
    if decided.is_guideline_unclear:
        return "guideline unclear"
    return "several labels" if decided.labels else "no label"


def _why_open(answers: _Answers, ranked: Sequence[tuple[str, int]]) -> str:
    voting = answers.voting
    if not voting:
        return "no label" if answers.counted else "all held"
    if len(voting) < answers.needed:
        return "too few answers"
    return "critical label" if answers.is_critical else _why_split(voting, ranked)


def _why_split(voting: Sequence[Annotation], ranked: Sequence[tuple[str, int]]) -> str:
    if any(len(one.labels) > 1 for one in voting):
        return "several labels"
    counts = [count for _, count in ranked]
    if counts[0] * 2 > len(voting):
        return ""
    return "tie" if counts.count(counts[0]) > 1 else "no majority"
