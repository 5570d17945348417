# SPDX-License-Identifier: Apache-2.0
"""What an expert sent becomes an annotation, or is refused with the reason why."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from maalem.app.desk.dealing_shown import Shown
from maalem.corpus.cleaning import clean
from maalem.errors import DataError
from maalem.experts.annotations import UNNAMED, named
from maalem.experts.answer_parts import Part, read_part
from maalem.records import Annotation, Digest, Item, Span
from maalem.tasks import TaskDefinition

LONGEST_NOTE = 2_000
"""Code points of a note or a reason."""
LONGEST_TIME = 86_400.0
"""Seconds that one card can take; more is a clock that jumped."""
OUTCOMES = ("unknown", "bad-question")

_PARTS: Mapping[str, str] = MappingProxyType(
    {
        "choose": "labels",
        "choose-several": "labels",
        "compare": "labels",
        "mark": "spans",
        "rate": "ratings",
        "rank": "ranking",
        "correct": "text",
        "write": "text",
    }
)
"""For each kind of answer the one part of `Sent` that gives it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """An answer as it was sent; what is none was not sent.

    Attributes:
        key: Idempotency key.
        seconds: Time spent on the card.
        labels: Labels chosen; of two options `first`, `second`, `both` or `neither`,
            as they stood on the screen.
        text: The answer as written or corrected.
        spans: What was marked.
        ratings: Score by criterion.
        ranking: Places of the options as shown, from 0, the best first.
        outcome: Why there is no answer, one of `OUTCOMES`.
        reason: Why, in words; needed for a bad question.
        note: What the expert wants to be known.
    """

    key: str
    seconds: float | None = None
    labels: tuple[str, ...] | None = None
    text: str | None = None
    spans: tuple[Span, ...] | None = None
    ratings: Mapping[str, int] | None = None
    ranking: tuple[int, ...] | None = None
    outcome: str | None = None
    reason: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What was asked, and of whom.

    Attributes:
        task: The task.
        item: The item.
        holder: Pseudonym of who was given the card.
        shown: What stood on it.
    """

    task: TaskDefinition
    item: Item
    holder: str
    shown: Shown


def to_annotation(sent: Sent, card: Card, *, at: str) -> Annotation:
    """Make the annotation that an answer is.

    Offsets count code points. Text is cleaned as documents are, since nobody could see
    what it would otherwise carry.

    Args:
        sent: The answer.
        card: What it answers.
        at: ISO 8601 time.

    Raises:
        DataError: The answer fits neither the task nor the item; code `desk.answer`.
    """
    part = _PARTS[card.task.answer]
    given = {name for name in set(_PARTS.values()) if getattr(sent, name) is not None}
    if sent.outcome is not None:
        _refuse_outcome(sent, given)
        answer: Part = {}
    elif given == {part}:
        answer = read_part(
            getattr(sent, part), task=card.task, item=card.item, order=card.shown.order
        )
    else:
        raise DataError(
            f"a card of {card.task.name!r} is answered by {part}, "
            f"got {', '.join(sorted(given)) or 'nothing'}",
            code="desk.answer",
        )
    return named(
        Annotation(
            **{"labels": (), **answer},
            id=UNNAMED,
            item=card.item.id,
            task=card.task.name,
            annotator=card.holder,
            at=at,
            seconds=_time(sent.seconds),
            guideline=card.shown.guideline,
            suggestion_shown=card.shown.suggestion is not None,
            reason=_words("reason", sent.reason),
            source="desk",
            outcome=sent.outcome,
            order_shown=card.shown.order,
            note=_words("note", sent.note),
            key=sent.key,
        )
    )


def withdrawal(of: Annotation, *, key: str, at: str) -> Annotation:
    """Make the annotation that takes an answer back; both stay."""
    return named(
        Annotation(
            id=UNNAMED,
            item=of.item,
            task=of.task,
            annotator=of.annotator,
            labels=(),
            at=at,
            guideline=of.guideline,
            source="desk",
            outcome="withdrawn",
            key=key,
        )
    )


def annotation_id(task: str, annotator: str, *, key: str) -> Digest:
    """Name the annotation that an annotator sends with a key."""
    bare = Annotation(
        id=UNNAMED, item=UNNAMED, task=task, annotator=annotator, labels=(), key=key
    )
    return named(bare).id


def is_same(one: Annotation, other: Annotation) -> bool:
    """Tell whether two annotations of one key say the same; when does not count."""
    return _said(one) == _said(other)


def _said(one: Annotation) -> tuple[object, ...]:
    what = (one.item, one.outcome, one.labels, one.text, one.spans, one.ratings)
    return (*what, one.ranking, one.reason, one.note, one.seconds)


def _refuse_outcome(sent: Sent, given: set[str]) -> None:
    if sent.outcome not in OUTCOMES:
        raise DataError(
            f"outcome must be one of {', '.join(OUTCOMES)}, got {sent.outcome!r}",
            code="desk.answer",
        )
    if given:
        raise DataError(
            f"{sent.outcome!r} comes without an answer, got {min(given)}",
            code="desk.answer",
        )
    if sent.outcome == "bad-question" and _words("reason", sent.reason) is None:
        raise DataError(
            "a bad question needs a reason", hint="say why", code="desk.answer"
        )


def _time(seconds: float | None) -> float | None:
    if seconds is None:
        return None
    if not math.isfinite(seconds) or not 0.0 <= seconds <= LONGEST_TIME:
        raise DataError(
            f"seconds must be from 0 to {LONGEST_TIME:g}, got {seconds:g}",
            code="desk.answer",
        )
    return float(seconds)


def _words(name: str, text: str | None) -> str | None:
    """Clean a note or a reason; one that says nothing is none."""
    if text is None:
        return None
    if len(text) > LONGEST_NOTE:
        raise DataError(
            f"{name} must be at most {LONGEST_NOTE} characters, got {len(text)}",
            code="desk.answer",
        )
    return clean(text)[0] or None
