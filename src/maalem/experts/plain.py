# SPDX-License-Identifier: Apache-2.0
"""Our own layouts: a CSV row, or a JSON line, for each answer of each annotator."""

import difflib
import json
import re
from collections.abc import Iterator, Mapping, Sequence

from maalem.corpus import Refusal
from maalem.errors import DataError
from maalem.experts.imported import AnnotationMap, Given, Imported
from maalem.experts.kept import Asked, keep, text_of, unanswered
from maalem.records import Annotation, Item, Json

SCHEMA = "maalem.annotation/1"
COLUMNS = (
    *("text", "label", "annotator", "at", "seconds", "reason", "passage"),
    *("guideline", "suggestion_shown", "source"),
)
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
        yield given.answer(place, text=text, labels=labels, known=values)


def _known(given: Given, row: Mapping[str, object]) -> dict[str, object]:
    names = given.mapping
    return {
        "annotator": row.get(names.annotator),
        "at": row.get(names.at),
        "seconds": row.get(names.seconds),
        "reason": row.get(names.reason),
        "passage": row.get(names.passage),
        "guideline": row.get("guideline"),
        "suggestion_shown": row.get("suggestion_shown"),
        "source": row.get("source"),
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


def csv_written(asked: Sequence[Asked]) -> Iterator[dict[str, Json]]:
    """Write a row for each answer; a waiting item is a row without annotator."""
    for item, one in _pairs(asked):
        base: dict[str, Json] = {"text": item.text, "passage": item.passage}
        if one is not None:
            base["label"] = _label_cell(one.labels)
            base |= {key: _cell(value) for key, value in keep(one).items()}
        yield base


def _pairs(asked: Sequence[Asked]) -> Iterator[tuple[Item, Annotation | None]]:
    for one in asked:
        for annotation in one.annotations or (None,):
            yield one.item, annotation


def _cell(value: Json) -> str:
    return json.dumps(value) if isinstance(value, bool | float | int) else str(value)


def line_answers(
    given: Given, place: str, row: Mapping[str, object]
) -> Iterator[Imported | Refusal]:
    """Read the answer in a JSON line: `labels`, a list, or `label`, a name."""
    name = given.mapping.label
    found = [key for key in ("labels", name) if key in row]
    if not found:
        near = difflib.get_close_matches(name, list(row), n=1, cutoff=0.5)
        reason = f"there is no key {name!r} or 'labels'"
        reason += f"; did you mean {near[0]!r}?" if near else ""
        yield given.refusal(place, "experts.no-label", reason)
        return
    labels = row[found[0]]
    if isinstance(labels, str) or labels is None:
        labels = [labels] if labels else []
    values = _known(given, row)
    if labels == [] and values["annotator"] is None and values["reason"] is None:
        yield unanswered(given, place)
    else:
        text = text_of(given, row)
        yield given.answer(place, text=text, labels=labels, known=values)


def line_written(asked: Sequence[Asked]) -> Iterator[dict[str, Json]]:
    """Write a line for each answer; a waiting item is a line without annotator."""
    for item, one in _pairs(asked):
        base: dict[str, Json] = {"schema": SCHEMA, "text": item.text}
        base |= {"passage": item.passage, "labels": one.labels if one else []}
        yield base | keep(one) if one else base
