# SPDX-License-Identifier: Apache-2.0
"""Prodigy's JSON lines: options, spans or a text field, and what was accepted.

Offsets of spans are code points, as spaCy counts characters.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

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
from maalem.experts.said import CHOICES, MARK, SIDES, nothing
from maalem.records import Annotation, Item, Json
from maalem.tasks import TaskDefinition

KINDS = (*CHOICES, "mark", "correct", "write")
"""Kinds of answer that Prodigy has a form for."""
_FIELD = "user_input"  # where its `text_input` puts what is written, unless told
_LAST_TIME = 253402300799  # the end of the year 9999


def answers(
    given: Given, place: str, row: Mapping[str, object]
) -> Iterator[Imported | Refusal]:
    """Read the answer in a line.

    `ignore`, a rejected question and an empty choice are answers that say nothing. To
    reject one label does not say which is right: a refusal.
    """
    answer = row.get("answer")
    if answer is None:
        yield unanswered(given, place)
        return
    said = _said(given, row)
    if answer not in ("accept", "reject", "ignore"):
        yield given.other_kind(place, f"answer {answer!r}"[:60])
    elif isinstance(said, _Other):
        yield given.other_kind(place, said)
    elif answer == "reject" and "accept" not in row and given.kind in CHOICES:
        yield given.other_kind(place, f"rejecting {said!r} names no other"[:80])
    else:
        accepted = said if answer == "accept" else nothing(given.kind)
        why = {"accept": "no option chosen", "reject": "rejected", "ignore": "ignored"}
        natural = {
            **asked_in(given, row),
            "annotator": user(row.get("_annotator_id", row.get("_session_id"))),
            "at": _time(row.get("_timestamp")),
            "reason": None if accepted else f"{why[str(answer)]} in Prodigy",
        }
        values = known(natural, row)
        text = text_of(given, row)
        yield given.answer(place, text=text, said=accepted, known=values)


class _Other(str):
    """What a line holds instead of an answer of the task's kind."""

    __slots__ = ()


def _said(given: Given, row: Mapping[str, object]) -> object:
    """Give what the line says, or what it holds instead."""
    is_ignored = row.get("answer") == "ignore"
    if given.kind == "mark":
        spans = row.get("spans", [])
        text = text_of(given, row)
        return [_span(one, text) for one in spans] if isinstance(spans, list) else spans
    if given.kind in ("correct", "write"):
        return row.get(_FIELD, "" if is_ignored else _Other(f"no {_FIELD}"))
    if given.kind in CHOICES:
        return _labels(row)
    return _Other("options")


def _span(one: object, text: str) -> object:
    if not isinstance(one, Mapping) or one.get("label") != MARK:
        return one
    return span_in(text, one.get("start"), one.get("end"))


def _labels(row: Mapping[str, object]) -> list[object] | _Other:
    """Give the accepted labels, or say what the line holds instead."""
    accepted, label = row.get("accept"), row.get("label")
    if isinstance(accepted, list):
        texts = _option_texts(row.get("options"))
        return [texts.get(str(one), one) for one in accepted]
    if isinstance(label, str) and label:
        return [label]
    if row.get("answer") == "ignore":
        return []
    spans = row.get("spans") or row.get("relations")
    return _Other("spans" if spans else "neither accept nor label")


def _option_texts(options: object) -> dict[str, object]:
    """Give the texts of options that are known by a number only."""
    listed = options if isinstance(options, list) else []
    pairs = [(one.get("id"), one.get("text")) for one in listed if _is_object(one)]
    return {
        str(key): text
        for key, text in pairs
        if isinstance(text, str) and str(key).isdecimal()
    }


def _is_object(value: object) -> bool:
    return isinstance(value, Mapping)


def _time(seconds: object) -> object:
    is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
    if not is_number or not 0 <= float(str(seconds)) <= _LAST_TIME:
        return seconds
    return datetime.fromtimestamp(float(str(seconds)), tz=UTC).isoformat()


def written(task: TaskDefinition, rows: Sequence[Asked]) -> Iterator[dict[str, Json]]:
    """Write a line for each answer; a waiting item is a line without `answer`."""
    seen = [one for row in rows for answer in row.annotations for one in answer.labels]
    labels = list(dict.fromkeys([*task.label_names, *seen]))
    for one in rows:
        base = asks(one.item) | _shown(task, one.item, labels=labels)
        for answer in one.annotations:
            yield base | _written(task, answer)
        if not one.annotations:
            yield base


def _shown(
    task: TaskDefinition, item: Item, *, labels: Sequence[str]
) -> dict[str, Json]:
    """Write what its interface needs: its view, and the options of a choice."""
    meta: Json = {"question": item.question} if item.question else {}
    base: dict[str, Json] = {"meta": meta, "_view_id": _view(task)}
    if task.answer in ("choose", "choose-several"):
        return base | {"options": [{"id": label, "text": label} for label in labels]}
    if task.answer == "compare":
        texts = [*item.options, *SIDES[2:]]
        pairs = zip(SIDES, texts, strict=True)
        return base | {"options": [{"id": side, "text": text} for side, text in pairs]}
    if task.answer == "correct":
        return base | {_FIELD: item.draft}
    return base


def _written(task: TaskDefinition, one: Annotation) -> dict[str, Json]:
    moment = datetime.fromisoformat(one.at) if one.at else None
    is_placed = moment is not None and moment.tzinfo is not None
    stamp = {"_timestamp": int(moment.timestamp())} if moment and is_placed else {}
    said: dict[str, Json] = {"accept": one.labels}
    if task.answer == "mark":
        said = {
            "spans": [
                {"start": span.start, "end": span.end, "label": MARK}
                for span in one.spans
            ]
        }
    elif task.answer in ("correct", "write"):
        said = {_FIELD: one.text or ""}
    return {
        **said,
        "answer": "accept" if any(said.values()) else "ignore",
        "_annotator_id": one.annotator,
        **stamp,
        KEPT: keep(one),
    }


def _view(task: TaskDefinition) -> str:
    if task.answer in CHOICES:
        return "choice"
    return "spans_manual" if task.answer == "mark" else "blocks"


def config(task: TaskDefinition) -> str:
    """Write what a recipe returns beside its stream: the view, and its settings."""
    how: dict[str, Json] = {}
    if task.answer in CHOICES:
        how = {"choice_style": "multiple" if task.answer == CHOICES[1] else "single"}
    elif task.answer == "mark":
        how = {"labels": [MARK]}
    else:
        field: Json = {"view_id": "text_input", "field_id": _FIELD, "field_rows": 5}
        how = {"blocks": [{"view_id": "text"}, field]}
    made = {"view_id": _view(task), "config": how}
    return json.dumps(made, ensure_ascii=False, indent=1) + "\n"
