# SPDX-License-Identifier: Apache-2.0
"""Passages become items, and what experts said becomes annotations on them."""

import statistics
from dataclasses import dataclass

from maalem.app.workspace import Workspace
from maalem.records import (
    Annotation,
    Digest,
    Item,
    Passage,
)
from maalem.tasks import make_items


@dataclass(frozen=True, slots=True, kw_only=True)
class AskReport:
    """What a task asks about.

    Attributes:
        task: Its name.
        version: Digest of its definition.
        items: Items in all.
        new: Items made now.
        copies: Passages that are copies and make no item of their own.
    """

    task: str
    version: Digest
    items: int
    new: int
    copies: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectReport:
    """What an import brought.

    Attributes:
        read: Answers read.
        new: Annotations that were not there before.
        refused: Answers refused, as pairs of reason and count.
        annotators: How many different annotators they came from.
    """

    read: int
    new: int
    refused: tuple[tuple[str, int], ...]
    annotators: int


def ask(work: Workspace, task_name: str, *, keep: bool = True) -> AskReport:
    """Make the items of a task from the corpus; items that are there stay as they are.

    Raises:
        SettingsError: The task's definition is refused.
    """
    task = work.task(task_name)
    known = {item.id for item in work.store.find(Item, task.name)}
    passages = list(work.store.find(Passage))
    items = [item for item in make_items(task, passages) if item.id not in known]
    if keep and items:
        work.store.append(
            "task.ask", items, details={"task": task.name, "version": task.version}
        )
    return AskReport(
        task=task.name,
        version=task.version,
        items=len(known) + len(items),
        new=len(items),
        copies=sum(passage.same_as is not None for passage in passages),
    )


def seconds_per_item(work: Workspace, task_name: str) -> float | None:
    """Give the measured expert time for one judged item, all its answers together.

    Returns:
        Median seconds of an answer times answers per item; none if no answer has a
        time.
    """
    times, answers, items = [], 0, set()
    for one in work.store.find(Annotation, task_name):
        answers += 1
        items.add(one.item)
        if one.seconds is not None:
            times.append(one.seconds)
    if not times:
        return None
    return statistics.median(times) * answers / len(items)
