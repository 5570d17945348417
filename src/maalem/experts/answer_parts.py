# SPDX-License-Identifier: Apache-2.0
"""Each kind of answer, checked against its task and its item."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeAlias

from maalem.corpus.cleaning import clean
from maalem.errors import DataError
from maalem.experts.said import SIDES
from maalem.records import Item, Span
from maalem.tasks import TaskDefinition

Part: TypeAlias = dict[str, Any]
"""Fields of an annotation."""

LONGEST_TEXT = 20_000
"""Code points of a written answer."""
MOST_SPANS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    task: TaskDefinition
    item: Item
    order: Sequence[int]


def read_part(
    value: object, *, task: TaskDefinition, item: Item, order: Sequence[int]
) -> Part:
    """Check what was answered and give it as fields of an annotation.

    Args:
        value: What was sent: labels, spans, ratings, a ranking or text.
        task: The task.
        item: The item.
        order: Numbers of the item's options, in the order in which they were shown;
            what is told by place on the screen is given by number of the option.

    Raises:
        DataError: It fits neither; code `desk.answer`.
    """
    question = _Question(task=task, item=item, order=order)
    return _READERS[task.answer](value, question)


def _fault(message: str) -> DataError:
    return DataError(message, code="desk.answer")


def _one_label(value: Any, asked: _Question) -> Part:  # noqa: ANN401  # see _READERS
    if len(value) != 1:
        raise _fault(f"labels must be one, got {len(value)}")
    return _several_labels(value, asked)


def _several_labels(value: Any, asked: _Question) -> Part:  # noqa: ANN401  # see _READERS
    known = asked.task.label_names
    foreign = [label for label in value if label not in known]
    if foreign:
        raise _fault(
            f"{foreign[0][:80]!r} is no answer of the task {asked.task.name!r}"
        )
    if not value or len(set(value)) != len(value):
        raise _fault(f"labels must be one or more different ones, got {len(value)}")
    return {"labels": tuple(label for label in known if label in value)}


def _side(value: Any, asked: _Question) -> Part:  # noqa: ANN401  # see _READERS
    if len(value) != 1 or value[0] not in SIDES:
        shown = ", ".join(value)[:80]
        raise _fault(f"labels must be one of {', '.join(SIDES)}, got {shown!r}")
    side = value[0]
    if side in SIDES[:2]:
        side = SIDES[asked.order[SIDES.index(side)]]
    return {"labels": (side,)}


def _spans(value: Any, asked: _Question) -> Part:  # noqa: ANN401  # see _READERS
    spans: tuple[Span, ...] = tuple(sorted(value, key=lambda one: (one.start, one.end)))
    if not 1 <= len(spans) <= MOST_SPANS:
        raise _fault(f"spans must be from 1 to {MOST_SPANS}, got {len(spans)}")
    end = 0
    for span in spans:
        if not 0 <= span.start < span.end <= len(asked.item.text):
            raise _fault(
                f"the span {span.start} to {span.end} is not inside the text of "
                f"{len(asked.item.text)} code points"
            )
        if asked.item.text[span.start : span.end] != span.quote:
            raise _fault(
                f"the span {span.start} to {span.end} does not say what its quote says"
            )
        if span.start < end:
            raise _fault(f"the span {span.start} to {span.end} lies in another one")
        end = span.end
    return {"spans": spans}


def _ratings(value: Any, asked: _Question) -> Part:  # noqa: ANN401  # see _READERS
    criteria = asked.task.criteria
    if set(value) != {one.name for one in criteria}:
        wanted = ", ".join(one.name for one in criteria)
        raise _fault(f"ratings must be given for {wanted}")
    for one in criteria:
        score = value[one.name]
        if isinstance(score, bool) or not one.lowest <= score <= one.highest:
            raise _fault(
                f"{one.name!r} must be from {one.lowest} to {one.highest}, got {score}"
            )
    return {"ratings": tuple((one.name, value[one.name]) for one in criteria)}


def _ranking(value: Any, asked: _Question) -> Part:  # noqa: ANN401  # see _READERS
    if sorted(value) != list(range(len(asked.order))):
        raise _fault(f"ranking must name each of {len(asked.order)} options once")
    return {"ranking": tuple(asked.order[place] for place in value)}


def _text(value: Any, asked: _Question) -> Part:  # noqa: ANN401, ARG001  # see _READERS
    if len(value) > LONGEST_TEXT:
        raise _fault(
            f"text must be at most {LONGEST_TEXT} characters, got {len(value)}"
        )
    text = clean(value)[0]
    if not text:
        raise _fault("text must say something")
    return {"text": text}


_READERS: Mapping[str, Callable[[Any, _Question], Part]] = MappingProxyType(
    {
        "choose": _one_label,
        "choose-several": _several_labels,
        "compare": _side,
        "mark": _spans,
        "rate": _ratings,
        "rank": _ranking,
        "correct": _text,
        "write": _text,
    }
)
"""For each kind of answer who reads it; each gets the part that `answering` names."""
