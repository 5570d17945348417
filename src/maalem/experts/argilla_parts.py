# SPDX-License-Identifier: Apache-2.0
"""An answer of each kind as Argilla's questions hold it, and settings that ask it."""

import json
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from maalem.experts.imported import Given
from maalem.experts.kept import OPTION, span_in
from maalem.experts.said import CHOICES, MARK, SIDES, whole
from maalem.records import Annotation, Json
from maalem.tasks import TaskDefinition

RATING = "rating_"
"""What the names of a rating's questions begin with; the criterion's number follows."""
QUESTIONS: Mapping[str, str] = MappingProxyType(
    {
        "choose": "label",
        "choose-several": "label",
        "compare": "side",
        "mark": "marks",
        "rank": "rank",
        "correct": "answer",
        "write": "answer",
    }
)
"""For each kind the name of its question; a rating has one for each criterion."""


def said_in(given: Given, value: object, *, text: str) -> object:
    """Give the value of a response in the form that `said_fields` takes."""
    if given.kind in CHOICES:
        return [value] if isinstance(value, str) else value
    if not isinstance(value, list):
        return value
    if given.kind == "mark":
        return [_span(one, text) for one in value]
    return list(map(_place, _ordered(value))) if given.kind == "rank" else value


def _span(one: object, text: str) -> object:
    if not isinstance(one, Mapping) or one.get("label") != MARK:
        return one
    return span_in(text, one.get("start"), one.get("end"))


def _ordered(ranking: list[object]) -> list[object]:
    """Put options in the order of the ranks that are told; a tie is no order."""
    told = [one for one in ranking if isinstance(one, Mapping)]
    if len(told) < len(ranking):
        return ranking
    by_rank = {whole(one.get("rank")): one.get("value") for one in told}
    if by_rank.keys() == {None}:
        return [one.get("value") for one in told]
    places = range(1, len(told) + 1)
    return [by_rank.get(place) for place in places]


def _place(name: object) -> object:
    """Give the number of an option; another name stays, and fits no form."""
    number = str(name).removeprefix(OPTION)
    is_option = isinstance(name, str) and name.startswith(OPTION)
    is_number = number.isascii() and number.isdecimal() and len(number) < 4
    return int(number) - 1 if is_option and is_number else name


def value_of(task: TaskDefinition, one: Annotation, *, place: int) -> Json:
    """Give an answer as the value of a response; none where there is no answer.

    Args:
        task: What was asked.
        one: The answer.
        place: Which of the task's questions it is about: of a rating, the criterion.
    """
    if task.answer == "rate":
        return dict(one.ratings).get(task.criteria[place].name)
    if task.answer in ("mark", "rank"):
        ranking: list[Json] = [f"{OPTION}{number + 1}" for number in one.ranking]
        spans: list[Json] = [
            {"start": span.start, "end": span.end, "label": MARK} for span in one.spans
        ]
        return ranking or spans or None
    if task.answer in ("correct", "write"):
        return one.text
    is_one = len(one.labels) == 1 and task.answer != "choose-several"
    return one.labels[0] if is_one else one.labels or None


def config(task: TaskDefinition) -> str:
    """Write the settings of a dataset, as `Settings.from_json` reads them."""
    names = ["text"]
    names += ["question"] if task.question_field else []
    names += [f"{OPTION}{number}" for number, _ in enumerate(task.option_fields, 1)]
    names += ["draft"] if task.draft_field else []
    made: dict[str, Json] = {
        "guidelines": task.guideline,
        "allow_extra_metadata": True,
        "fields": [_field(name) for name in names],
        "questions": _questions(task),
        "metadata": [],
        "vectors": [],
    }
    return json.dumps(made, ensure_ascii=False, indent=1) + "\n"


def _field(name: str) -> Json:
    how: Json = {"type": "text", "use_markdown": False}
    return {"name": name, "title": name, "required": True, "settings": how}


def _questions(task: TaskDefinition) -> Json:
    if task.answer == "rate":
        return [
            _question(
                f"{RATING}{number}",
                one.name,
                _settings("rating", range(one.lowest, one.highest + 1)),
            )
            for number, one in enumerate(task.criteria, 1)
        ]
    names: Mapping[str, Json] = {
        "compare": _settings("label_selection", SIDES),
        "choose-several": _settings("multi_label_selection", task.label_names),
        "rank": _settings(
            "ranking",
            [f"{OPTION}{n}" for n, _ in enumerate(task.option_fields, 1)],
        ),
        "mark": {
            **_settings("span", [MARK]),
            "field": "text",
            "allow_overlapping": False,
        },
        "correct": {"type": "text", "use_markdown": False},
        "write": {"type": "text", "use_markdown": False},
    }
    how = names.get(task.answer, _settings("label_selection", task.label_names))
    return [_question(QUESTIONS[task.answer], task.title, how)]


def _question(name: str, title: str, how: Json) -> Json:
    return {"name": name, "title": title, "required": True, "settings": how}


def _settings(type_: str, values: Iterable[str | int]) -> dict[str, Json]:
    """Write what may be answered; numbers need no words beside them."""
    options: list[Json] = [
        {"value": one} if isinstance(one, int) else {"value": one, "text": one}
        for one in values
    ]
    shown: dict[str, Json] = {}
    if type_ in ("label_selection", "multi_label_selection", "span"):
        shown = {"visible_options": max(3, min(20, len(options)))}
    return {"type": type_, "options": options, **shown}
