# SPDX-License-Identifier: Apache-2.0
"""doccano's JSON lines: a text with the labels that one person chose, or nobody yet."""

from collections.abc import Iterator, Mapping, Sequence

from maalem.corpus import Refusal
from maalem.experts.imported import Given, Imported
from maalem.experts.kept import (
    KEPT,
    Asked,
    keep,
    known,
    not_a_choice,
    text_of,
    unanswered,
    user,
)
from maalem.records import Annotation, Json


def answers(
    given: Given, place: str, row: Mapping[str, object]
) -> Iterator[Imported | Refusal]:
    """Read the answer in a line.

    doccano writes one file for each person, or one for all: who answered is read from
    `annotator`, `user` or `username`, and not known otherwise. Comments become the
    note. An empty list is an answer only where somebody is named. Spans are refusals.
    """
    labels = next((row[key] for key in ("cats", "label", "labels") if key in row), None)
    if labels is None:
        is_spans = "entities" in row or "relations" in row
        yield not_a_choice(given, place, "entities" if is_spans else "no key 'label'")
        return
    if isinstance(labels, list) and any(isinstance(one, list) for one in labels):
        yield not_a_choice(given, place, "spans")
        return
    names = (row.get(key) for key in ("annotator", "user", "username"))
    annotator = next((user(one) for one in names if one is not None), None)
    if labels == [] and annotator is None:
        yield unanswered(given, place)
        return
    note = _note(row.get("Comments", row.get("comments")))
    natural = {
        "passage": row.get(given.mapping.passage),
        "annotator": annotator,
        "reason": note or (None if labels else "no label chosen in doccano"),
    }
    named = [labels] if isinstance(labels, str) else labels
    text = text_of(given, row)
    yield given.answer(place, text=text, labels=named, known=known(natural, row))


def _note(comments: object) -> object:
    if isinstance(comments, list):
        return "\n".join(one for one in comments if isinstance(one, str)) or None
    return comments


def written(asked: Sequence[Asked]) -> Iterator[dict[str, Json]]:
    """Write a line for each answer; a waiting item is a line that names nobody."""
    for one in asked:
        item = one.item
        base: dict[str, Json] = {"text": item.text, "passage": item.passage}
        for answer in one.annotations:
            yield base | _written(answer)
        if not one.annotations:
            yield base | {"label": [], "Comments": []}


def _written(one: Annotation) -> dict[str, Json]:
    return {
        "label": one.labels,
        "Comments": [one.reason] if one.reason else [],
        "annotator": one.annotator,
        KEPT: keep(one),
    }
