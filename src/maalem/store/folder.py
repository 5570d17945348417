# SPDX-License-Identifier: Apache-2.0
"""A store in one folder: blobs, keys and checkpoints as files, and tables."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from maalem.errors import UsageError
from maalem.records import Digest, Json, Record
from maalem.store.blobs import BlobFolder
from maalem.store.committing import GroupCommit
from maalem.store.database import Access, Database, snapshot
from maalem.store.durable import facing_disk, write_whole
from maalem.store.keys import SigningKey
from maalem.store.ledger import (
    Tail,
    newest_checkpoint,
    proof_of,
    signed_checkpoint,
    unnamed,
    without_known,
    write_rows,
)
from maalem.store.protocol import NO_DETAILS, Clock, Entry, R, T
from maalem.store.reading import Reader
from maalem.store.rows import Row, blob_leaf, moment, row_of, rows_digest
from maalem.store.tables import Tables

BLOBS = "blobs"
CHECKPOINT = "ledger.checkpoint"
KEY = Path("keys", "ledger.key")
PUBLIC_KEY = Path("keys", "ledger.pub")


class FolderStore:
    """The store of one folder; made by `create_store` and `open_store`.

    Many threads write at once and share their commits; readers never wait for the disk.
    After `append` returns, no loss of power takes the entry back.

    Attributes:
        words: How passages are found by their words.
    """

    def __init__(
        self, folder: Path, access: Access, *, origin: str, clock: Clock, actor: str
    ) -> None:
        self._folder = folder
        self._access = access
        self.words = access.words
        self._origin = origin
        self._clock = clock
        self._actor = actor
        self._reading, self._copying = threading.Lock(), threading.Lock()
        self._reader = Reader(access.reading, self._reading)
        self._writes: GroupCommit | None = None
        if access.writing is not None:
            self._tail = Tail(access.writing)
            self._writes = GroupCommit(
                access.writing, begun=self._tail.forget, tender=access.tender
            )
        self._blobs = BlobFolder(folder / BLOBS)
        self._loose: dict[Digest, int] = {}  # blobs that no entry may have named yet
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
        return SigningKey.load(
            self._folder / KEY, self._origin
        )  # a rotation changes it

    def put(self, content: bytes) -> Digest:
        """Keep some bytes."""
        self._refuse_reader()
        with facing_disk("keep a blob"):
            digest = self._blobs.put(content)
        self._loose[digest] = len(content)
        return digest

    def put_file(self, path: Path) -> Digest:
        """Keep a copy of a file."""
        self._refuse_reader()
        with facing_disk(f"keep a copy of {path}"):
            digest = self._blobs.put_file(path)
            self._loose[digest] = self._blobs.path_of(digest).stat().st_size
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
        writes = self._refuse_reader()
        rows = [row_of(record) for record in records]
        taken: dict[Digest, int] = {}

        def write(database: Database) -> Entry | None:
            fresh = without_known(database, rows)
            if rows and not fresh:
                return None
            taken.update(self._loose)
            blobs = unnamed(database, sorted(taken.items()))
            entry = self._next_entry(action, details, rows=fresh, blobs=blobs)
            self._tail.add(entry)  # first, as it refuses what has no JSON form
            write_rows(database, fresh, blobs, entry=entry.index)
            return entry

        with facing_disk("append to the ledger"):
            entry = writes.run(write)
        for digest in taken:
            self._loose.pop(digest, None)
        return entry

    def change(self, deed: Callable[[Tables], T]) -> T:
        """Change the tables that may change, all of it or nothing, durably."""
        writes = self._refuse_reader()
        with facing_disk("change a table"):
            return writes.run(deed)

    def look(self, deed: Callable[[Tables], T]) -> T:
        """Read the tables that may change, as they were at one moment."""
        with facing_disk("read a table"), self._reading, snapshot(self._access.reading):
            return deed(self._access.reading)

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
        """Sign the ledger as it stands, keep the checkpoint, copy it and give it."""
        writes, key = self._refuse_reader(), self.signing_key
        with facing_disk("keep a checkpoint"):
            note = writes.run(lambda database: signed_checkpoint(database, key))
            self._copy_checkpoint()
        return note

    def inclusion(self, index: int) -> str:
        """Give the proof that an entry is in the ledger."""
        note = self.checkpoint()
        with facing_disk("prove an entry"), self._reading:
            return proof_of(self._access.reading, index, note)

    def close(self) -> None:
        """Store a last checkpoint and let go of the folder; twice is once."""
        try:
            if not self._is_closed and self._writes is not None:
                self.checkpoint()
        finally:
            self._let_go()

    def _let_go(self) -> None:
        self._is_closed = True
        with self._reading:
            self._access.reading.close()
        if self._writes is not None:
            self._writes.close()
        if self._access.lock is not None:
            self._access.lock.release()

    def _refuse_reader(self) -> GroupCommit:
        if self._writes is None:
            raise UsageError(
                f"{self._folder} was opened for reading only",
                hint="open it without read_only",
                code="store.read-only",
            )
        return self._writes

    def _copy_checkpoint(self) -> None:
        """Copy the newest; of several threads the last one copies it."""
        copy = self._folder / CHECKPOINT
        with self._copying:
            with self._reading:
                note = newest_checkpoint(self._access.reading)
            content = "".join(note).encode()
            if not copy.is_file() or copy.read_bytes() != content:
                write_whole(copy, content, mode=0o644)

    def _next_entry(
        self,
        action: str,
        details: Mapping[str, Json],
        *,
        rows: Sequence[Row],
        blobs: Sequence[tuple[Digest, int]],
    ) -> Entry:
        leaves = [row.leaf for row in rows] + [blob_leaf(*blob) for blob in blobs]
        return Entry(
            index=self._tail.size,
            at=moment(self._clock),
            action=action,
            actor=self._actor,
            records_digest=rows_digest(leaves),
            added=len(rows),
            blobs=len(blobs),
            details=dict(details),
        )
