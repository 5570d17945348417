# SPDX-License-Identifier: Apache-2.0
"""A frozen dataset whose texts were erased: what is left of it, and why no more.

Manifest and card stay, so that who was taught by it can still be told; the files with
rows go. A note beside them names each row by its item, which is a digest, and each
group that still stands in the corpus by a digest, so that it can be told what a model
has seen without any of its texts.
"""

import json
import os
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from maalem.dataset.manifest import read_manifest
from maalem.dataset.parquet import read_rows
from maalem.errors import DataError, IntegrityError, boundary
from maalem.records import Digest, digest_of, from_json, to_json

NOTE = "erased.json"
SCHEMA = "maalem.erased/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasedRow:
    """A row that was there.

    Attributes:
        item: The item that it was made from.
        split: Where it stood.
        group: Digest of its group; none where the group was erased with its documents.
    """

    item: Digest
    split: str
    group: Digest | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What is known of a dataset whose texts were erased.

    Attributes:
        dataset: The dataset.
        rows: Its rows, by name alone.
        entries: Indices of the ledger's entries that say what was forgotten.
    """

    dataset: Digest
    rows: tuple[ErasedRow, ...]
    entries: tuple[int, ...] = ()


def group_name(group: str) -> Digest:
    """Name a group without saying it."""
    return digest_of({"group": group})


def find_erased(folder: Path) -> Erased | None:
    """Give what is known of a dataset whose texts were erased; none if they were not.

    Raises:
        IntegrityError: The note cannot be read.
    """
    path = folder / NOTE
    if not path.is_file():
        return None
    with boundary(IntegrityError, f"read {NOTE} of the dataset {folder.name}"):
        found = json.loads(path.read_bytes())
        return from_json(Erased, found["erased"])


def refuse_erased(folder: Path) -> None:
    """Refuse a dataset whose texts were erased, and name the entry that says why.

    Raises:
        DataError: They were.
    """
    found = find_erased(folder)
    if found is None:
        return
    entries = ", ".join(map(str, found.entries)) or "not written yet"
    raise DataError(
        f"the texts of the dataset {folder.name} were erased",
        why=f"somebody asked for it; entry of the ledger: {entries}",
        hint="freeze again: the new dataset is made without them",
        code="dataset.erased",
    )


def rows_named(folder: Path) -> tuple[ErasedRow, ...]:
    """Name the rows of a dataset, whether their texts are still there or not.

    Its files are not checked: what is to be erased is so also where it was changed.

    Raises:
        DataError: There is no dataset in the folder.
        IntegrityError: A file of it cannot be read.
    """
    found = find_erased(folder)
    return found.rows if found else tuple(_rows(folder))


def erase_texts(folder: Path, *, gone: Collection[Digest]) -> None:
    """Take the files with rows away and leave a note; repeated, it finishes.

    Args:
        folder: Folder of the dataset.
        gone: Names of the groups of which no document is left (see `group_name`).

    Raises:
        DataError: There is no dataset in the folder.
    """
    dataset = read_manifest(folder)
    before = find_erased(folder)
    rows = tuple(
        ErasedRow(item=one.item, split=one.split) if one.group in gone else one
        for one in rows_named(folder)
    )
    entries = before.entries if before else ()
    # The note first: a kill leaves rows that the next call takes away, never no note.
    _write(folder, Erased(dataset=dataset.id, rows=rows, entries=entries))
    for entry in dataset.files:
        if entry.name.endswith(".parquet"):
            (folder / entry.name).unlink(missing_ok=True)
    _to_disk(folder)


def note_entry(folder: Path, entry: int) -> None:
    """Write down which entry of the ledger says what was forgotten; twice is once."""
    found = find_erased(folder)
    if found is None or entry in found.entries:
        return
    entries = tuple(sorted({*found.entries, entry}))
    _write(folder, Erased(dataset=found.dataset, rows=found.rows, entries=entries))


def _rows(folder: Path) -> Iterable[ErasedRow]:
    for entry in read_manifest(folder).files:
        path = folder / entry.name
        if path.suffix == ".parquet" and path.is_file():
            for row in read_rows(path):
                group = group_name(row.group)
                yield ErasedRow(item=row.item, split=row.split, group=group)


def _write(folder: Path, erased: Erased) -> None:
    content = {"schema": SCHEMA, "erased": to_json(erased)}
    partial = folder / f".{NOTE}.partial"
    partial.write_text(json.dumps(content, indent=1), encoding="utf-8")
    _to_disk(partial)
    partial.replace(folder / NOTE)
    _to_disk(folder)


def _to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
