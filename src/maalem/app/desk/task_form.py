# SPDX-License-Identifier: Apache-2.0
"""A task definition as the fields of a form, and back, each refusal with its field."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, TypeVar

from maalem.errors import SettingsError
from maalem.tasks import LabelDefinition, TaskDefinition
from maalem.tasks.asking import Asking
from maalem.tasks.labels import Criterion
from maalem.tasks.names import LANGUAGES

T = TypeVar("T")
_TEXTS = ("name", "title", "guideline", "answer", "question_field", "draft_field")
_KINDS = {"rate": "generate", "rank": "generate"}  # learned from by two kinds
_ONE = {"choose": "classify", "choose-several": "classify", "mark": "search"}
_ASKING = tuple(one.name for one in dataclasses.fields(Asking))
_WHOLE = (
    *("answers", "exam_answers", "qualification_cards", "qualification_days"),
    "card_rest_days",
)


class FieldError(Exception):
    """A field of the form that cannot be taken.

    Attributes:
        field: Name of the field; empty where it is about all of them.
        error: Why.
    """

    def __init__(self, field: str, error: SettingsError) -> None:
        super().__init__(field)
        self.field = field
        self.error = error


def form_of(task: TaskDefinition) -> dict[str, str]:
    """Give the fields that show a task; `task_of` makes the same task of them."""
    form = {key: getattr(task, key) or "" for key in _TEXTS}
    form |= {f"title.{code}": text for code, text in task.titles}
    form |= {f"guideline.{code}": text for code, text in task.guidelines}
    form["languages"] = "\n".join(task.languages)
    form["option_fields"] = "\n".join(task.option_fields)
    form["reasons"] = "\n".join(task.reasons)
    form["accepted_error"] = _percent(task.accepted_error)
    for number, label in enumerate(task.labels, 1):
        row = f"label.{number}"
        form |= _named(row, label)
        form[f"{row}.examples"] = "\n".join(label.examples)
        form[f"{row}.parent"] = label.parent or ""
        form[f"{row}.critical"] = "yes" if label.critical else ""
    for number, one in enumerate(task.criteria, 1):
        row = f"criterion.{number}"
        form |= _named(row, one)
        form |= {f"{row}.lowest": str(one.lowest), f"{row}.highest": str(one.highest)}
    return form | form_of_asking(task.asking)


def form_of_asking(asking: Asking) -> dict[str, str]:
    """Give the fields that show how cards are dealt."""
    return {f"asking.{key}": _shown(key, getattr(asking, key)) for key in _ASKING}


def _named(row: str, one: LabelDefinition | Criterion) -> dict[str, str]:
    names = {f"{row}.names.{code}": name for code, name in one.names}
    return {f"{row}.name": one.name, f"{row}.description": one.description} | names


def _is_share(key: str) -> bool:
    return key.endswith(("_share", "_gain")) or key == "pass_mark"


def _shown(key: str, value: float) -> str:
    return _percent(value) if _is_share(key) else f"{value:g}"


def _percent(share: float) -> str:
    return f"{round(share * 100, 6):g}"


def rows_in(form: Mapping[str, str], kind: str) -> int:
    """Tell how many rows of a kind the fields hold, blank ones at the end left out."""
    numbers = [
        int(key.split(".")[1])
        for key, value in form.items()
        if key.startswith(f"{kind}.") and key.endswith(".name") and value.strip()
        if key.split(".")[1].isdecimal()
    ]
    return max(numbers, default=0)


def task_of(form: Mapping[str, str], before: TaskDefinition | None) -> TaskDefinition:
    """Make the task that the fields show.

    Args:
        form: The fields.
        before: The task as it stood; what no field shows is kept from it.

    Raises:
        FieldError: A field cannot be taken; it is named.
    """
    answer = form.get("answer", "choose")
    kept = {} if before is None else _kept(before)
    kind = before.kind if before and before.answer == answer else _kind(answer)
    values: dict[str, Any] = {
        **kept,
        "name": form.get("name", "").strip(),
        "title": form.get("title", "").strip(),
        "guideline": form.get("guideline", ""),
        "answer": answer,
        "kind": kind,
        "languages": _languages(form, before),
        "titles": _pairs(form, "title"),
        "guidelines": _pairs(form, "guideline"),
        "question_field": form.get("question_field", "").strip() or None,
        "draft_field": form.get("draft_field", "").strip() or None,
        "option_fields": tuple(_lines(form.get("option_fields", ""))),
        "accepted_error": _number(form, "accepted_error", scale=100.0),
        "labels": tuple(_labels(form)),
        "criteria": tuple(_criteria(form)) if answer == "rate" else (),
        "reasons": _reasons(form) if answer == "compare" else (),
        "asking": _asking(form),
    }
    return _built("", partial(TaskDefinition, **values))


def _kept(before: TaskDefinition) -> dict[str, object]:
    keys = ("group", "delta", "seconds_per_item", "hourly_cost", "caveats", "gate")
    kept: dict[str, object] = {key: getattr(before, key) for key in keys}
    return kept | {"allow_label_in_text": before.allow_label_in_text}


def _kind(answer: str) -> str:
    return _ONE.get(answer) or _KINDS.get(answer) or "generate"


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _reasons(form: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(_lines(form.get("reasons", "")))


def _languages(
    form: Mapping[str, str], before: TaskDefinition | None
) -> tuple[str, ...]:
    """Give the languages ticked; the same ones as before keep their order."""
    ticked = tuple(_lines(form.get("languages", "")))
    is_same = before is not None and {*ticked} == {*before.languages}
    return before.languages if before and is_same else ticked


def _pairs(form: Mapping[str, str], key: str) -> tuple[tuple[str, str], ...]:
    given = ((code, form.get(f"{key}.{code}", "")) for code in LANGUAGES)
    is_name = key != "guideline"  # a guideline keeps its lines as they are
    return tuple(
        sorted(
            (code, text.strip() if is_name else text)
            for code, text in given
            if text.strip()
        )
    )


def _rows(form: Mapping[str, str], kind: str) -> Iterator[str]:
    for number in range(1, rows_in(form, kind) + 1):
        if form.get(f"{kind}.{number}.name", "").strip():
            yield f"{kind}.{number}"


def _labels(form: Mapping[str, str]) -> Iterator[LabelDefinition]:
    for row in _rows(form, "label"):
        values: dict[str, Any] = {
            "name": form[f"{row}.name"].strip(),
            "description": form.get(f"{row}.description", ""),
            "examples": tuple(_lines(form.get(f"{row}.examples", ""))),
            "names": _pairs(form, f"{row}.names"),
            "parent": form.get(f"{row}.parent", "").strip() or None,
            "critical": bool(form.get(f"{row}.critical")),
        }
        yield _built(row, partial(LabelDefinition, **values))


def _criteria(form: Mapping[str, str]) -> Iterator[Criterion]:
    for row in _rows(form, "criterion"):
        values: dict[str, Any] = {
            "name": form[f"{row}.name"].strip(),
            "description": form.get(f"{row}.description", ""),
            "names": _pairs(form, f"{row}.names"),
            "lowest": int(_number(form, f"{row}.lowest")),
            "highest": int(_number(form, f"{row}.highest")),
        }
        yield _built(row, partial(Criterion, **values))


def _asking(form: Mapping[str, str]) -> Asking:
    values: dict[str, Any] = {}
    for key in _ASKING:
        scale = 100.0 if _is_share(key) else 1.0
        number = _number(form, f"asking.{key}", scale=scale)
        values[key] = int(number) if key in _WHOLE else number
    return _built("asking", partial(Asking, **values))


def _number(form: Mapping[str, str], field: str, *, scale: float = 1.0) -> float:
    given = form.get(field, "").strip().replace(",", ".").replace("٫", ".")
    try:
        number = float(given) / scale
    except ValueError as error:
        refusal = SettingsError(
            f"{field} must be a number, got {given!r}", code="task.value"
        )
        raise FieldError(field, refusal) from error
    return round(number, 12)


def _built(row: str, build: Callable[[], T]) -> T:
    try:
        return build()
    except SettingsError as error:
        key = error.message.split(" ", 1)[0]
        raise FieldError(_field(row, key), error) from error


def _field(row: str, key: str) -> str:
    """Give the field of a refused key, such as `label.2.name` for `labels.2.name`."""
    key = key.replace("labels.", "label.", 1).replace("criteria.", "criterion.", 1)
    parts = key.split(".")
    if parts[0] in ("titles", "guidelines"):
        key = ".".join([parts[0].removesuffix("s"), *parts[1:]])
    return f"{row}.{key}" if row else key
