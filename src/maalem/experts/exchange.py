# SPDX-License-Identifier: Apache-2.0
"""Files of annotations in and out: each answer of each annotator by itself."""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from maalem.corpus import Refusal
from maalem.errors import DataError
from maalem.experts.cells import cover
from maalem.experts.imported import AnnotationMap, Given, Imported
from maalem.experts.kept import Asked
from maalem.experts.layouts import (
    Layout,
    detect_layout,
    layout_named,
    refuse_formless,
)
from maalem.experts.plain import COLUMNS
from maalem.experts.rows import given_file
from maalem.records import Annotation, Digest, Item, Json
from maalem.tasks import TaskDefinition


def read_annotations(
    path: Path,
    *,
    layout: str | None = None,
    mapping: AnnotationMap | None = None,
    task: TaskDefinition | None = None,
) -> Iterator[Imported | Refusal]:
    """Read the answers of a file, one for each annotator and item, never merged.

    Args:
        path: The file.
        layout: One of the layouts' names; none recognises it by the first row.
        mapping: Which column or key is what; the usual names if left out.
        task: What they answer; a choice of labels if left out.

    Returns:
        Answers, and a refusal with its reason for all that is none, in the order of
        the file. One row, line or task is in memory at a time.

    Raises:
        DataError: The file is missing or empty, its layout is not clear or has no form
            for the task's kind of answer, its encoding is doubtful, or a column is
            missing.
        SettingsError: There is no such layout.
    """
    given = given_file(path, mapping=mapping, task=task)
    name = layout or detect_layout(given)
    refuse_formless(name, given.kind)
    return _answers(given, layout_named(name))


def _answers(given: Given, layout: Layout) -> Iterator[Imported | Refusal]:
    for row in layout.rows(given):
        if isinstance(row, Refusal):
            yield row
        else:
            yield from layout.answers(given, *row)


def write_annotations(
    path: Path,
    *,
    layout: str,
    task: TaskDefinition,
    items: Iterable[Item],
    annotations: Iterable[Annotation],
) -> int:
    """Write items and their answers so that reading them again gives the same answers.

    Items keep their order, and the answers to one item theirs. Items that nobody has
    answered are written too, so that the other tool can ask about them; what it needs
    to be told to ask so stands in a second file beside.

    Args:
        path: The file; it is replaced when all is written, or stays as it was.
        layout: One of the layouts' names.
        task: What they answer.
        items: All items.
        annotations: Answers to them.

    Returns:
        How many answers were written.

    Raises:
        DataError: An answer is about no item among `items`, or the layout has no form
            for the task's kind of answer.
        SettingsError: There is no such layout.
    """
    refuse_formless(layout, task.answer)
    form = layout_named(layout)
    asked = _asked(items, annotations)
    unfinished = path.with_name(f"{path.name}.part")
    if form.form == "csv":
        _write_csv(unfinished, form.written(task, asked))
    else:
        rows = form.written(task, asked)
        _write_json(unfinished, rows, is_array=form.form == "array")
    unfinished.replace(path)
    if form.config is not None:
        beside = path.with_name(f"{path.stem}{form.suffix}")
        beside.write_text(form.config(task), encoding="utf-8")
    return sum(len(one.annotations) for one in asked)


def _asked(items: Iterable[Item], annotations: Iterable[Annotation]) -> list[Asked]:
    every = {item.id: item for item in items}
    answers: dict[Digest, list[Annotation]] = {one: [] for one in every}
    for one in annotations:
        if one.item not in answers:
            raise DataError(
                f"annotation {one.id} is about no item given here",
                why=f"item {one.item}",
                code="experts.no-item",
            )
        answers[one.item].append(one)
    return [
        Asked(number=number, item=item, annotations=tuple(answers[item.id]))
        for number, item in enumerate(every.values(), 1)
    ]


def _write_csv(path: Path, rows: Iterator[Mapping[str, Json]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(COLUMNS)
        for row in rows:
            writer.writerow(cover(str(row.get(name, ""))) for name in COLUMNS)


def _write_json(
    path: Path, rows: Iterator[Mapping[str, Json]], *, is_array: bool
) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        between = "[\n" if is_array else ""
        for row in rows:
            line = json.dumps(row, ensure_ascii=False, allow_nan=False)
            stream.write(f"{between}{line}")
            between = ",\n" if is_array else "\n"
        if is_array:
            stream.write("[]\n" if between == "[\n" else "\n]\n")
        elif between:
            stream.write("\n")
