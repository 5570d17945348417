# SPDX-License-Identifier: Apache-2.0
"""What an adjudicator is shown: answers without names, what matters most first."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from maalem.experts.comparing import Comparing, Value
from maalem.experts.settling import OpenItem
from maalem.experts.votes import last_words
from maalem.records import Annotation, Digest, Span

_ASKED = ("tie", "no majority", "several labels", "answers differ", "critical label")
"""Why an item stays open that a person can settle."""
_REFUSED = ("no label", "no answer")
"""Why a person is asked when two said so."""
_LABELS = Comparing(answer="choose", paths={}, widths={}, critical=frozenset())


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """One answer to an item, and how many gave it; by whom it does not say.

    Attributes:
        labels: The labels chosen.
        outcome: Why there is none, such as `unknown` or `bad-question`.
        text: The answer as written.
        spans: What was marked.
        ratings: Pairs of criterion and score.
        ranking: Numbers of the item's options from 0, the best first.
        count: How many annotators say so.
        reasons: What they say why, and their notes, in order of the alphabet, so that
            the order tells nothing.
    """

    labels: tuple[str, ...]
    outcome: str | None
    text: str | None
    spans: tuple[Span, ...]
    ratings: tuple[tuple[str, int], ...]
    ranking: tuple[int, ...]
    count: int
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """An item that waits for an adjudicator.

    Attributes:
        item: The item.
        reason: Why it stays open, as `OpenItem` says it.
        opinions: The different answers, the most frequent first.
        considered: The annotations behind them, for the adjudication to name, in order
            of their digest, so that the order tells nothing.
        annotators: How many answered.
        is_critical: Whether somebody chose a critical label.
        is_exam: Whether the item is one of the exam.
        apart: How far the answers are apart, the mean of all pairs, in [0, 1].
    """

    item: Digest
    reason: str
    opinions: tuple[Opinion, ...]
    considered: tuple[Digest, ...]
    annotators: int
    is_critical: bool
    is_exam: bool
    apart: float


def disputes(
    still_open: Iterable[OpenItem],
    annotations: Iterable[Annotation],
    *,
    how: Comparing = _LABELS,
    exam: Collection[Digest] = (),
) -> tuple[Dispute, ...]:
    """Queue what a person must settle, what matters most first.

    Critical labels come first, then the exam, then what most annotators are involved
    in, then what is farthest apart; else what was open first. Items that wait for
    answers, or for the guideline, are not in the queue. Who answered is not told: names
    make the loudest voice win.

    Args:
        still_open: What `settle` or `settle_kind` left open.
        annotations: The answers that it was given.
        how: How the answers are compared; as single labels, none of them critical,
            where it is left out.
        exam: Items of the exam.
    """
    words = last_words(annotations)
    queue = [
        _dispute(one, words, how=how, exam=exam)
        for one in still_open
        if one.reason in _ASKED or (one.reason in _REFUSED and len(one.annotations) > 1)
    ]
    return tuple(sorted(queue, key=_weight))


def _weight(one: Dispute) -> tuple[bool, bool, int, float]:
    return not one.is_critical, not one.is_exam, -one.annotators, -round(one.apart, 9)


def _dispute(
    still_open: OpenItem,
    words: Mapping[Digest, list[Annotation]],
    *,
    how: Comparing,
    exam: Collection[Digest],
) -> Dispute:
    counted = {*still_open.annotations}
    said = [one for one in words.get(still_open.item, ()) if one.id in counted]
    labels = {label for one in said for label in one.labels}
    return Dispute(
        item=still_open.item,
        reason=still_open.reason,
        opinions=tuple(_opinions(said, how)),
        considered=tuple(sorted(still_open.annotations)),
        annotators=len(said),
        is_critical=not labels.isdisjoint(how.critical),
        is_exam=still_open.item in exam,
        apart=how.apart([how.value(one) for one in said if one.is_answer]),
    )


def _opinions(said: Iterable[Annotation], how: Comparing) -> Iterator[Opinion]:
    """Put same answers together, the most frequent first."""
    alike: dict[tuple[str, Value], list[Annotation]] = {}
    for one in said:
        alike.setdefault((one.outcome or "", how.value(one)), []).append(one)
    for key in sorted(alike, key=lambda key: (-len(alike[key]), repr(key))):
        several = alike[key]
        first = min(several, key=lambda one: one.text or "")
        words = {word for one in several for word in (one.reason, one.note) if word}
        yield Opinion(
            labels=tuple(sorted(first.labels)),
            outcome=first.outcome,
            text=first.text,
            spans=first.spans,
            ratings=first.ratings,
            ranking=first.ranking,
            count=len(several),
            reasons=tuple(sorted(words)),
        )
