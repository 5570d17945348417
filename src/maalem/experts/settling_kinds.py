# SPDX-License-Identifier: Apache-2.0
"""How answers that are more than one label become one answer, or stay open."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from maalem.experts.comparing import Comparing, Said, Value
from maalem.experts.settling import OpenItem, decision_in_force
from maalem.experts.votes import last_words
from maalem.records import Adjudication, Annotation, Digest, Gold

_NOTHING: Mapping[Digest, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answers:
    """What was said about one item by those who count."""

    item: Digest
    counted: Sequence[Annotation]
    set_aside: tuple[Digest, ...]
    needed: int

    @property
    def ids(self) -> tuple[Digest, ...]:
        return tuple(one.id for one in self.counted)


def settle_kind(
    annotations: Iterable[Annotation],
    how: Comparing,
    *,
    adjudications: Iterable[Adjudication] = (),
    held: Collection[str] = (),
    gold_items: Collection[Digest] = (),
    needed: Mapping[Digest, int] = _NOTHING,
) -> tuple[tuple[Gold, ...], tuple[OpenItem, ...]]:
    """Settle every item whose answers agree as far as their kind asks for.

    The same laws hold as for `settle`: the last word of each annotator counts, a
    person's word stands above all, answers to one item change nothing about another.
    What more than half of all answers say is settled; else, where all are so close
    that the difference does not matter, the one nearest to the others. All else stays
    open as `answers differ`. An answer that names a critical label is adjudicated.

    Args:
        annotations: Answers in the order in which they were entered, of one task.
        how: How its answers are compared.
        adjudications: In the order in which they were entered, of the same task.
        held: Annotators whose answers do not count for now; they are named.
        gold_items: Items whose answer was known; they are left out.
        needed: Fewest answers of an item, where that is more than one.

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
        answers = _Answers(
            item=item,
            counted=[one for one in said if one.annotator not in held],
            set_aside=tuple(one.id for one in said if one.annotator in held),
            needed=needed.get(item, 1),
        )
        found = _settle_one(answers, how, decided.get(item))
        if isinstance(found, Gold):
            golds.append(found)
        else:
            still_open.append(found)
    return tuple(golds), tuple(still_open)


def _settle_one(
    answers: _Answers, how: Comparing, adjudication: Adjudication | None
) -> Gold | OpenItem:
    decided = decision_in_force(adjudication, answers.ids)
    if decided is not None:
        if decided.is_answer:
            return _gold(answers, decided, "adjudicated")
        is_unclear = decided.is_guideline_unclear
        return _open(answers, "guideline unclear" if is_unclear else "no answer")
    given = [one for one in answers.counted if one.is_answer]
    reason = _why_open(answers, given, how)
    if reason:
        return _open(answers, reason)
    return _agreed(answers, given, how)


def _why_open(answers: _Answers, given: Sequence[Annotation], how: Comparing) -> str:
    if not given:
        return "no answer" if answers.counted else "all held"
    named = {label for one in given for label in one.labels}
    is_critical = not named.isdisjoint(how.critical)
    if len(given) < max(answers.needed, 2 if is_critical else 1):
        return "too few answers"
    return "critical label" if is_critical else ""


def _agreed(
    answers: _Answers, given: Sequence[Annotation], how: Comparing
) -> Gold | OpenItem:
    values = [how.value(one) for one in given]
    counts = Counter(values)
    value, most = min(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    if 2 * most > len(values):
        agreed = "single" if len(values) == 1 else "unanimous"
        rule = agreed if most == len(values) else "majority"
        return _gold(answers, _first(given, values, value), rule)
    farthest = max(how.distance(one, other) for one in counts for other in counts)
    if farthest <= how.close:
        return _gold(answers, _first(given, values, how.nearest(values)), "close")
    return _open(answers, "answers differ")


def _first(
    given: Sequence[Annotation], values: Sequence[Value], wanted: Value
) -> Annotation:
    return given[values.index(wanted)]


def _open(answers: _Answers, reason: str) -> OpenItem:
    votes = Counter(label for one in answers.counted for label in one.labels)
    return OpenItem(
        item=answers.item,
        reason=reason,
        votes=tuple(sorted(votes.items(), key=lambda pair: (-pair[1], pair[0]))),
        annotations=answers.ids,
        set_aside=answers.set_aside,
    )


def _gold(answers: _Answers, said: Said, rule: str) -> Gold:
    return Gold(
        item=answers.item,
        label="",
        annotations=answers.ids,
        annotators=len(answers.counted),
        rule=rule,
        set_aside=answers.set_aside,
        labels=said.labels,
        text=said.text,
        spans=said.spans,
        ratings=said.ratings,
        ranking=said.ranking,
    )
