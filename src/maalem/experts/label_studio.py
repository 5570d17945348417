# SPDX-License-Identifier: Apache-2.0
"""Label Studio's exports: tasks with their annotations (JSON), and flat (JSON-MIN)."""

from collections.abc import Iterator, Mapping, Sequence

from maalem.corpus import Refusal
from maalem.experts import label_studio_parts
from maalem.experts.imported import Given, Imported
from maalem.experts.kept import (
    KEPT,
    OPTION,
    Asked,
    asked_in,
    asks,
    asks_keys,
    keep,
    known,
    one_question,
    text_of,
    unanswered,
    user,
)
from maalem.experts.label_studio_results import results
from maalem.experts.said import CHOICES, nothing
from maalem.records import Annotation, Item, Json
from maalem.tasks import TaskDefinition

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

    A cancelled annotation says nothing. Where annotations hold several questions, the
    mapped one is taken. An answer to something else than the task asks is a refusal.
    Times are in `created_at`, seconds in `lead_time`.
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
            yield given.other_kind(where, repr(one)[:40])


def _answer(
    given: Given, place: str, *, data: Mapping[str, object], one: Mapping[str, object]
) -> Imported | Refusal:
    is_cancelled = one.get("was_cancelled") is True or one.get("skipped") is True
    found: object = nothing(given.kind)
    if not is_cancelled:
        found = label_studio_parts.said(
            given, place, result=one.get("result"), data=data
        )
    if isinstance(found, Refusal):
        return found
    why = _SKIPPED if is_cancelled else _NOTHING
    natural = {
        **asked_in(given, _flat_options(data)),
        "annotator": None if KEPT in one else user(one.get("completed_by")),
        "at": one.get("created_at"),
        "seconds": one.get("lead_time"),
        "reason": None if found else why,
    }
    text = text_of(given, data)
    return given.answer(place, text=text, said=found, known=known(natural, one))


def _flat_options(data: Mapping[str, object]) -> Mapping[str, object]:
    """Give the texts of a list that was ranked the names that options have."""
    listed = data.get("options")
    rows = listed if isinstance(listed, list) else []
    texts = [one.get("body") for one in rows if isinstance(one, Mapping)]
    named = {f"{OPTION}{number}": text for number, text in enumerate(texts, 1)}
    return {**data, **named}


def _flat(given: Given, place: str, row: Mapping[str, object]) -> Imported | Refusal:
    if given.kind not in CHOICES[:2]:
        return given.other_kind(place, "a row of JSON-MIN")
    own = asks_keys(row) if asked_in(given, row)["item"] else ()
    known_keys = {*_FLAT_KEYS, *given.mapping.text, given.mapping.passage, *own}
    names = [key for key in row if key not in known_keys]
    question = one_question(given, place, names)
    if isinstance(question, Refusal):
        return question
    value = row[question]
    labels = value.get("choices") if isinstance(value, Mapping) else value
    natural = {
        **asked_in(given, row),
        "annotator": user(row.get("annotator")),
        "at": row.get("created_at"),
        "seconds": row.get("lead_time"),
        "reason": None if labels else _NOTHING,
    }
    named = [labels] if isinstance(labels, str) and labels else labels
    text = text_of(given, row)
    return given.answer(place, text=text, said=named or [], known=natural)


def asked_of(row: Mapping[str, object]) -> Mapping[str, object]:
    """Give the part of a row that says what is asked."""
    data = row.get("data")
    return _flat_options(data) if isinstance(data, Mapping) else row


def written(task: TaskDefinition, rows: Sequence[Asked]) -> Iterator[dict[str, Json]]:
    """Write tasks with their annotations.

    Label Studio knows its users by number: annotators are numbered in the order in
    which they appear, and named in `maalem`.
    """
    users: dict[str, int] = {}
    for one in rows:
        yield {
            "id": one.number,
            "data": _data(task, one.item),
            "annotations": [
                _written(
                    task, answer, users.setdefault(answer.annotator, len(users) + 1)
                )
                for answer in one.annotations
            ],
            "predictions": [],
        }


def _data(task: TaskDefinition, item: Item) -> dict[str, Json]:
    """Write what is asked; what is ranked as the list that a ranker takes."""
    if task.answer != "rank":
        return asks(item)
    listed: Json = [
        {"id": f"{OPTION}{number}", "title": str(number), "body": text}
        for number, text in enumerate(item.options, 1)
    ]
    return {**asks(item), "options": listed}


def _written(
    task: TaskDefinition, one: Annotation, completed_by: int
) -> dict[str, Json]:
    found = results(task, one)
    times = {"created_at": one.at} if one.at else {}
    return {
        "completed_by": completed_by,
        "was_cancelled": not found,
        **times,
        "lead_time": one.seconds,
        "result": found,
        KEPT: keep(one),
    }
