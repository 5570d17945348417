# SPDX-License-Identifier: Apache-2.0
"""Annotations come in from other tools, and go out to them."""

from collections import Counter
from pathlib import Path

from maalem.app.steps.judgements import (
    Collected,
    CollectReport,
    ask,
    new_items,
    store_annotations,
)
from maalem.app.workspace import Workspace
from maalem.experts import (
    AnnotationMap,
    read_annotations,
    to_annotations,
    write_annotations,
)
from maalem.records import Annotation, Item


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
        mapping: Which column or key is what, for tables and plain JSON lines.
        keep: Whether to write.

    Returns:
        What was read and what was refused, by the code of the reason.

    Raises:
        DataError: The file cannot be read, or its layout is unclear.
    """
    task = work.task(task_name)
    if keep:
        ask(work, task.name)
    read = read_annotations(Path(path), layout=layout, mapping=mapping)
    found: list[Annotation] = []
    refused: Counter[str] = Counter()
    items = [*work.store.find(Item, task.name), *new_items(work, task)]
    for one in to_annotations(read, task=task, items=items):
        if isinstance(one, Annotation):
            found.append(one)
        else:
            refused[one.code] += 1
    unanswered = refused.pop("experts.unanswered", 0)
    total = len(found) + refused.total()
    collected = Collected(
        answers=found,
        read=total,
        refused=refused,
        source=Path(path).name,
        unanswered=unanswered,
    )
    return store_annotations(work, task, collected, keep=keep)


def export(work: Workspace, task_name: str, path: Path | str, *, layout: str) -> int:
    """Write a task's items and annotations for another tool.

    Returns:
        How many annotations were written; items without one are written too, where
        the layout can hold them.

    Raises:
        SettingsError: There is no such task.
    """
    task = work.task(task_name)
    return write_annotations(
        Path(path),
        layout=layout,
        items=work.store.find(Item, task.name),
        annotations=work.store.find(Annotation, task.name),
    )
