# SPDX-License-Identifier: Apache-2.0
"""A dataset as a folder: written whole or not at all, never read unchecked."""

import json
import os
import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from maalem.dataset.card import Provenance, write_card
from maalem.dataset.croissant import describe
from maalem.dataset.erased import refuse_erased
from maalem.dataset.fitness import refuse_unfit
from maalem.dataset.label_words import LabelFound, count_labels
from maalem.dataset.manifest import MANIFEST, read_manifest, write_manifest
from maalem.dataset.parquet import read_rows, write_rows
from maalem.dataset.splits import SPLITS
from maalem.errors import DataError, IntegrityError, boundary
from maalem.records import (
    Dataset,
    Digest,
    Example,
    FileEntry,
    digest_file,
    digest_of,
    to_json,
)


def freeze(  # noqa: PLR0913  # everything that a dataset is, said once
    examples: Sequence[Example],
    *,
    task_name: str,
    task_version: Digest,
    labels: Sequence[str],
    into: Path,
    left_out: Sequence[tuple[str, int]] = (),
    provenance: Provenance | None = None,
) -> Dataset:
    """Write examples into a folder named by what is in it.

    The same examples in another order give the same digest. The folder appears whole
    or not at all; freezing again finds it, checks it and changes nothing. An item, a
    group or a copy on two sides is always refused; call `refuse_leakage` before for
    near duplicates and labels in texts.

    Args:
        examples: The rows of all splits.
        task_name: Name of the task.
        task_version: Digest of the task definition.
        labels: The labels, in the task's order.
        into: Folder of all datasets; made if it is missing.
        left_out: How many rows were left out before, for each reason.
        provenance: What the dataset cannot know of itself; no part of its name.

    Returns:
        The dataset, in `into` below the first 12 digits of its digest.

    Raises:
        DataError: The examples cannot teach or examine (see `refuse_unfit`).
        LeakageError: An item, a group or a copy stands in two splits.
        IntegrityError: The folder is there and is not what its name says.
    """
    refuse_unfit(examples, labels)
    rows = sorted(examples, key=_canonical)
    bare = _dataset(
        rows,
        task_name=task_name,
        task_version=task_version,
        labels=tuple(labels),
        left_out=tuple(left_out),
    )
    folder = dataset_folder(into, bare.id)
    if folder.exists():
        return _found(folder, bare)
    partial = into / f".{folder.name}.partial"
    with boundary(DataError, f"write the dataset {folder.name}"):
        if partial.exists():
            shutil.rmtree(partial)  # what a killed freeze left
        partial.mkdir(parents=True)
        _fill(partial, bare, rows, provenance=provenance or Provenance())
        partial.replace(folder)  # the rename is the commit: all of it or nothing
        _to_disk(into)
    return read_manifest(folder)


def dataset_folder(into: Path, dataset: Digest) -> Path:
    """Tell where a dataset lies below the folder of all datasets."""
    return into / dataset.removeprefix("sha256:")[:12]


def read_dataset(folder: Path) -> tuple[Dataset, tuple[Example, ...]]:
    """Read a frozen dataset, every file checked against its digest.

    Returns:
        The dataset and its examples, split by split, each in canonical order.

    Raises:
        DataError: There is no dataset in the folder, or its texts were erased.
        IntegrityError: A file is missing or changed, or the rows are not those the
            dataset is named by; the message names the file.
    """
    dataset = read_manifest(folder)
    for entry in dataset.files:
        check_file(folder, entry)
    splits = [name for name, count in dataset.counts if count]
    rows = [row for split in splits for row in read_rows(folder / f"{split}.parquet")]
    again = _dataset(
        sorted(rows, key=_canonical),
        task_name=dataset.task,
        task_version=dataset.task_version,
        labels=dataset.labels,
        left_out=dataset.left_out,
    )
    if (again.id, again.counts) != (dataset.id, dataset.counts):
        raise IntegrityError(
            f"{folder.name} is not the dataset that {MANIFEST} names",
            why=f"its rows give {again.id}",
        )
    return dataset, tuple(rows)


