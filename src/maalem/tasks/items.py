# SPDX-License-Identifier: Apache-2.0
"""Passages become items: one question about one input."""

from collections.abc import Iterable, Iterator

from maalem.records import Digest, Item, Passage, digest_of
from maalem.tasks.definition import TaskDefinition


def item_id(task_name: str, passage: Digest) -> Digest:
    """Name the item of a task about a passage; a new guideline keeps the name."""
    return digest_of({"task": task_name, "passage": passage})


def make_items(task: TaskDefinition, passages: Iterable[Passage]) -> Iterator[Item]:
    """Make one item for each passage; a copy of an earlier passage makes none."""
    for passage in passages:
        if passage.same_as is None:
            yield Item(
                id=item_id(task.name, passage.id),
                task=task.name,
                passage=passage.id,
                text=passage.text,
                group=passage.group,
                language=passage.language,
                date=passage.date,
            )
