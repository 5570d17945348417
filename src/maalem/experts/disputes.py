# SPDX-License-Identifier: Apache-2.0
"""What an adjudicator is shown: answers without names, what matters most first."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from maalem.experts.settling import OpenItem
from maalem.experts.votes import last_words
from maalem.records import Annotation, Digest, Span

_ASKED = ("tie", "no majority", "several labels", "critical label")
"""Why an item stays open that a person can settle; `no label` when two said so."""

Said: TypeAlias = tuple[tuple[str, ...], str | None, str | None, tuple[Span, ...]]
"""What makes two answers the same: labels, outcome, text, spans."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """One answer to an item, and how many gave it; by whom it does not say.

    Attributes:
        labels: The labels chosen.
        outcome: Why there is none, such as `unknown` or `bad-question`.
        text: The answer as written.
        spans: What was marked.
        count: How many annotators say so.
        reasons: What they say why, and their notes, in order of the alphabet, so that
            the order tells nothing.
    """

    labels: tuple[str, ...]
    outcome: str | None
    text: str | None
    spans: tuple[Span, ...]
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
    """

    item: Digest
    reason: str
    opinions: tuple[Opinion, ...]
    considered: tuple[Digest, ...]
    annotators: int
    is_critical: bool
    is_exam: bool


def disputes(
    still_open: Iterable[OpenItem],
    annotations: Iterable[Annotation],
    *,
    critical: Collection[str] = (),
    exam: Collection[Digest] = (),
) -> tuple[Dispute, ...]:
    """Queue what a person must settle, what matters most first.

    Critical labels come first, then the exam, then what most annotators are involved
    in; else what was open first. Items that wait for answers, or for the guideline, are
    not in the queue. Who answered is not told: names make the loudest voice win.

    Args:
        still_open: What `settle` left open.
        annotations: The answers that it was given.
        critical: Labels of which every answer is adjudicated.
        exam: Items of the exam.
    """
    words = last_words(annotations)
    queue = [
        _dispute(one, words, critical=critical, exam=exam)
        for one in still_open
        if one.reason in _ASKED
        or (one.reason == "no label" and len(one.annotations) > 1)
    ]
    return tuple(
        sorted(
            queue,
            key=lambda one: (not one.is_critical, not one.is_exam, -one.annotators),
        )
    )


def _dispute(
    still_open: OpenItem,
    words: Mapping[Digest, list[Annotation]],
    *,
    critical: Collection[str],
    exam: Collection[Digest],
) -> Dispute:
    counted = {*still_open.annotations}
    said = [one for one in words.get(still_open.item, ()) if one.id in counted]
    labels = {label for one in said for label in one.labels}
    return Dispute(
        item=still_open.item,
        reason=still_open.reason,
        opinions=tuple(_opinions(said)),
        considered=tuple(sorted(still_open.annotations)),
        annotators=len(said),
        is_critical=not labels.isdisjoint(critical),
        is_exam=still_open.item in exam,
    )


def _opinions(said: Iterable[Annotation]) -> Iterator[Opinion]:
    """Put same answers together, the most frequent first."""
    alike: dict[Said, list[Annotation]] = {}
    for one in said:
        labels = tuple(sorted(one.labels))
        key = (labels, one.outcome, one.text, one.spans)
        alike.setdefault(key, []).append(one)
    for key in sorted(alike, key=lambda key: (-len(alike[key]), repr(key))):
        labels, outcome, text, spans = key
        words = {word for one in alike[key] for word in (one.reason, one.note) if word}
        yield Opinion(
            labels=labels,
            outcome=outcome,
            text=text,
            spans=spans,
            count=len(alike[key]),
            reasons=tuple(sorted(words)),
        )
