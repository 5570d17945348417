# SPDX-License-Identifier: Apache-2.0
"""Which frozen datasets and which models some items stand in.

A model is touched where rows of its teaching split are; rows that it was only examined
on are in none of its weights.
"""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from maalem.app.steps.runs import dataset_folder
from maalem.app.workspace import Workspace
from maalem.dataset.browsing import every_row
from maalem.dataset.erased import ErasedRow, find_erased
from maalem.dataset.removal import without
from maalem.records import (
    Adjudication,
    Annotation,
    Dataset,
    Digest,
    Example,
    Release,
    TrainingRun,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TouchedDataset:
    """A frozen dataset with rows that are touched.

    Attributes:
        id: The dataset.
        task: Its task.
        rows: Pairs of split and touched rows, of splits that have some.
        loses_texts: Whether its files with texts go.
        changed: Rows that get another label without the answers; 0 for documents.
        dropped: Rows that nobody else decides; 0 for documents.
    """

    id: Digest
    task: str
    rows: tuple[tuple[str, int], ...]
    loses_texts: bool
    changed: int = 0
    dropped: int = 0

    @property
    def taught(self) -> int:
        """Touched rows that models learned from."""
        return dict(self.rows).get("teaching", 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class TouchedModel:
    """A model that learned from what is touched.

    Attributes:
        run: The training run.
        checkpoint: The model.
        task: Its task.
        dataset: What it learned from.
        taught: Touched rows that it learned from.
        releases: Names of the releases that hold it.
    """

    run: Digest
    checkpoint: Digest
    task: str
    dataset: Digest
    taught: int
    releases: tuple[str, ...]


def touched_datasets(
    work: Workspace,
    items: Collection[Digest],
    *,
    behind: Collection[Digest] | None = None,
) -> Iterator[TouchedDataset]:
    """Give the frozen datasets with rows of some items.

    Of one whose folder is gone nobody can tell; it holds no text here any more.

    Args:
        work: The opened project.
        items: The items.
        behind: Answers that rows must rest on to be touched, or else be adjudicated;
            none where the texts themselves are touched, and go.
    """
    for one in work.store.find(Dataset):
        folder = dataset_folder(work, one)
        if not items or not folder.is_dir():
            continue
        erased = find_erased(folder)
        rows = erased.rows if erased else every_row(folder)
        counts = Counter(
            row.split
            for row in rows
            if row.item in items and (behind is None or _rests_on(row, behind))
        )
        if counts:
            yield TouchedDataset(
                id=one.id,
                task=one.task,
                rows=tuple(sorted(counts.items())),
                loses_texts=behind is None and erased is None,
            )


def _rests_on(row: Example | ErasedRow, answers: Collection[Digest]) -> bool:
    """Tell whether a row may rest on some answers; of an erased one nobody knows."""
    if isinstance(row, ErasedRow) or row.rule == "adjudicated":
        return True
    return any(one in answers for one in row.annotations)


def without_them(
    work: Workspace, touched: TouchedDataset, person: str
) -> TouchedDataset:
    """Tell how a dataset's rows would be settled without somebody's answers."""
    dataset = work.store.get(Dataset, touched.id)
    folder = dataset_folder(work, dataset)
    if find_erased(folder) is not None or dataset.task not in work.task_names():
        return touched
    rows = tuple(every_row(folder))
    labels = work.task(dataset.task).labels
    removal = without(
        person,
        rows,
        annotations={one.id: one for one in work.store.find(Annotation, dataset.task)},
        adjudications=work.store.find(Adjudication, dataset.task),
        critical=[label.name for label in labels if label.critical],
    )
    changed, dropped = len(removal.changed), len(removal.dropped)
    return replace(touched, changed=changed, dropped=dropped)


def touched_models(
    work: Workspace, datasets: Collection[TouchedDataset]
) -> Iterator[TouchedModel]:
    """Give the models that learned from touched rows of some datasets."""
    taught = {one.id: one.taught for one in datasets if one.taught}
    releases: dict[Digest, list[str]] = {}
    for one in work.store.find(Release):
        releases.setdefault(one.checkpoint, []).append(f"{one.task}-{one.number}")
    for entry in work.store.entries("train.run"):
        run = work.store.get(TrainingRun, Digest(str(entry.details["run"])))
        checkpoint = Digest(str(entry.details["checkpoint"]))
        if run.dataset in taught:
            yield TouchedModel(
                run=run.id,
                checkpoint=checkpoint,
                task=run.task,
                dataset=run.dataset,
                taught=taught[run.dataset],
                releases=tuple(releases.get(checkpoint, ())),
            )
