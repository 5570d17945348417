# SPDX-License-Identifier: Apache-2.0
"""doccano's JSON lines: a text with what one person answered, or nobody yet.

Offsets of spans are UTF-16 units, as its pages count (its issue 2290, "Sequence labels
are TypeScript/JavaScript-style"), unless a project counts grapheme clusters.
"""

import json
from collections.abc import Iterator, Mapping, Sequence

from maalem.corpus import Refusal
from maalem.experts.imported import Given, Imported
from maalem.experts.kept import (
    KEPT,
    Asked,
    asked_in,
    asks,
    keep,
    known,
    span_in,
    text_of,
    unanswered,
    user,
)
from maalem.experts.offsets import code_point_of, utf16_of
from maalem.experts.said import MARK, whole
from maalem.records import Annotation, Item, Json
from maalem.tasks import TaskDefinition

KINDS = ("choose", "choose-several", "mark", "correct", "write")
"""Kinds of answer that doccano has a form for."""


def answers(
    given: Given, place: str, row: Mapping[str, object]
) -> Iterator[Imported | Refusal]:
    """Read the answer in a line.

    doccano writes one file for each person, or one for all: who answered is read from
    `annotator`, `user` or `username`, and not known otherwise. Comments become the
    note. An empty list is an answer only where somebody is named.
    """
    labels = next((row[key] for key in ("cats", "label", "labels") if key in row), None)
    if labels is None:
        is_spans = "entities" in row or "relations" in row
        yield given.other_kind(place, "entities" if is_spans else "no key 'label'")
        return
    names = (row.get(key) for key in ("annotator", "user", "username"))
    annotator = next((user(one) for one in names if one is not None), None)
    if labels == [] and annotator is None:
        yield unanswered(given, place)
        return
    said = _said(given, labels, text=text_of(given, row))
    note = _note(row.get("Comments", row.get("comments")))
    natural = {
        **asked_in(given, row),
        "annotator": annotator,
        "reason": note or (None if said else "no label chosen in doccano"),
    }
    text = text_of(given, row)
    yield given.answer(place, text=text, said=said, known=known(natural, row))


def _said(given: Given, labels: object, *, text: str) -> object:
    """Give the answer that a list of labels is; what is none fits no form."""
    listed = [labels] if isinstance(labels, str) else labels
    if not isinstance(listed, list):
        return listed
    if given.kind == "mark":
        return [_span(one, text) for one in listed]
    if given.kind in ("correct", "write"):
        return listed[0] if len(listed) == 1 else listed or ""
    return listed


def _span(one: object, text: str) -> object:
    """Turn what doccano says of a span into code points; another label is no answer."""
    if not isinstance(one, list) or len(one) != 3 or one[2] != MARK:
        return one
    ends = [whole(units) for units in one[:2]]
    places = [None if units is None else code_point_of(text, units) for units in ends]
    return span_in(text, *places)


def _note(comments: object) -> object:
    if isinstance(comments, list):
        return "\n".join(one for one in comments if isinstance(one, str)) or None
    return comments


def written(task: TaskDefinition, rows: Sequence[Asked]) -> Iterator[dict[str, Json]]:
    """Write a line for each answer; a waiting item is a line that names nobody."""
    for one in rows:
        base = asks(one.item)
        for answer in one.annotations:
            yield base | _written(task, one.item, answer)
        if not one.annotations:
            yield base | {"label": [], "Comments": []}


def _written(task: TaskDefinition, item: Item, one: Annotation) -> dict[str, Json]:
    labels: Json = one.labels
    if task.answer == "mark":
        labels = [
            [utf16_of(item.text, span.start), utf16_of(item.text, span.end), MARK]
            for span in one.spans
        ]
    elif one.text is not None:
        labels = [one.text]
    return {
        "label": labels,
        "Comments": [one.reason] if one.reason else [],
        "annotator": one.annotator,
        KEPT: keep(one),
    }


def config(task: TaskDefinition) -> str:
    """Write the labels as doccano's page of labels imports them."""
    names = (MARK,) if task.answer == "mark" else task.label_names
    labels = [{"text": name} for name in names]
    return json.dumps(labels, ensure_ascii=False, indent=1) + "\n"
