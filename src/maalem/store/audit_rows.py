# SPDX-License-Identifier: Apache-2.0
"""Whether entries, record rows, blobs and pages are as they were written.

The checks run on one snapshot, with text as bytes, and read whole tables in order.
"""

from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from maalem.errors import MaalemError
from maalem.records import Digest
from maalem.store.audit_erased import Forgotten
from maalem.store.blobs import BlobFolder
from maalem.store.database import Database
from maalem.store.durable import DATABASE_ERRORS
from maalem.store.erased import BLOB
from maalem.store.merkle import WIDTH, leaf_hash
from maalem.store.rows import blob_leaf, read_entry, record_leaf, rows_digest
from maalem.store.tables import Cells

_ENTRIES = "SELECT seq, action, body FROM entry ORDER BY seq"
_RECORDS = "SELECT entry, kind, id, topic, body, leaf FROM record ORDER BY seq"
_BLOBS = "SELECT entry, digest, size FROM blob ORDER BY entry, digest"


class Fault(NamedTuple):
    """Something that is not as it was written.

    Attributes:
        entry: The first entry it touches; none if it touches no single one.
        what: One sentence for a person.
        covers: Entries that a wrong checkpoint vouches for, else 0.
    """

    entry: int | None
    what: str
    covers: int = 0


class _RowsByEntry:
    """Gives the rows of one entry after the other, in the order of their writing.

    Attributes:
        strays: Rows that say they belong to an entry that was over before them.
    """

    def __init__(self, database: Database, query: str) -> None:
        self._rows = iter(database.execute(query))
        self._ahead = next(self._rows, None)
        self.strays: list[Fault] = []

    def of(self, entry: int) -> list[Cells]:
        """Give the rows of an entry; entries are asked for in their order."""
        rows = []
        ahead = self._ahead
        while ahead is not None and ahead[0] <= entry:
            if ahead[0] == entry:
                rows.append(ahead)
            else:
                self.strays.append(_stray(ahead))
            ahead = next(self._rows, None)
        self._ahead = ahead
        return rows

    def first_stray(self) -> list[Fault]:
        """Give the stray under the lowest entry, of those seen and those left."""
        left = (
            [] if self._ahead is None else map(_stray, chain([self._ahead], self._rows))
        )
        first = min(chain(self.strays, left), default=None)
        return [] if first is None else [first]


def _stray(row: Cells) -> Fault:
    entry = max(row[0], 0)
    return Fault(entry, f"a row was put under entry {row[0]}, which did not write it")


def entry_faults(
    database: Database, forgotten: Forgotten
) -> tuple[bytes, int, list[Fault]]:
    """Check every entry and the rows written with it.

    Args:
        database: The snapshot.
        forgotten: What its entries say was erased.

    Returns:
        The hashes of the leaves, 32 bytes each, as far as no entry is missing; how
        many records were emptied as the ledger says; and the first fault of each sort.
    """
    leaves, faults, emptied = bytearray(), list[Fault](), 0
    try:
        records = _RowsByEntry(database, _RECORDS)
        blobs = _RowsByEntry(database, _BLOBS)
        for index, (seq, action, body) in enumerate(database.execute(_ENTRIES)):
            if seq != index:
                faults.append(Fault(index, f"entry {index} is gone"))
                break
            leaves += leaf_hash(body)
            rows = _Rows(records.of(index), blobs.of(index), forgotten)
            emptied += sum(not row[4] for row in rows.records)
            if not faults:
                faults += _faults_of_entry(index, (action, body), rows)
        faults += records.first_stray() + blobs.first_stray()
    except DATABASE_ERRORS as error:
        index = len(leaves) // WIDTH
        faults.append(
            Fault(index, f"entry {index} or its rows cannot be read: {error}")
        )
    return bytes(leaves), emptied, faults


class _Rows(NamedTuple):
    """The rows of one entry, and what was erased since."""

    records: Sequence[Cells]
    blobs: Sequence[Cells]
    forgotten: Forgotten


def _faults_of_entry(index: int, told: tuple[bytes, bytes], rows: _Rows) -> list[Fault]:
    """Hold an entry against its place, its filing and its rows.

    Canonical JSON sorts its keys, so a sound leaf begins with the action and ends with
    index and digest; only one that does not is read, to say what is wrong with it.
    """
    records, blobs, forgotten = rows
    leaves, edited = [], []
    for row in records:
        by = forgotten.by(row[1], row[2], after=index)
        leaf = row[5] if by is not None else record_leaf(row[1:4], row[4])
        leaves.append(leaf)
        if row[5] != leaf or (by is None) != bool(row[4]):
            edited.append(_edited(index, row, by))
    leaves += [blob_leaf(digest.decode(), size) for _, digest, size in blobs]
    digest = rows_digest(leaves)
    action, body = told
    begins = body.startswith(b'{"action":"%b",' % action)
    ends = body.endswith(
        b',"index":%d,"records_digest":"%b"}' % (index, digest.encode())
    )
    if begins and ends and not edited:
        return []
    if edited:
        return edited[:1]
    return _explained(index, told, digest=digest, found=(len(records), len(blobs)))


def _edited(index: int, row: Cells, by: int | None) -> Fault:
    name = row[2].decode(errors="replace")
    if by is not None:
        what = f"entry {by} erased the record {name} of entry {index}, and its content"
        return Fault(index, f"{what} is there again")
    if not row[4]:
        what = f"the record {name} of entry {index} was emptied"
        return Fault(index, f"{what}, and no later entry forgets it")
    return Fault(index, f"a record of entry {index} was edited: {row[2]!r}")


def _explained(
    index: int, told: tuple[bytes, bytes], *, digest: str, found: tuple[int, int]
) -> list[Fault]:
    """Say what is wrong with an entry; nothing, if only its action is written oddly."""
    try:
        entry = read_entry(told[1])
    except MaalemError as error:
        return [Fault(index, f"entry {index} cannot be read: {error.why}")]
    whats = []
    if entry.index != index:
        whats.append(f"entry {index} says that it is entry {entry.index}")
    if entry.action.encode() != told[0]:
        whats.append(f"entry {index} is filed under another deed")
    if (entry.added, entry.blobs) != found:
        wrote = f"{entry.added} records and {entry.blobs} blobs"
        whats.append(
            f"entry {index} wrote {wrote}; {found[0]} and {found[1]} are there"
        )
    if entry.records_digest != digest:
        whats.append(f"the rows of entry {index} are not those that it wrote")
    return [Fault(index, what) for what in whats]


def blob_faults(database: Database, folder: Path, forgotten: Forgotten) -> list[Fault]:
    """Check that every blob is there, byte for byte, and none that was erased."""
    blobs = BlobFolder(folder)
    try:
        for entry, digest, size in database.execute(_BLOBS):
            name = Digest(digest.decode(errors="replace"))
            by = forgotten.by(BLOB.encode(), digest, after=entry)
            if by is not None:
                if by not in forgotten.pending and blobs.is_sound(name):
                    what = f"entry {by} erased the blob {name}, and it is there again"
                    return [Fault(entry, what)]
                continue
            try:
                is_sound = blobs.is_sound(name)
                why = "is missing or damaged"
            except (OSError, MaalemError) as error:
                is_sound, why = False, f"cannot be read: {error}"
            if not is_sound or blobs.path_of(name).stat().st_size != size:
                return [Fault(entry, f"the blob {name} of entry {entry} {why}")]
    except DATABASE_ERRORS as error:
        return [Fault(None, f"the list of blobs cannot be read: {error}")]
    return []
