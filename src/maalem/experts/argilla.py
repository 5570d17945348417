# SPDX-License-Identifier: Apache-2.0
"""Argilla's records: nested as `Record.to_dict` gives them, or flat as in a dataset.

Offsets of spans are code points, as its server and its Python package count.
"""

from collections.abc import Iterator, Mapping, Sequence

from maalem.corpus import Refusal
from maalem.experts.argilla_parts import QUESTIONS, RATING, said_in, value_of
from maalem.experts.imported import Given, Imported
from maalem.experts.kept import (
    KEPT,
    Asked,
    asked_in,
    asks,
    keep,
    known,
    one_question,
    text_of,
    unanswered,
    user,
)
from maalem.experts.said import nothing
from maalem.records import Annotation, Json
from maalem.tasks import TaskDefinition

_END = ".responses"
_DISCARDED = "discarded in Argilla"
_Response = Mapping[str, object]


def answers(
    given: Given, place: str, row: Mapping[str, object]
) -> Iterator[Imported | Refusal]:
    """Read the responses to one record; suggestions are no answers.

    A discarded response is an answer that says nothing, a draft is none yet. Argilla
    has neither times nor seconds.
    """
    merged = asked_of(row)
    found = _nested(row) if "responses" in row else _flat(row)
    if isinstance(found, str):
        yield given.other_kind(place, found)
        return
    if not any(found.values()):
        yield unanswered(given, place)
        return
    responses = _responses(given, place, found)
    if isinstance(responses, Refusal):
        yield responses
        return
    for number, one in enumerate(responses, 1):
        yield _answer(given, f"{place}, response {number}", one=one, row=merged)


def asked_of(row: Mapping[str, object]) -> Mapping[str, object]:
    """Give a row with its fields and metadata beside its other keys."""
    parts = (row.get("metadata"), row.get("fields"))
    inner = [one for one in parts if isinstance(one, Mapping)]
    return {**row, **{key: value for one in inner for key, value in one.items()}}


def _responses(
    given: Given, place: str, found: Mapping[str, Sequence[_Response]]
) -> Sequence[_Response] | Refusal:
    """Give the responses to the task's question; of a rating, to all its questions."""
    if given.kind != "rate":
        question = one_question(given, place, list(found))
        return question if isinstance(question, Refusal) else found[question]
    names = [one.name for one in given.task.criteria] if given.task else []
    numbered = {f"{RATING}{number}": name for number, name in enumerate(names, 1)}
    columns = list(found.values())
    people = {tuple(str(one.get("user_id")) for one in column) for column in columns}
    if len(people) > 1:
        return given.other_kind(place, "criteria that different people answered")
    criteria = [numbered.get(name, name) for name in found]
    return [_together(criteria, several) for several in zip(*columns, strict=True)]


def _together(criteria: Sequence[str], several: Sequence[_Response]) -> _Response:
    """Make one response of one person's responses to all criteria."""
    values = [one.get("value") for one in several]
    is_given = any(value is not None for value in values)
    states = {one.get("status") for one in several} - {"submitted"}
    scores = dict(zip(criteria, values, strict=True)) if is_given else None
    others = {"status": states.pop()} if states else {}
    return {**several[0], **others, "value": scores}


def _nested(row: Mapping[str, object]) -> dict[str, list[_Response]] | str:
    responses = row["responses"]
    if not isinstance(responses, Mapping):
        return "responses are not listed by question"
    found: dict[str, list[_Response]] = {}
    for name, several in responses.items():
        if not isinstance(several, list):
            return f"the responses to {name!r} are no list"
        found[name] = [one if isinstance(one, Mapping) else {} for one in several]
    return found


def _flat(row: Mapping[str, object]) -> dict[str, list[_Response]] | str:
    """Put the columns of a question side by side again."""
    found: dict[str, list[_Response]] = {}
    for column in (key for key in row if key.endswith(_END)):
        name = column.removesuffix(_END)
        values = row[column] or []
        users = row.get(f"{column}.users") or []
        states = row.get(f"{column}.status") or []
        kept = row.get(f"{column}.{KEPT}") or []
        lists = [one for one in (values, users, states, kept) if isinstance(one, list)]
        if len(lists) < 4 or {len(one) for one in lists if one} - {len(lists[0])}:
            return f"the columns of {name!r} are not equally long"
        found[name] = [
            {
                key: column_values[n]
                for key, column_values in zip(
                    ("value", "user_id", "status", KEPT), lists, strict=True
                )
                if column_values
            }
            for n in range(len(lists[0]))
        ]
    return found


def _answer(
    given: Given, place: str, *, one: _Response, row: Mapping[str, object]
) -> Imported | Refusal:
    status, value = one.get("status"), one.get("value")
    if status == "draft":
        return given.refusal(place, "experts.unanswered", "it is a draft")
    is_discarded = status == "discarded"
    if not is_discarded and value is None:
        return unanswered(given, place)
    text = text_of(given, row)
    said = nothing(given.kind) if is_discarded else said_in(given, value, text=text)
    natural = {
        **asked_in(given, row),
        "annotator": user(one.get("user_id")),
        "reason": _DISCARDED if is_discarded else None,
    }
    return given.answer(place, text=text, said=said, known=known(natural, one))


def written(task: TaskDefinition, rows: Sequence[Asked]) -> Iterator[dict[str, Json]]:
    """Write flat records, the answers to one item side by side."""
    names = [QUESTIONS.get(task.answer, "")]
    if task.answer == "rate":
        names = [f"{RATING}{number}" for number, _ in enumerate(task.criteria, 1)]
    for one in rows:
        base = {"id": str(one.number)} | asks(one.item)
        for place, name in enumerate(names):
            base |= _columns(task, one.annotations, name=f"{name}{_END}", place=place)
        yield base


def _columns(
    task: TaskDefinition, given: Sequence[Annotation], *, name: str, place: int
) -> dict[str, Json]:
    """Write the four columns of a question; what is kept stands with the first."""
    values = [value_of(task, one, place=place) for one in given]
    kept: dict[str, Json] = {f"{name}.{KEPT}": [keep(one) for one in given]}
    return {
        name: values,
        f"{name}.users": [one.annotator for one in given],
        f"{name}.status": [
            "discarded" if value is None else "submitted" for value in values
        ],
        **({} if place else kept),
    }