def read_split(folder: Path, split: str) -> tuple[Example, ...]:
    """Read one split and open no other: training never opens the exam.

    Args:
        folder: Folder of the dataset.
        split: `teaching`, `calibration`, `exam` or `later`.

    Returns:
        The examples in canonical order; none if the split is empty.

    Raises:
        DataError: There is no dataset in the folder, or no such split.
        IntegrityError: The manifest or the split's file is missing or changed.
    """
    dataset = read_manifest(folder)
    if split not in SPLITS:
        raise DataError(
            f"there is no split {split!r}",
            why=f"splits are {', '.join(SPLITS)}",
            code="dataset.no-split",
        )
    name = f"{split}.parquet"
    entry = next((one for one in dataset.files if one.name == name), None)
    if entry is None:
        return ()
    check_file(folder, entry)
    return read_rows(folder / name)


def _canonical(row: Example) -> tuple[str, str]:
    return row.item, row.split


def _dataset(
    rows: Sequence[Example],
    *,
    task_name: str,
    task_version: Digest,
    labels: tuple[str, ...],
    left_out: tuple[tuple[str, int], ...],
) -> Dataset:
    counts = Counter(row.split for row in rows)
    groups = Counter(split for split, _ in {(row.split, row.group) for row in rows})
    content = digest_of(
        {
            "examples": [digest_of(to_json(row)) for row in rows],
            "labels": labels,
            "task_version": task_version,
        }
    )
    return Dataset(
        id=content,
        task=task_name,
        task_version=task_version,
        labels=labels,
        languages=tuple(sorted({row.language for row in rows})),
        counts=tuple((split, counts[split]) for split in SPLITS),
        groups=tuple((split, groups[split]) for split in SPLITS),
        left_out=left_out,
        files=(),
    )


def _found(folder: Path, wanted: Dataset) -> Dataset:
    dataset, _ = read_dataset(folder)
    if dataset.id != wanted.id:
        raise IntegrityError(
            f"{folder} is another dataset",
            why=f"it is {dataset.id}, and {wanted.id} was to be written there",
            hint="move it away and freeze again",
        )
    return dataset


def _fill(
    folder: Path, bare: Dataset, rows: Sequence[Example], *, provenance: Provenance
) -> None:
    found: tuple[LabelFound, ...] = count_labels(rows, bare.labels)
    parquet: dict[str, FileEntry] = {}
    for split, count in bare.counts:
        if count:
            path = folder / f"{split}.parquet"
            write_rows([row for row in rows if row.split == split], path)
            parquet[split] = _entry(path)
    card = folder / "README.md"
    card.write_text(
        write_card(bare, rows, found=found, provenance=provenance), encoding="utf-8"
    )
    croissant = folder / "croissant.json"
    described = describe(bare, parquet, provenance)
    pretty = json.dumps(described, indent=2, ensure_ascii=False) + "\n"
    croissant.write_text(pretty, encoding="utf-8")
    files = (*parquet.values(), _entry(card), _entry(croissant))
    write_manifest(folder, bare, files=files, found=found, provenance=provenance)
    for path in [*folder.iterdir(), folder]:
        _to_disk(path)


def _entry(path: Path) -> FileEntry:
    return FileEntry(name=path.name, digest=digest_file(path), size=path.stat().st_size)


def check_file(folder: Path, entry: FileEntry) -> None:
    """Refuse a file of a dataset that is missing, was changed or was erased."""
    path = folder / entry.name
    if not path.is_file():
        refuse_erased(folder)
        raise IntegrityError(
            f"{entry.name} is missing from the dataset {folder.name}",
            code="dataset.changed",
        )
    found = digest_file(path)
    if found != entry.digest:
        raise IntegrityError(
            f"{entry.name} of the dataset {folder.name} was changed",
            why=f"it is {found} and must be {entry.digest}",
            hint="take the folder away and freeze again",
            code="dataset.changed",
        )


def _to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
