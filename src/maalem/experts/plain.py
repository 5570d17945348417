# SPDX-License-Identifier: Apache-2.0
"""Our own layouts: a CSV row, or a JSON line, for each answer of each annotator."""

import difflib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from maalem.corpus import Refusal
from maalem.errors import DataError
from maalem.experts.imported import AnnotationMap, Given, Imported
from maalem.experts.kept import Asked, asked_in, asks, keep, text_of, unanswered
from maalem.experts.said import CHOICES, nothing, said_by
from maalem.records import Annotation, Item, Json
from maalem.tasks import TaskDefinition

SCHEMA = "maalem.annotation/1"
COLUMNS = (
    *("text", "label", "annotator", "at", "seconds", "reason", "passage"),
    *("guideline", "suggestion_shown", "source", "outcome", "note", "key"),
)
CSV_KINDS = ("choose", "choose-several")
"""Kinds of answer that fit into a cell."""
SAID: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(CHOICES, "labels"),
        "mark": "spans",
        "rate": "ratings",
        "rank": "ranking",
        "correct": "written",
        "write": "written",
    }
)
"""For each kind of answer the key of a JSON line that holds it."""
_NUMBER = re.compile(r"\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
_FLAGS: Mapping[str, object] = {"true": True, "false": False}


def csv_answers(
    given: Given, place: str, row: Mapping[str, object]
) -> Iterator[Imported | Refusal]:
    """Read the answer in a row.

    A cell that begins with `["` is a JSON list of labels; an empty one means that none
    was chosen.

    Raises:
        DataError: The header lacks a column that is needed or mapped.
    """
    _refuse_missing(given, list(row))
    values = _known(given, row)
    seconds, shown = str(values["seconds"] or ""), str(values["suggestion_shown"] or "")
    if _NUMBER.fullmatch(seconds):
        values["seconds"] = float(seconds)
    values["suggestion_shown"] = _FLAGS.get(shown.lower(), shown)
    labels = _cell_labels(str(row[given.mapping.label]))
    if labels == [] and not values["annotator"] and not values["reason"]:
        yield unanswered(given, place)
    else:
        text = text_of(given, row)
        yield given.answer(place, text=text, said=labels, known=values)


def _known(given: Given, row: Mapping[str, object]) -> dict[str, object]:
    names = given.mapping
    ours = ("guideline", "suggestion_shown", "source", "outcome", "note", "key")
    return {
        **asked_in(given, row),
        "annotator": row.get(names.annotator),
        "at": row.get(names.at),
        "seconds": row.get(names.seconds),
        "reason": row.get(names.reason),
        **{key: row.get(key) for key in (*ours, "order_shown")},
    }


def _refuse_missing(given: Given, header: list[str]) -> None:
    names, usual = given.mapping, AnnotationMap()
    optional = ("annotator", "at", "seconds", "reason", "passage")
    asked = [getattr(names, key) for key in optional]
    mapped = [name for name in asked if name not in COLUMNS]
    has_passage = names.passage in header and names.text == usual.text
    text = () if has_passage else names.text
    for name in (*text, names.label, *mapped):
        if name not in header:
            near = difflib.get_close_matches(name, header, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]!r}?" if near else "map it to a column"
            if len(header) == 1 and any(mark in header[0] for mark in ";\t|,"):
                hint = "say what separates the columns, such as delimiter = ';'"
            raise DataError(
                f"{given.source} has no column {name!r}",
                why=f"columns: {', '.join(header[:20])}",
                hint=hint,
                code="experts.columns",
            )


def _cell_labels(cell: str) -> object:
    if not cell.startswith('["'):
        return [cell] if cell else []
    try:
        labels: object = json.loads(cell)
    except (ValueError, RecursionError):
        return cell
    return labels


def _label_cell(labels: Sequence[str]) -> str:
    if len(labels) == 1 and not labels[0].startswith('["'):
        return labels[0]
    return json.dumps(labels, ensure_ascii=False) if labels else ""


def csv_written(
    task: TaskDefinition,  # noqa: ARG001  # as every layout is told it
    rows: Sequence[Asked],
) -> Iterator[dict[str, Json]]:
    """Write a row for each answer; a waiting item is a row without annotator."""
    for item, one in _pairs(rows):
        base: dict[str, Json] = {"text": item.text, "passage": item.passage}
        if one is not None:
            base["label"] = _label_cell(one.labels)
            base |= {key: _cell(value) for key, value in keep(one).items()}
        yield base


def _pairs(rows: Sequence[Asked]) -> Iterator[tuple[Item, Annotation | None]]:
    for one in rows:
        for annotation in one.annotations or (None,):
            yield one.item, annotation


def _cell(value: Json) -> str:
    return json.dumps(value) if isinstance(value, bool | float | int) else str(value)


def line_answers(
    given: Given, place: str, row: Mapping[str, object]
) -> Iterator[Imported | Refusal]:
    """Read the answer in a JSON line: `labels`, a list, or `label`, a name.

    Other kinds stand under the key that `SAID` names.
    """
    name = given.mapping.label
    keys = ("labels", name) if SAID[given.kind] == "labels" else (SAID[given.kind],)
    found = [key for key in keys if key in row]
    if not found:
        near = difflib.get_close_matches(name, list(row), n=1, cutoff=0.5)
        reason = f"there is no key {' or '.join(map(repr, keys))}"
        reason += f"; did you mean {near[0]!r}?" if near else ""
        yield given.refusal(place, "experts.no-label", reason)
        return
    said = row[found[0]]
    if given.kind in CHOICES and isinstance(said, str):
        said = [said] if said else []
    said = nothing(given.kind) if said is None else said
    values = _known(given, row)
    is_silent = all(values[key] is None for key in ("annotator", "reason", "outcome"))
    if said == nothing(given.kind) and is_silent:
        yield unanswered(given, place)
    else:
        text = text_of(given, row)
        yield given.answer(place, text=text, said=said, known=values)


def line_written(
    task: TaskDefinition, rows: Sequence[Asked]
) -> Iterator[dict[str, Json]]:
    """Write a line for each answer; a waiting item is a line without annotator."""
    key = SAID[task.answer]
    for item, one in _pairs(rows):
        base: dict[str, Json] = {"schema": SCHEMA, **asks(item)}
        base[key] = said_by(task.answer, one) if one else nothing(task.answer)
        yield base | keep(one) if one else base
