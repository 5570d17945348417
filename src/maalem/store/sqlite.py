# SPDX-License-Identifier: Apache-2.0
"""A store in one folder: SQLite in WAL mode, and blobs as files beside it."""

import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC
from pathlib import Path
from types import TracebackType
from typing import Self

from maalem.errors import UsageError
from maalem.records import Digest, Json, Record
from maalem.store.blobs import BlobFolder
from maalem.store.durable import facing_disk, write_whole
from maalem.store.keys import SigningKey
from maalem.store.ledger import (
    ledger_size,
    proof_of,
    signed_checkpoint,
    without_known,
    write_entry,
    write_rows,
)
from maalem.store.locking import FolderLock
from maalem.store.protocol import NO_DETAILS, Clock, Entry, R, T, Tables
from maalem.store.reading import Reader
from maalem.store.rows import Row, blob_leaf, row_of, rows_digest
from maalem.store.schema import transaction

BLOBS = "blobs"
CHECKPOINT = "ledger.checkpoint"
KEY = Path("keys", "ledger.key")
PUBLIC_KEY = Path("keys", "ledger.pub")


class SqliteStore:
    """The store of one folder; made by `create_store` and `open_store`.

    One thread writes at a time; readers never wait for the disk. After `append`
    returns, no loss of power takes the entry back (`synchronous = FULL`).
    """

    def __init__(
        self,
        folder: Path,
        database: sqlite3.Connection,
        *,
        origin: str,
        clock: Clock,
        actor: str,
        lock: FolderLock | None,
    ) -> None:
        self._folder = folder
        self._database = database
        self._origin = origin
        self._clock = clock
        self._actor = actor
        self._folder_lock = lock
        self._turn = threading.RLock()
        self._reader = Reader(database, self._turn)
        self._blobs = BlobFolder(folder / BLOBS)
        self._loose: dict[Digest, int] = {}  # blobs that no entry has named yet
        self._key: SigningKey | None = None
        self._is_closed = False

    def __enter__(self) -> Self:
        """Give the store itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the store; after an error without a last checkpoint."""
        if kind is None:
            self.close()
        else:
            self._let_go()

    @property
    def origin(self) -> str:
        """Name of the ledger."""
        return self._origin

    @property
    def signing_key(self) -> SigningKey:
        """The key that signs checkpoints."""
        if self._key is None:
            self._key = SigningKey.load(self._folder / KEY, self._origin)
        return self._key

    def put(self, content: bytes) -> Digest:
        """Keep some bytes."""
        self._refuse_reader()
        with facing_disk("keep a blob"):
            digest = self._blobs.put(content)
        self._remember(digest, len(content))
        return digest

    def put_file(self, path: Path) -> Digest:
        """Keep a copy of a file."""
        self._refuse_reader()
        with facing_disk(f"keep a copy of {path}"):
            digest = self._blobs.put_file(path)
            size = self._blobs.path_of(digest).stat().st_size
        self._remember(digest, size)
        return digest

    def read(self, digest: Digest) -> bytes:
        """Give the bytes of a blob."""
        with facing_disk(f"read the blob {digest}"):
            return self._blobs.read(digest)

    def path_of(self, digest: Digest) -> Path:
        """Give the file of a blob."""
        return self._blobs.path_of(digest)

    def append(
        self,
        action: str,
        records: Sequence[Record] = (),
        *,
        details: Mapping[str, Json] = NO_DETAILS,
    ) -> Entry | None:
        """Write records and one ledger entry in one transaction."""
        self._refuse_reader()
        rows = [row_of(record) for record in records]
        with facing_disk("append to the ledger"), self._turn:
            with transaction(self._database):
                fresh = without_known(self._database, rows)
                if rows and not fresh:
                    return None
                blobs = sorted(self._loose.items())
                entry = self._next_entry(action, details, rows=fresh, blobs=blobs)
                write_rows(self._database, fresh, blobs, entry=entry.index)
                write_entry(self._database, entry)
            self._loose.clear()
        return entry

    def change(self, deed: Callable[[Tables], T]) -> T:
        """Change the tables that may change, all of it or nothing, durably."""
        self._refuse_reader()
        with facing_disk("change a table"), self._turn, transaction(self._database):
            return deed(self._database)

    def look(self, deed: Callable[[Tables], T]) -> T:
        """Read the tables that may change."""
        with facing_disk("read a table"), self._turn:
            return deed(self._database)

    def has(self, record_type: type[Record], record_id: Digest) -> bool:
        """Tell whether a record is there."""
        return self._reader.has(record_type.kind, record_id)

    def get(self, record_type: type[R], record_id: Digest) -> R:
        """Give one record."""
        return self._reader.get(record_type, record_id)

    def find(self, record_type: type[R], topic: str | None = None) -> Iterator[R]:
        """Give records in the order in which they were written."""
        return self._reader.find(record_type, topic)

    def count(self, record_type: type[Record], topic: str | None = None) -> int:
        """Count records."""
        return self._reader.count(record_type.kind, topic)

    def entries(self, action: str | None = None) -> Iterator[Entry]:
        """Give ledger entries in their order."""
        return self._reader.entries(action)

    def checkpoint(self) -> str:
        """Sign the ledger as it stands, keep the checkpoint and give it.

        It is kept in the database and, for people to copy elsewhere, in the file
        `ledger.checkpoint`.
        """
        self._refuse_reader()
        key = self.signing_key
        with facing_disk("keep a checkpoint"), self._turn:
            with transaction(self._database):
                note = signed_checkpoint(self._database, key)
            copy = self._folder / CHECKPOINT
            if not copy.is_file() or copy.read_bytes() != note.encode():
                write_whole(copy, note.encode(), mode=0o644)
        return note

    def inclusion(self, index: int) -> str:
        """Give the proof that an entry is in the ledger."""
        with facing_disk("prove an entry"), self._turn:
            return proof_of(self._database, index, self.checkpoint())

    def close(self) -> None:
        """Store a last checkpoint and let go of the folder; twice is once."""
        try:
            if not self._is_closed and self._folder_lock is not None:
                self.checkpoint()
        finally:
            self._let_go()

    def _let_go(self) -> None:
        with self._turn:
            self._is_closed = True
            self._database.close()
            if self._folder_lock is not None:
                self._folder_lock.release()

    def _refuse_reader(self) -> None:
        if self._folder_lock is None:
            raise UsageError(
                f"{self._folder} was opened for reading only",
                hint="open it without read_only",
                code="store.read-only",
            )

    def _remember(self, digest: Digest, size: int) -> None:
        query = "SELECT 1 FROM blob WHERE digest = ?"
        with self._turn:
            if self._reader.one(query, (digest,)) is None:
                self._loose[digest] = size

    def _next_entry(
        self,
        action: str,
        details: Mapping[str, Json],
        *,
        rows: Sequence[Row],
        blobs: Sequence[tuple[Digest, int]],
    ) -> Entry:
        now = self._clock()
        if now.tzinfo is None:
            raise ValueError("the clock of a store gives aware times")
        leaves = [row.leaf for row in rows] + [blob_leaf(*blob) for blob in blobs]
        return Entry(
            index=ledger_size(self._database),
            at=now.astimezone(UTC).isoformat(timespec="milliseconds"),
            action=action,
            actor=self._actor,
            records_digest=rows_digest(leaves),
            added=len(rows),
            blobs=len(blobs),
            details=dict(details),
        )
