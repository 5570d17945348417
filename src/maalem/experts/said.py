# SPDX-License-Identifier: Apache-2.0
"""What a file says in answer, in one form for each kind, whatever its layout."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from maalem.records import Annotation, Json, Span

MARK = "marked"
"""The one label that spans have: a task that marks tells no further kinds apart."""
SIDES = ("first", "second", "both", "neither")
"""What may be said of two options."""
CHOICES = ("choose", "choose-several", "compare")
"""Kinds whose answer is labels."""
_BIGGEST = 10**9  # offsets and scores; far beyond any, and inside every integer type


def said_fields(kind: str, value: object) -> dict[str, object] | None:
    """Check the form of an answer, as far as it shows without the item.

    Args:
        kind: What an expert does on a card, one of `tasks.definition.ANSWERS`.
        value: A list of labels; text; a list of objects with start, end and quote; an
            object of scores by criterion; or a list of numbers of options, from 0.

    Returns:
        Fields of `Imported`; none where the form is another.
    """
    name, fits = _FORMS[kind]
    found = fits(value)
    return None if found is None else {name: found}


def nothing(kind: str) -> Json:
    """Give what `said_fields` takes for no answer."""
    if kind in ("correct", "write"):
        return ""
    return {} if kind == "rate" else []


def said_by(kind: str, one: Annotation) -> Json:
    """Give an annotation's answer in the form that `said_fields` takes."""
    if kind == "mark":
        return [
            {"start": span.start, "end": span.end, "quote": span.quote}
            for span in one.spans
        ]
    if kind == "rate":
        return dict(one.ratings)
    if kind == "rank":
        return list(one.ranking)
    return list(one.labels) if kind in CHOICES else one.text or ""


def _labels(value: object) -> tuple[str, ...] | None:
    is_list = isinstance(value, list)
    listed: list[object] = value if isinstance(value, list) else []
    names = tuple(one for one in listed if isinstance(one, str) and one.strip())
    return names if is_list and len(names) == len(listed) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _spans(value: object) -> tuple[Span, ...] | None:
    if not isinstance(value, list):
        return None
    found = [_span(one) for one in value]
    spans = tuple(one for one in found if one is not None)
    return spans if len(spans) == len(found) else None


def _span(one: object) -> Span | None:
    if not isinstance(one, Mapping):
        return None
    start, end = whole(one.get("start")), whole(one.get("end"))
    quote = one.get("quote")
    if start is None or end is None or not isinstance(quote, str):
        return None
    return Span(start=start, end=end, quote=quote)


def _ratings(value: object) -> tuple[tuple[str, int], ...] | None:
    if not isinstance(value, Mapping):
        return None
    scores = ((str(name), whole(score)) for name, score in value.items())
    found = tuple((name, score) for name, score in scores if score is not None)
    return found if len(found) == len(value) else None


def _ranking(value: object) -> tuple[int, ...] | None:
    if not isinstance(value, list):
        return None
    places = tuple(one for one in map(whole, value) if one is not None)
    return places if len(places) == len(value) else None


def whole(value: object) -> int | None:
    """Give a whole number that is one; true, 1.0, a text or one beyond is none."""
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if abs(value) < _BIGGEST else None


_FORMS: Mapping[str, tuple[str, Callable[[object], object]]] = MappingProxyType(
    {
        "choose": ("labels", _labels),
        "choose-several": ("labels", _labels),
        "compare": ("labels", _labels),
        "mark": ("spans", _spans),
        "rate": ("ratings", _ratings),
        "rank": ("ranking", _ranking),
        "correct": ("written", _text),
        "write": ("written", _text),
    }
)
"""For each kind the field of `Imported` that it is said in, and who reads it."""
