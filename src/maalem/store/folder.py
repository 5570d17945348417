# SPDX-License-Identifier: Apache-2.0
"""A store in one folder: blobs, keys and checkpoints as files, and tables."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from maalem.errors import UsageError
from maalem.records import Digest, Erasure, Json, Record
from maalem.store.blobs import BlobFolder
from maalem.store.committing import GroupCommit
from maalem.store.database import Access, Database, snapshot
from maalem.store.durable import facing_disk, write_whole
from maalem.store.entry import Entry
from maalem.store.envelopes import Envelopes
from maalem.store.erasing import finish_erasing, write_erasure
from maalem.store.keys import SigningKey
from maalem.store.ledger import newest_checkpoint, proof_of, signed_checkpoint
from maalem.store.protocol import NO_DETAILS, Clock, R, T
from maalem.store.reading import Reader
from maalem.store.rows import row_of
from maalem.store.scribe import Scribe
from maalem.store.subject_keys import SUBJECT_KEYS, SubjectKeys
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
        self._reading, self._copying = threading.Lock(), threading.Lock()
        self._text_keys = SubjectKeys(folder / SUBJECT_KEYS)
        envelopes = Envelopes(self._text_keys)
        self._reader = Reader(access.reading, self._reading, envelopes)
        self._writes: GroupCommit | None = None
        if access.writing is not None:
            self._scribe = Scribe(access.writing, envelopes, clock=clock, actor=actor)
            self._writes = GroupCommit(
                access.writing, begun=self._scribe.tail.forget, tender=access.tender
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
            digest = self._blobs.put(content, admit=self._reader.admit)
        self._loose[digest] = len(content)
        return digest

    def put_file(self, path: Path) -> Digest:
        """Keep a copy of a file."""
        self._refuse_reader()
        with facing_disk(f"keep a copy of {path}"):
            digest = self._blobs.put_file(path, admit=self._reader.admit)
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

        def write(_: Database) -> tuple[Entry | None, dict[Digest, int]]:
            taken = dict(self._loose)
            return self._scribe.append((action, details), rows, taken), taken

        with facing_disk("append to the ledger"):
            entry, taken = writes.run(write)
        for digest in () if entry is None else taken:
            self._loose.pop(digest, None)
        return entry

    def erase(
        self, erasure: Erasure, *, details: Mapping[str, Json] = NO_DETAILS
    ) -> Entry:
        """Forget the content of records and blobs for good."""
        writes = self._refuse_reader()

        def write(database: Database) -> Entry:
            deed = (erasure, details)
            return write_erasure(self._scribe, database, deed, words=self.words)

        with facing_disk("erase"):
            entry = writes.run(write)
        self.finish_erasing()
        return entry

    def finish_erasing(self) -> None:
        """Destroy what the ledger says was erased and is still there."""
        with facing_disk("erase"), self._refuse_reader().turn:
            finish_erasing(self._access, self._blobs, self._text_keys)

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

    def is_erased(self, record_type: type[Record], record_id: Digest) -> bool:
        """Tell whether the content of a record was erased."""
        return self._reader.is_erased(record_type.kind, record_id)

    def get(self, record_type: type[R], record_id: Digest) -> R:
        """Give one record."""
        return self._reader.get(record_type, record_id)

    def find(self, record_type: type[R], topic: str | None = None) -> Iterator[R]:
        """Give records in the order in which they were written."""
        return self._reader.find(record_type, topic)

    def rows(
        self, record_type: type[R], *, after: int, most: int
    ) -> list[tuple[int, R]]:
        """Give records for an index that is kept beside them."""
        return self._reader.rows(record_type, after=after, most=most)

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
        self._text_keys.close()
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
