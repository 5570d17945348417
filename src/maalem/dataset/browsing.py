# SPDX-License-Identifier: Apache-2.0
"""Rows of a frozen dataset, a page at a time, without making objects of all of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from maalem.dataset.folder import check_file
from maalem.dataset.manifest import read_manifest
from maalem.dataset.parquet import batches_of, rows_at
from maalem.dataset.splits import SPLITS
from maalem.records import Digest, Example


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which rows are wanted; what is empty is any.

    Attributes:
        split: One of `SPLITS`; any other has no rows.
        label: Settled label.
        language: Language of the text.
    """

    split: str = ""
    label: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """What tells two versions of a dataset apart in one row.

    Attributes:
        item: The item.
        label: Its settled label.
        split: Where it stands.
    """

    item: Digest
    label: str
    split: str


def browse(
    folder: Path, choice: Choice, *, skip: int, count: int
) -> tuple[Example, ...]:
    """Give some of the rows that are wanted, split by split, in canonical order.

    Args:
        folder: Folder of the dataset.
        choice: Which are wanted.
        skip: How many of them to pass over, 0 or more.
        count: Most rows to give.

    Raises:
        DataError: There is no dataset in the folder.
        IntegrityError: A file of it was changed.
    """
    found: list[Example] = []
    splits = (choice.split,) if choice.split else SPLITS
    for batch in (one for split in splits for one in _batches(folder, split)):
        places = _wanted(batch, choice)
        here = places[skip : skip + count - len(found)]
        skip = max(0, skip - len(places))
        if here:
            found += rows_at(batch, here)
        if len(found) >= count:
            break
    return tuple(found)


def every_row(folder: Path) -> Iterator[Example]:
    """Give all rows, each file checked against its digest when it is opened.

    `read_dataset` also proves that the rows are those the dataset is named by, which
    takes ten times as long.

    Raises:
        DataError: There is no dataset in the folder.
        IntegrityError: A file of it was changed.
    """
    for batch in (one for split in SPLITS for one in _batches(folder, split)):
        yield from rows_at(batch, range(batch.num_rows))


def find_row(folder: Path, item: Digest) -> Example | None:
    """Give the row of an item, if the dataset has it.

    Raises:
        DataError: There is no dataset in the folder.
        IntegrityError: A file of it was changed.
    """
    for batch in (one for split in SPLITS for one in _batches(folder, split)):
        items = batch.column("item").to_pylist()
        if item in items:
            return rows_at(batch, [items.index(item)])[0]
    return None


def marks_of(folder: Path) -> Iterator[Mark]:
    """Give item, label and split of every row, and read nothing else of them.

    Raises:
        DataError: There is no dataset in the folder.
        IntegrityError: A file of it was changed.
    """
    for batch in (one for split in SPLITS for one in _batches(folder, split)):
        columns = (
            batch.column(name).to_pylist() for name in ("item", "label", "split")
        )
        yield from map(Mark, *columns)


def _batches(folder: Path, split: str) -> Iterator[Any]:
    for entry in read_manifest(folder).files:
        if entry.name == f"{split}.parquet":
            check_file(folder, entry)
            yield from batches_of(folder / entry.name)


def _wanted(batch: Any, choice: Choice) -> Sequence[int]:  # noqa: ANN401  # arro3 has no stubs
    """Number the wanted rows of a batch; only what is asked about is read."""
    places: Sequence[int] = range(batch.num_rows)
    for name, wanted in (("label", choice.label), ("language", choice.language)):
        if wanted:
            cells = batch.column(name).to_pylist()
            places = [place for place in places if cells[place] == wanted]
    return places
