# SPDX-License-Identifier: Apache-2.0
"""Argilla's records: nested as `Record.to_dict` gives them, or flat as in a dataset."""

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
from maalem.records import Json

_QUESTION = "label"
_END = ".responses"
_DISCARDED = "discarded in Argilla"


def answers(
    given: Given, place: str, row: Mapping[str, object]
) -> Iterator[Imported | Refusal]:
    """Read the responses to one record; suggestions are no answers.

    A discarded response is an answer without labels, a draft is none yet. Ratings,
    rankings, spans are refusals. Argilla has neither times nor seconds.
    """
    fields, metadata = row.get("fields"), row.get("metadata")
    parts = [one for one in (metadata, fields) if isinstance(one, Mapping)]
    merged = {**row, **{key: value for one in parts for key, value in one.items()}}
    found = _nested(row) if "responses" in row else _flat(row)
    if isinstance(found, str):
        yield not_a_choice(given, place, found)
        return
    if not any(found.values()):
        yield unanswered(given, place)
        return
    question = one_question(given, place, list(found))
    if isinstance(question, Refusal):
        yield question
        return
    for number, one in enumerate(found[question], 1):
        yield _answer(given, f"{place}, response {number}", one=one, row=merged)


def _nested(row: Mapping[str, object]) -> dict[str, list[Mapping[str, object]]] | str:
    responses = row["responses"]
    if not isinstance(responses, Mapping):
        return "responses are not listed by question"
    found: dict[str, list[Mapping[str, object]]] = {}
    for name, several in responses.items():
        if not isinstance(several, list):
            return f"the responses to {name!r} are no list"
        found[name] = [one if isinstance(one, Mapping) else {} for one in several]
    return found


def _flat(row: Mapping[str, object]) -> dict[str, list[Mapping[str, object]]] | str:
    """Put the columns of a question side by side again."""
    found: dict[str, list[Mapping[str, object]]] = {}
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
    given: Given, place: str, *, one: Mapping[str, object], row: Mapping[str, object]
) -> Imported | Refusal:
    status, value = one.get("status"), one.get("value")
    if status == "draft":
        return given.refusal(place, "experts.unanswered", "it is a draft")
    labels = [value] if isinstance(value, str) else value
    is_discarded = status == "discarded"
    if not is_discarded and labels is None:
        return unanswered(given, place)
    natural = {
        "passage": row.get(given.mapping.passage),
        "annotator": user(one.get("user_id")),
        "reason": _DISCARDED if is_discarded else None,
    }
    return given.answer(
        place,
        text=text_of(given, row),
        labels=[] if is_discarded else labels,
        known=known(natural, one),
    )


def written(asked: Sequence[Asked]) -> Iterator[dict[str, Json]]:
    """Write flat records, the answers to one item side by side."""
    column = f"{_QUESTION}{_END}"
    for one in asked:
        given = one.annotations
        yield {
            "id": str(one.number),
            "text": one.item.text,
            "passage": one.item.passage,
            column: [_value(each.labels) for each in given],
            f"{column}.users": [each.annotator for each in given],
            f"{column}.status": [
                "submitted" if each.labels else "discarded" for each in given
            ],
            f"{column}.{KEPT}": [keep(each) for each in given],
        }


def _value(labels: Sequence[str]) -> Json:
    if len(labels) == 1:
        return labels[0]
    return labels or None
