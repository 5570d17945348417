# SPDX-License-Identifier: Apache-2.0
"""How an adjudicator's form becomes a settled answer, for each kind of answer."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import groupby
from types import MappingProxyType
from typing import Any, TypeAlias

from maalem.errors import DataError
from maalem.experts.answer_parts import read_part
from maalem.experts.disputes import Dispute, Opinion
from maalem.records import Item, Span
from maalem.tasks import TaskDefinition

Form: TypeAlias = Mapping[str, str]
Own: TypeAlias = Callable[[Form, TaskDefinition, Item], object]

_MARK = re.compile(r"span\.(\d{1,9})\.(\d{1,9})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a person decided about an item.

    Attributes:
        labels: The settled labels.
        text: The settled text, where the answer is one.
        spans: The settled spans, where the answer is some.
        ratings: Pairs of criterion and settled score.
        ranking: Numbers of the item's options from 0, the best first.
        is_unclear: Whether the guideline must be mended first.
    """

    labels: tuple[str, ...] = ()
    text: str | None = None
    spans: tuple[Span, ...] = ()
    ratings: tuple[tuple[str, int], ...] = ()
    ranking: tuple[int, ...] = ()
    is_unclear: bool = False

    @property
    def fields(self) -> dict[str, Any]:
        """What an adjudication says of it."""
        return {
            "labels": self.labels,
            "text": self.text,
            "spans": self.spans,
            "ratings": self.ratings,
            "ranking": self.ranking,
            "is_guideline_unclear": self.is_unclear,
        }


def decision_of(
    form: Mapping[str, str], dispute: Dispute, *, task: TaskDefinition, item: Item
) -> Decision | None:
    """Read a decision from its form; none where nothing that may be was chosen.

    What an adjudicator says in their own words is held to the same rules as what an
    expert answers on a card.

    Args:
        form: The fields: `choice`, and those of the kind of answer.
        dispute: What is settled.
        task: The task.
        item: The item.
    """
    choice, _, value = form.get("choice", "").partition(":")
    if choice == "unclear":
        return Decision(is_unclear=True)
    if choice == "opinion":
        return _taken(dispute.opinions, value)
    given = {**form, "value": value}
    own = _OWN.get(task.answer, {}).get(choice)
    return None if own is None else _said(own, given, task=task, item=item)


def _said(
    own: Own, given: Form, *, task: TaskDefinition, item: Item
) -> Decision | None:
    """Read what an adjudicator says in their own words; none where it is not whole."""
    order = range(len(item.options))
    try:
        part = read_part(own(given, task, item), task=task, item=item, order=order)
    except (DataError, ValueError):
        return None
    return Decision(**part)


def marks_of(dispute: Dispute) -> list[Span]:
    """Give every part of a text that somebody marked, once, in its order."""
    every = {one for opinion in dispute.opinions for one in opinion.spans}
    return sorted(every, key=lambda one: (one.start, one.end))


def pieces_of(text: str, marks: list[Span]) -> list[tuple[str, bool]]:
    """Cut a text into parts that somebody marked and parts that nobody did.

    Examples:
        >>> pieces_of("oil leak", [Span(start=4, end=8, quote="leak")])
        [('oil ', False), ('leak', True)]
    """
    marked = {place for one in marks for place in range(one.start, one.end)}
    parts = groupby(range(len(text)), key=marked.__contains__)
    return [("".join(text[n] for n in part), which) for which, part in parts]


def _taken(opinions: tuple[Opinion, ...], number: str) -> Decision | None:
    """Take an opinion as it is; that somebody does not know settles nothing."""
    if not number.isdecimal() or int(number) >= len(opinions):
        return None
    taken = opinions[int(number)]
    if taken.outcome is not None:
        return None
    return Decision(
        labels=taken.labels,
        text=taken.text,
        spans=taken.spans,
        ratings=taken.ratings,
        ranking=taken.ranking,
    )


def _label(form: Form, task: TaskDefinition, item: Item) -> object:  # noqa: ARG001  # see _OWN
    return (form["value"],)


def _labels(form: Form, task: TaskDefinition, item: Item) -> object:  # noqa: ARG001  # see _OWN
    return tuple(form.get("labels", "").splitlines())


def _text(form: Form, task: TaskDefinition, item: Item) -> object:  # noqa: ARG001  # see _OWN
    return form.get("text", "")


def _scores(form: Form, task: TaskDefinition, item: Item) -> object:  # noqa: ARG001  # see _OWN
    return {
        one.name: int(form.get(f"score.{number}", ""))
        for number, one in enumerate(task.criteria, 1)
    }


def _order(form: Form, task: TaskDefinition, item: Item) -> object:  # noqa: ARG001  # see _OWN
    return tuple(
        int(form.get(f"place.{number}", ""))
        for number in range(1, len(item.options) + 1)
    )


def _marks(form: Form, task: TaskDefinition, item: Item) -> object:  # noqa: ARG001  # see _OWN
    """Give the marks that were ticked, and those whose words were written down.

    Words that stand in the text several times mean the first place that is free, so
    that writing them twice marks two places.
    """
    ticked = [_MARK.fullmatch(key) for key in form]
    places = [(int(one[1]), int(one[2])) for one in ticked if one is not None]
    for line in form.get("quotes", "").splitlines():
        quote = line.strip()
        if quote:
            places.append(_find_free(quote, item.text, places))
    return tuple(
        Span(start=start, end=end, quote=item.text[start:end]) for start, end in places
    )


def _find_free(quote: str, text: str, taken: list[tuple[int, int]]) -> tuple[int, int]:
    begin = text.index(quote)
    while any(start < begin + len(quote) and begin < end for start, end in taken):
        begin = text.index(quote, begin + 1)
    return begin, begin + len(quote)


_OWN: Mapping[str, Mapping[str, Own]] = MappingProxyType(
    {
        "choose": {"label": _label},
        "choose-several": {"labels": _labels},
        "compare": {"label": _label},
        "mark": {"marks": _marks},
        "rate": {"scores": _scores},
        "rank": {"order": _order},
        "correct": {"text": _text},
        "write": {"text": _text},
    }
)
"""For each kind of answer the choices that are no opinion, and who reads them; one that
is not whole is a `ValueError`."""
