# SPDX-License-Identifier: Apache-2.0
"""Annotations come in from other tools, and go out to them."""

import dataclasses
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from maalem.app.steps.documents import add
from maalem.app.steps.judgements import (
    Collected,
    CollectReport,
    ask,
    new_items,
    store_annotations,
)
from maalem.app.steps.pseudonyms import find_pseudonyms_of, spared_answers
from maalem.app.workspace import Workspace
from maalem.corpus import ColumnMap, CorpusReport, Refusal
from maalem.experts import (
    AnnotationMap,
    read_annotations,
    to_annotations,
    write_annotations,
)
from maalem.experts.annotations import UNNAMED, named
from maalem.experts.questions import Question, read_questions
from maalem.records import Annotation, Item

MOST_TOLD = 100
"""Refusals that a report tells one by one; the others are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionReport:
    """What an import of questions brought.

    Attributes:
        read: Questions read, refused rows included.
        documents: Documents that were not there before.
        items: Items that were not there before.
        refused: Rows refused, as pairs of reason and count.
        refusals: Place and code of the first of them; what a reason quotes is data.
    """

    read: int
    documents: int
    items: int
    refused: tuple[tuple[str, int], ...]
    refusals: tuple[tuple[str, str], ...] = ()


def collect(
    work: Workspace,
    task_name: str,
    path: Path | str,
    *,
    layout: str | None = None,
    mapping: AnnotationMap | None = None,
    keep: bool = True,
) -> CollectReport:
    """Bring annotations in from a file; each annotator's answer is kept apart.

    Args:
        work: The opened project.
        task_name: Name of the task.
        path: The file.
        layout: Its layout; recognised from the content if left out.
        mapping: Which column or key is what, for tables and plain JSON lines. If left
            out, what follows a line that cannot be read is read.
        keep: Whether to write.

    Returns:
        What was read and what was refused, by the code of the reason.

    Raises:
        DataError: The file cannot be read, or its layout is unclear.
    """
    task = work.task(task_name)
    if keep:
        ask(work, task.name)
    mapping = mapping or AnnotationMap(skip_bad=True)
    pseudonyms = find_pseudonyms_of(work, keep=keep)
    read = spared_answers(
        pseudonyms,
        read_annotations(Path(path), layout=layout, mapping=mapping, task=task),
    )
    found: list[Annotation] = []
    refusals: list[Refusal] = []
    waiting = 0
    items = [*work.store.find(Item, task.name), *new_items(work, task)]
    for one in to_annotations(read, task=task, items=items):
        if isinstance(one, Annotation):
            found.append(_apart(work, one))
        elif one.code == "experts.unanswered":
            waiting += 1
        else:
            refusals.append(one)
    collected = Collected(
        answers=found,
        read=len(found) + len(refusals),
        refused=Counter(one.code for one in refusals),
        source=Path(path).name,
        unanswered=waiting,
        refusals=_told(refusals),
    )
    return store_annotations(work, task, collected, keep=keep)


def _told(refusals: Sequence[Refusal]) -> tuple[tuple[str, str], ...]:
    return tuple((one.place, one.code) for one in refusals[:MOST_TOLD])


def _apart(work: Workspace, one: Annotation) -> Annotation:
    """Name an answer anew that bears the key of one of ours and says something else.

    Somebody changed it in the other tool: it is one answer more, not the one we have.
    """
    if one.key is None or not work.store.has(Annotation, one.id):
        return one
    if work.store.get(Annotation, one.id) == one:
        return one
    return named(dataclasses.replace(one, id=UNNAMED, key=None))


def collect_questions(
    work: Workspace,
    task_name: str,
    path: Path | str,
    *,
    layout: str | None = None,
    keep: bool = True,
) -> QuestionReport:
    """Bring in what a file of another tool asks, as documents and items of the task.

    They take the way of every document: cleaned, told apart from copies, grouped.

    Args:
        work: The opened project.
        task_name: Name of the task.
        path: The file.
        layout: Its layout; recognised from the content if left out.
        keep: Whether to write.

    Raises:
        DataError: The file cannot be read, or its layout is unclear.
    """
    task, source = work.task(task_name), Path(path)
    mapping = AnnotationMap(skip_bad=True)
    read = [*read_questions(source, task=task, layout=layout, mapping=mapping)]
    asked = [one for one in read if isinstance(one, Question)]
    refusals = [one for one in read if isinstance(one, Refusal)]
    added = _add(work, asked, f"{source.name}.jsonl", keep=keep)
    items = ask(work, task.name).new if keep else 0
    refused = Counter(one.code for one in refusals) + Counter(added.refused)
    return QuestionReport(
        read=len(read),
        documents=added.new,
        items=items,
        refused=tuple(sorted(refused.items())),
        refusals=_told([*refusals, *added.refusals]),
    )


def _add(
    work: Workspace, asked: Sequence[Question], name: str, *, keep: bool
) -> CorpusReport:
    """Add questions to the corpus as the lines of a file of that name."""
    if not asked:
        return CorpusReport()
    columns = ColumnMap(text=("text",), keep=tuple(dict(asked[0].fields)))
    lines = [{"text": one.text, **dict(one.fields)} for one in asked]
    texts = [json.dumps(line, ensure_ascii=False) for line in lines]
    with TemporaryDirectory() as folder:
        table = Path(folder) / name
        table.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
        return add(work, [table], columns=columns, keep=keep)


def export(
    work: Workspace,
    task_name: str,
    path: Path | str,
    *,
    layout: str,
    only_open: bool = False,
) -> int:
    """Write a task's items and annotations for another tool.

    Args:
        work: The opened project, which may be open for reading alone.
        task_name: Name of the task.
        path: The file; what the tool must be told to ask so is written beside it.
        layout: One of the layouts' names.
        only_open: Whether to write the items alone that nobody has answered.

    Returns:
        How many annotations were written; items without one are written too, where
        the layout can hold them.

    Raises:
        SettingsError: There is no such task.
        DataError: The layout has no form for the task's kind of answer.
    """
    task = work.task(task_name)
    items: Iterable[Item] = work.store.find(Item, task.name)
    annotations = [*work.store.find(Annotation, task.name)]
    if only_open:
        answered = {one.item for one in annotations if one.is_answer}
        items, annotations = (one for one in items if one.id not in answered), []
    return write_annotations(
        Path(path), layout=layout, task=task, items=items, annotations=annotations
    )
