# SPDX-License-Identifier: Apache-2.0
"""Label Studio's exports: tasks with their annotations (JSON), and flat (JSON-MIN)."""

from collections.abc import Iterator, Mapping, Sequence

from maalem.corpus import Refusal
from maalem.experts.imported import Given, Imported
from maalem.experts.kept import (
    KEPT,
    Asked,
    keep,
    known,
    not_a_choice,
    one_question,
    text_of,
    unanswered,
    user,
)
from maalem.records import Annotation, Json

_FLAT_KEYS = {
    *("id", "annotator", "annotation_id", "created_at", "updated_at", "lead_time"),
    *("agreement", "ground_truth", "inner_id", "project"),
}
_SKIPPED = "skipped in Label Studio"
_NOTHING = "submitted without a choice in Label Studio"


def answers(
    given: Given, place: str, row: Mapping[str, object]
) -> Iterator[Imported | Refusal]:
    """Read the answers to one task; predictions of models are no answers.

    A cancelled annotation is an answer without labels. Where annotations hold several
    questions, the mapped one is taken. Anything but choices on the whole text is a
    refusal. Times are in `created_at`, seconds in `lead_time`.
    """
    data = row.get("data")
    if not isinstance(data, Mapping):
        yield _flat(given, place, row)
        return
    given_answers = row.get("annotations", row.get("completions"))
    if not isinstance(given_answers, list) or not given_answers:
        yield unanswered(given, place)
        return
    for number, one in enumerate(given_answers, 1):
        where = f"{place}, annotation {number}"
        if isinstance(one, Mapping):
            yield _answer(given, where, data=data, one=one)
        else:
            yield not_a_choice(given, where, repr(one)[:40])


def _answer(
    given: Given, place: str, *, data: Mapping[str, object], one: Mapping[str, object]
) -> Imported | Refusal:
    is_cancelled = one.get("was_cancelled") is True or one.get("skipped") is True
    labels = [] if is_cancelled else _labels(given, place, one.get("result"))
    if isinstance(labels, Refusal):
        return labels
    why = _SKIPPED if is_cancelled else _NOTHING
    natural = {
        "passage": data.get(given.mapping.passage),
        "annotator": None if KEPT in one else user(one.get("completed_by")),
        "at": one.get("created_at"),
        "seconds": one.get("lead_time"),
        "reason": None if labels else why,
    }
    text = text_of(given, data)
    return given.answer(place, text=text, labels=labels, known=known(natural, one))


def _labels(given: Given, place: str, result: object) -> list[object] | Refusal:
    """Find the choices that a result holds for one question on the whole text."""
    listed = result if isinstance(result, list) else []
    parts = [one for one in listed if isinstance(one, Mapping)]
    choices = [one for one in parts if _is_choice(one)]
    if not choices:
        kinds = sorted({str(one.get("type"))[:40] for one in parts})
        return not_a_choice(given, place, ", ".join(kinds)) if parts else []
    names = list(dict.fromkeys(str(one.get("from_name")) for one in choices))
    question = one_question(given, place, names)
    if isinstance(question, Refusal):
        return question
    values = [one["value"] for one in choices if str(one.get("from_name")) == question]
    return [label for value in values for label in value["choices"]]


def _is_choice(one: Mapping[str, object]) -> bool:
    value = one.get("value")
    return (
        one.get("type") == "choices"
        and isinstance(value, Mapping)
        and isinstance(value.get("choices"), list)
        and "start" not in value
    )


def _flat(given: Given, place: str, row: Mapping[str, object]) -> Imported | Refusal:
    names = [
        key
        for key in row
        if key not in {*_FLAT_KEYS, *given.mapping.text, given.mapping.passage}
    ]
    question = one_question(given, place, names)
    if isinstance(question, Refusal):
        return question
    value = row[question]
    labels = value.get("choices") if isinstance(value, Mapping) else value
    natural = {
        "passage": row.get(given.mapping.passage),
        "annotator": user(row.get("annotator")),
        "at": row.get("created_at"),
        "seconds": row.get("lead_time"),
        "reason": None if labels else _NOTHING,
    }
    named = [labels] if isinstance(labels, str) and labels else labels
    text = text_of(given, row)
    return given.answer(place, text=text, labels=named or [], known=natural)


def written(asked: Sequence[Asked]) -> Iterator[dict[str, Json]]:
    """Write tasks with their annotations.

    Label Studio knows its users by number: annotators are numbered in the order in
    which they appear, and named in `maalem`.
    """
    users: dict[str, int] = {}
    for one in asked:
        item = one.item
        yield {
            "id": one.number,
            "data": {"text": item.text, "passage": item.passage},
            "annotations": [
                _written(answer, users.setdefault(answer.annotator, len(users) + 1))
                for answer in one.annotations
            ],
            "predictions": [],
        }


def _written(one: Annotation, completed_by: int) -> dict[str, Json]:
    choice: Json = {
        "id": one.id.removeprefix("sha256:")[:10],
        "from_name": "label",
        "to_name": "text",
        "type": "choices",
        "origin": "manual",
        "value": {"choices": one.labels},
    }
    times = {"created_at": one.at} if one.at else {}
    return {
        "completed_by": completed_by,
        "was_cancelled": not one.labels,
        **times,
        "lead_time": one.seconds,
        "result": [choice] if one.labels else [],
        KEPT: keep(one),
    }
