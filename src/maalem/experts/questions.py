# SPDX-License-Identifier: Apache-2.0
"""What a file of another tool asks, answered or not, apart from who answered."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from maalem.corpus import Refusal
from maalem.experts.imported import AnnotationMap, Given
from maalem.experts.kept import OPTION, asked_in, text_of
from maalem.experts.layouts import detect_layout, layout_named
from maalem.experts.rows import given_file
from maalem.tasks import TaskDefinition


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One input that a file asks about.

    Attributes:
        text: The input.
        fields: What is asked about it, by the columns that the task takes it from.
    """

    text: str
    fields: tuple[tuple[str, str], ...] = ()


def read_questions(
    path: Path,
    *,
    task: TaskDefinition,
    layout: str | None = None,
    mapping: AnnotationMap | None = None,
) -> Iterator[Question | Refusal]:
    """Read what a file asks, each question once.

    Args:
        path: The file.
        task: What is to be asked about the inputs.
        layout: One of the layouts' names; none recognises it by the first row.
        mapping: Which column or key is what; the usual names if left out.

    Returns:
        Questions in the order of the file, and a refusal for each row that asks
        nothing: `experts.bad-line`, `experts.no-text` or `experts.no-question`.

    Raises:
        DataError: The file is missing or empty, or its layout is not clear.
        SettingsError: There is no such layout.
    """
    given = given_file(path, mapping=mapping, task=task)
    form = layout_named(layout or detect_layout(given))
    seen: set[Question] = set()
    for row in form.rows(given):
        if isinstance(row, Refusal):
            yield row
            continue
        place, keys = row
        one = _question(given, place, form.asked(keys))
        if isinstance(one, Refusal):
            yield one
        elif one not in seen:
            seen.add(one)
            yield one


def _question(
    given: Given, place: str, row: Mapping[str, object]
) -> Question | Refusal:
    text = text_of(given, row)
    if not text.strip():
        return given.refusal(place, "experts.no-text", "there is no text")
    columns = _columns(given.task) if given.task else {}
    found = asked_in(given, row)
    options = found["options"] if isinstance(found["options"], tuple) else ()
    named = {f"{OPTION}{number}": one for number, one in enumerate(options, 1)}
    said = {**named, "question": found["question"], "draft": found["draft"]}
    missing = [name for name in columns if not said.get(name)]
    if missing:
        reason = f"{missing[0]!r} is missing, and the task asks with it"
        return given.refusal(place, "experts.no-question", reason)
    fields = tuple((column, str(said[name])) for name, column in columns.items())
    return Question(text=text, fields=fields)


def _columns(task: TaskDefinition) -> dict[str, str]:
    """Give the column of the documents that each part of a question is taken from."""
    names = {"question": task.question_field, "draft": task.draft_field}
    options = {f"{OPTION}{n}": one for n, one in enumerate(task.option_fields, 1)}
    return {name: column for name, column in (names | options).items() if column}
