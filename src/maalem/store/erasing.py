# SPDX-License-Identifier: Apache-2.0
"""How content is forgotten: first in one transaction, then in every place it left.

What was erased stands in the ledger before anything is destroyed, so that whoever opens
the store after a kill finishes what the ledger says.
"""

from collections.abc import Mapping

from maalem.errors import DataError, IntegrityError
from maalem.records import Erasure, Json, Passage
from maalem.store.blobs import BlobFolder
from maalem.store.database import Access, Database, transaction
from maalem.store.durable import DamageError
from maalem.store.entry import Entry
from maalem.store.erased import BLOB
from maalem.store.rows import read_entry, row_of
from maalem.store.scribe import Scribe
from maalem.store.subject_keys import SubjectKeys
from maalem.store.tables import Tables, WordTable

FORGET = "forget"
"""Action of the entry that an erasure is written with."""

_ENTRY = (
    "SELECT entry.body FROM record JOIN entry ON entry.seq = record.entry "
    "WHERE record.kind = ? AND record.id = ?"
)
_ERASED = "INSERT INTO erased (kind, id, entry) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
_UNUSED = (
    "SELECT DISTINCT record.key FROM erased JOIN record "
    "ON record.kind = erased.kind AND record.id = erased.id "
    "WHERE record.key IS NOT NULL AND NOT EXISTS (SELECT 1 FROM record AS live "
    "WHERE live.key = record.key AND live.body <> '')"
)
_EMPTY = "UPDATE record SET body = '' WHERE kind = ? AND id = ?"


def write_erasure(
    scribe: Scribe,
    database: Database,
    deed: tuple[Erasure, Mapping[str, Json]],
    *,
    words: WordTable,
) -> Entry:
    """Empty the named records and say so in the ledger, in the open transaction.

    Args:
        scribe: What writes the entry.
        database: The connection that writes.
        deed: The erasure, and more to say in the entry.
        words: The index of passages.

    Returns:
        The entry; that of the first time, if it was written before.

    Raises:
        DataError: It names a record or a blob that is not there, or an erasure.
    """
    erasure, details = deed
    told = database.execute(_ENTRY, (Erasure.kind, erasure.id)).fetchone()
    if told is not None:
        return read_entry(told[0])
    rows = _rows_named(database, erasure)
    _refuse_unknown_blobs(database, erasure)
    counted = {"records": len(erasure.erased), "blobs": len(erasure.blobs)}
    said = {"erasure": erasure.id, **counted, **details}
    entry = scribe.append((FORGET, said), [row_of(erasure)], {})
    if entry is None:
        raise DamageError(f"the erasure {erasure.id} is there and has no entry")
    names = [*erasure.erased, *((BLOB, blob) for blob in erasure.blobs)]
    database.executemany(_ERASED, [(*name, entry.index) for name in names])
    words.erase(database, rows)
    database.executemany(_EMPTY, erasure.erased)
    database.execute("INSERT INTO erasing (entry) VALUES (?)", (entry.index,))
    return entry


def finish_erasing(access: Access, blobs: BlobFolder, keys: SubjectKeys) -> None:
    """Destroy what the ledger says was erased and what is still there.

    The caller has the writing connection to itself, and no transaction is open. What
    came back from an older copy of blobs or keys is forgotten again.

    Raises:
        BusyError: A reader holds the database's log open; it stays to be done.
        IntegrityError: The file of keys lacks some that rows were encrypted under.
    """
    database = access.writing
    if database is None:
        return
    _refuse_lost_keys(database, keys)
    keys.destroy(key for (key,) in database.execute(_UNUSED).fetchall())
    query = "SELECT id FROM erased WHERE kind = ?"
    for (name,) in database.execute(query, (BLOB,)).fetchall():
        blobs.destroy(name)
    if database.execute("SELECT 1 FROM erasing").fetchone() is None:
        return
    access.scrub(database)
    with transaction(database):
        database.execute("DELETE FROM erasing")


def _refuse_lost_keys(database: Tables, keys: SubjectKeys) -> None:
    """Refuse to go on with an old copy of the keys, which would give numbers twice."""
    query = "SELECT max(key) FROM record WHERE key IS NOT NULL"
    row = database.execute(query).fetchone()
    needed = int(row[0] or 0) if row else 0
    if needed > keys.last:
        raise IntegrityError(
            f"texts were encrypted under {needed} keys, and {keys.last} are there",
            why="keys/subject.keys is missing, or an older copy took its place",
            hint="restore the file from the latest backup of your keys",
            code="store.text-keys",
        )


def _rows_named(database: Tables, erasure: Erasure) -> list[int]:
    """Give the rows of the passages that an erasure names."""
    query = "SELECT seq FROM record WHERE kind = ? AND id = ?"
    passages = []
    for kind, name in erasure.erased:
        row = database.execute(query, (kind, name)).fetchone()
        if row is None:
            raise DataError(
                f"there is no {kind} {name} to erase",
                why="nothing was erased",
                code="store.no-record",
            )
        if kind == Erasure.kind:
            raise DataError(
                f"the erasure {name} cannot be erased",
                why="it is what the ledger says was forgotten, and has no content",
                code="store.no-erasing",
            )
        if kind == Passage.kind:
            passages.append(int(row[0]))
    return passages


def _refuse_unknown_blobs(database: Tables, erasure: Erasure) -> None:
    query = "SELECT 1 FROM blob WHERE digest = ?"
    for name in erasure.blobs:
        if database.execute(query, (name,)).fetchone() is None:
            raise DataError(
                f"no entry names a blob {name} to erase",
                why="nothing was erased",
                code="store.no-blob",
            )
