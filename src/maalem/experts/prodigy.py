# SPDX-License-Identifier: Apache-2.0
"""Prodigy's JSON lines: choices among options, or one label accepted or rejected."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

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

_LAST_TIME = 253402300799  # the end of the year 9999


def answers(
    given: Given, place: str, row: Mapping[str, object]
) -> Iterator[Imported | Refusal]:
    """Read the answer in a line.

    `ignore`, a rejected question and an empty choice are answers without labels. To
    reject one label does not say which is right: a refusal. Spans are refusals too.
    """
    answer = row.get("answer")
    if answer is None:
        yield unanswered(given, place)
        return
    labels = _labels(row)
    if answer not in ("accept", "reject", "ignore"):
        yield not_a_choice(given, place, f"answer {answer!r}"[:60])
    elif isinstance(labels, str):
        yield not_a_choice(given, place, labels)
    elif answer == "reject" and "accept" not in row:
        yield not_a_choice(given, place, f"rejecting {labels[0]!r} names no other"[:80])
    else:
        accepted = labels if answer == "accept" else []
        why = {"accept": "no option chosen", "reject": "rejected", "ignore": "ignored"}
        natural = {
            "passage": row.get(given.mapping.passage),
            "annotator": user(row.get("_annotator_id", row.get("_session_id"))),
            "at": _time(row.get("_timestamp")),
            "reason": None if accepted else f"{why[str(answer)]} in Prodigy",
        }
        values = known(natural, row)
        text = text_of(given, row)
        yield given.answer(place, text=text, labels=accepted, known=values)


def _labels(row: Mapping[str, object]) -> list[object] | str:
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
    return "spans" if spans else "neither accept nor label"


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


def written(asked: Sequence[Asked]) -> Iterator[dict[str, Json]]:
    """Write a line for each answer; a waiting item is a line without `answer`."""
    answers_given = [answer for one in asked for answer in one.annotations]
    seen = dict.fromkeys(label for one in answers_given for label in one.labels)
    options: Json = [{"id": label, "text": label} for label in seen]
    for one in asked:
        item = one.item
        base: dict[str, Json] = {"text": item.text, "passage": item.passage}
        base |= {"options": options}
        for answer in one.annotations:
            yield base | _written(answer)
        if not one.annotations:
            yield base


def _written(one: Annotation) -> dict[str, Json]:
    moment = datetime.fromisoformat(one.at) if one.at else None
    is_placed = moment is not None and moment.tzinfo is not None
    stamp = {"_timestamp": int(moment.timestamp())} if moment and is_placed else {}
    return {
        "accept": one.labels,
        "answer": "accept" if one.labels else "ignore",
        "_annotator_id": one.annotator,
        **stamp,
        KEPT: keep(one),
    }
