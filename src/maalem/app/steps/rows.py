# SPDX-License-Identifier: Apache-2.0
"""Who taught one row: its answers, who adjudicated it, its passage and its document."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from maalem.app.steps.runs import dataset_folder
from maalem.app.workspace import Workspace
from maalem.dataset.browsing import find_row
from maalem.errors import DataError
from maalem.records import (
    Adjudication,
    Annotation,
    Dataset,
    Digest,
    Document,
    Example,
    Item,
    Passage,
    Record,
    TaskVersion,
)
from maalem.store.places import place_of, places_of

R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed(Generic[R]):
    """A record, and where in the ledger it stands.

    Attributes:
        record: The record.
        entry: Index of the entry that it was written with.
    """

    record: R
    entry: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RowTrace:
    """What stands behind one row of a dataset.

    Attributes:
        example: The row.
        item: What was asked.
        passage: The passage that it asks about; none where it is not known.
        document: The document that the passage was cut from.
        answers: The answers that the label rests on, in the order of their entries.
        adjudication: How a person settled it; none where votes did.
        versions: The versions of the guideline, by name.
    """

    example: Example
    item: Placed[Item]
    passage: Placed[Passage] | None
    document: Placed[Document] | None
    answers: tuple[Placed[Annotation], ...]
    adjudication: Placed[Adjudication] | None
    versions: Mapping[Digest, Placed[TaskVersion]]

    def version_of(self, guideline: Digest | None) -> Placed[TaskVersion] | None:
        """Give the version of the guideline that somebody answered under, if known."""
        return self.versions.get(guideline) if guideline else None


def trace_row(work: Workspace, dataset: Dataset, item: Digest) -> RowTrace:
    """Give what stands behind one row.

    Raises:
        DataError: The dataset has no such row.
        IntegrityError: A file of the dataset was changed.
    """
    example = find_row(dataset_folder(work, dataset), item)
    if example is None:
        raise DataError(
            f"the dataset {dataset.id[7:19]} has no row {item}",
            hint=f"maalem trace {dataset.id[7:19]}",
            code="trace.no-row",
        )
    passage = _placed(work, Passage, example.passage)
    answers = [_placed(work, Annotation, one) for one in example.annotations]
    known = [one for one in answers if one is not None]
    return RowTrace(
        example=example,
        item=Placed(
            record=work.store.get(Item, item), entry=place_of(work.store, Item, item)
        ),
        passage=passage,
        document=_placed(work, Document, passage.record.document) if passage else None,
        answers=tuple(sorted(known, key=lambda one: one.entry)),
        adjudication=_adjudication(work, dataset.task, example),
        versions=versions_of(work, dataset.task),
    )


def versions_of(work: Workspace, task: str) -> dict[Digest, Placed[TaskVersion]]:
    """Give the versions of a task's guideline by name."""
    several = {one.id: one for one in work.store.find(TaskVersion, task)}
    places = places_of(work.store, TaskVersion, several)
    return {
        name: Placed(record=one, entry=places[name]) for name, one in several.items()
    }


def _adjudication(
    work: Workspace, task: str, example: Example
) -> Placed[Adjudication] | None:
    """Give the adjudication that the row's label comes from."""
    if example.rule != "adjudicated":
        return None
    last = None
    for one in work.store.find(Adjudication, task):
        if one.item == example.item and one.labels == (example.label,):
            last = one
    return _placed(work, Adjudication, last.id) if last else None


def _placed(work: Workspace, kind: type[R], name: Digest | None) -> Placed[R] | None:
    """Give a record with its place; none where its name is not known here."""
    if name is None or not work.store.has(kind, name):
        return None
    return Placed(
        record=work.store.get(kind, name), entry=place_of(work.store, kind, name)
    )
