# SPDX-License-Identifier: Apache-2.0
"""Passages become items, and what experts said becomes annotations on them."""

import dataclasses
import statistics
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from maalem.app.workspace import Workspace
from maalem.experts.annotations import UNNAMED, named
from maalem.records import Annotation, Digest, Document, Item, Json, Passage
from maalem.tasks import TaskDefinition, make_items


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
        unanswered: Items that the file has without an answer.
        annotators: How many different annotators they came from.
        refusals: Place and code of the first of them; what a reason quotes is data.
    """

    read: int
    new: int
    refused: tuple[tuple[str, int], ...]
    annotators: int
    unanswered: int = 0
    refusals: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What was read before it is stored.

    Attributes:
        answers: The annotations, in the order in which they were read.
        read: Answers read, refused ones included.
        refused: Refusals by reason.
        source: Where they came from.
        unanswered: Items without an answer.
        refusals: Place and code of the first refusals.
    """

    answers: list[Annotation]
    read: int
    refused: Counter[str]
    source: str
    unanswered: int = 0
    refusals: tuple[tuple[str, str], ...] = ()


def ask(work: Workspace, task_name: str, *, keep: bool = True) -> AskReport:
    """Make the items of a task from the corpus; items that are there stay as they are.

    Raises:
        SettingsError: The task's definition is refused.
    """
    task = work.task(task_name)
    items = list(new_items(work, task))
    passages = work.store.find(Passage)
    copies = sum(passage.same_as is not None for passage in passages)
    if keep and items:
        work.store.append(
            "task.ask", items, details={"task": task.name, "version": task.version}
        )
    return AskReport(
        task=task.name,
        version=task.version,
        items=work.store.count(Item, task.name) + (0 if keep else len(items)),
        new=len(items),
        copies=copies,
    )


def new_items(work: Workspace, task: TaskDefinition) -> Iterator[Item]:
    """Make the items of a task that are not there yet; nothing is written."""
    asks_columns = task.question_field or task.option_fields or task.draft_field
    documents = work.store.find(Document) if asks_columns else ()
    fields = {one.id: dict(one.fields) for one in documents}
    for item in make_items(task, work.store.find(Passage), fields=fields):
        if not work.store.has(Item, item.id):
            yield item


def collect_from_documents(
    work: Workspace, task_name: str, *, keep: bool = True
) -> CollectReport:
    """Take the mapped label column of the documents as annotations.

    A document that says nothing, or something that is no label of the task, stays a
    question: it is counted, and its item waits. Where copies of one passage carry
    labels, each is an annotation of its own on the first one's item; if they differ,
    the column contradicts itself, and a last annotation says so and leaves it open.

    Raises:
        SettingsError: The task's definition is refused.
    """
    task = work.task(task_name)
    column = work.project.columns.label or "label"
    items = {item.passage: item for item in work.store.find(Item, task.name)}
    labels = {one.id: one.label for one in work.store.find(Document) if one.label}
    found: list[Annotation] = []
    refused: Counter[str] = Counter()
    read = 0
    for passage in work.store.find(Passage):
        label = labels.get(passage.document)
        item = items.get(passage.same_as or passage.id)
        if label is None or item is None:
            continue
        read += 1
        if label in task.label_names:
            found.append(_said(item, label, document=passage.document, column=column))
        else:
            refused["no label of this task"] += 1
    found += _contradictions(found)
    read_from = Collected(answers=found, read=read, refused=refused, source=column)
    return store_annotations(work, task, read_from, keep=keep)


def _contradictions(found: list[Annotation]) -> list[Annotation]:
    """Withdraw, as the column's last word, what it says in two ways about one item.

    Each withdrawal is made from the newest copy, so that a later copy brings a new one
    and never settles what is contradicted.
    """
    said: dict[Digest, list[Annotation]] = {}
    for one in found:
        said.setdefault(one.item, []).append(one)
    return [
        named(
            dataclasses.replace(
                several[-1],
                id=UNNAMED,
                labels=(),
                reason="copies of this text carry different labels",
            )
        )
        for several in said.values()
        if len({one.labels for one in several}) > 1
    ]


def _said(item: Item, label: str, *, document: Digest, column: str) -> Annotation:
    return named(
        Annotation(
            id=UNNAMED,
            item=item.id,
            task=item.task,
            annotator=f"column:{column}",
            labels=(label,),
            source=document,
        )
    )


def store_annotations(
    work: Workspace, task: TaskDefinition, read_from: Collected, *, keep: bool
) -> CollectReport:
    """Write annotations that are not there yet, and count the rest."""
    found = {one.id: one for one in read_from.answers}
    new = [one for one in found.values() if not work.store.has(Annotation, one.id)]
    if keep and new:
        details: dict[str, Json] = {
            "task": task.name,
            "source": read_from.source,
            "refused": read_from.refused.total(),
        }
        work.store.append("annotation.import", new, details=details)
    return CollectReport(
        read=read_from.read,
        new=len(new),
        refused=tuple(sorted(read_from.refused.items())),
        annotators=len({one.annotator for one in found.values()}),
        unanswered=read_from.unanswered,
        refusals=read_from.refusals,
    )


def seconds_per_item(work: Workspace, task_name: str) -> float | None:
    """Give the measured expert time for one judged item, all its answers together.

    Returns:
        Median seconds of an answer times answers per item; none if no answer has a
        time.
    """
    times, answers, items = [], 0, set()
    for one in work.store.find(Annotation, task_name):
        if not one.labels:
            continue
        answers += 1
        items.add(one.item)
        if one.seconds is not None:
            times.append(one.seconds)
    if not times:
        return None
    return statistics.median(times) * answers / len(items)
