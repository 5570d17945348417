# SPDX-License-Identifier: Apache-2.0
"""What a store promises, whichever database keeps it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Protocol, Self, TypeAlias, TypeVar

from maalem.records import Digest, Erasure, Json, Record
from maalem.store.entry import Entry
from maalem.store.keys import SigningKey
from maalem.store.tables import Tables, WordTable

R = TypeVar("R", bound=Record)
T = TypeVar("T")

Clock: TypeAlias = Callable[[], datetime]
"""Gives the present time, aware, in any zone; written down in UTC."""

NO_DETAILS: Mapping[str, Json] = MappingProxyType({})


class Store(Protocol):
    """Keeps blobs and records; every append is one entry of the ledger.

    All methods may be called from any thread of the process.
    """

    def __enter__(self) -> Self:
        """Give the store itself; leaving the block closes it."""
        ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the store; after an error without a last checkpoint."""
        ...

    @property
    def origin(self) -> str:
        """Name of the ledger, the first line of its checkpoints."""
        ...

    @property
    def signing_key(self) -> SigningKey:
        """The key that signs checkpoints.

        Raises:
            SettingsError: Other users of the machine may read the key file.
            IntegrityError: It is missing, damaged or another ledger's.
        """
        ...

    @property
    def words(self) -> WordTable:
        """How passages are found by their words; `WordIndex` is made with it."""
        ...

    def put(self, content: bytes) -> Digest:
        """Keep some bytes; the ledger learns of them with the next entry.

        The bytes are on the disk when this returns.

        Raises:
            DataError: These bytes were erased.
        """
        ...

    def put_file(self, path: Path) -> Digest:
        """Keep a copy of a file, read in pieces; otherwise as `put`."""
        ...

    def read(self, digest: Digest) -> bytes:
        """Give the bytes of a blob.

        Raises:
            DataError: There is no such blob.
            IntegrityError: The bytes are not what their name says.
        """
        ...

    def path_of(self, digest: Digest) -> Path:
        """Give the file of a blob, for reading only; its bytes are not checked.

        Raises:
            DataError: There is no such blob.
        """
        ...

    def append(
        self,
        action: str,
        records: Sequence[Record] = (),
        *,
        details: Mapping[str, Json] = NO_DETAILS,
    ) -> Entry | None:
        """Write records and one ledger entry, all of it or nothing.

        A record whose kind and id are there already is not written again.

        Args:
            action: Name of the deed.
            records: What it brought; may be empty.
            details: Digests, counts and settings; never text of documents or answers.

        Returns:
            The entry; none if records were given and all of them were there already.

        Raises:
            DataError: A record or the details have no canonical JSON form, or a record
                was erased; nothing was written.
            UsageError: The store was opened for reading.
            MaalemError: The disk refused; nothing was written.
        """
        ...

    def erase(
        self, erasure: Erasure, *, details: Mapping[str, Json] = NO_DETAILS
    ) -> Entry:
        """Forget the content of records and blobs for good; names and hashes stay.

        The erasure is written as one entry `forget`; then content is destroyed where it
        lies: rows, the keys that nothing else is encrypted under, blobs, the index of
        words, the database's log. After a kill in between, the next opening for writing
        finishes what the ledger says. Erasing twice is once.

        Args:
            erasure: What is forgotten, and why.
            details: As for `append`.

        Returns:
            The entry; that of the first time, if it was erased before.

        Raises:
            DataError: A record or blob that it names is not there; nothing was erased.
            BusyError: It is in the ledger, and another program that reads the project
                is in the way of destroying all of it; the next opening does.
            UsageError: The store was opened for reading.
            MaalemError: The disk refused; as with a kill.
        """
        ...

    def is_erased(self, record_type: type[Record], record_id: Digest) -> bool:
        """Tell whether the content of a record was erased; `has` then says no."""
        ...

    def change(self, deed: Callable[[Tables], T]) -> T:
        """Change the tables that may change, all of it or nothing, durably.

        They hold what must be forgotten or what passes: names, sessions, leases. What
        the ledger must know of it is appended besides.

        Args:
            deed: Runs inside one transaction, or in two if another deed fails; it waits
                for nothing and calls no other method of the store.

        Raises:
            UsageError: The store was opened for reading.
            MaalemError: The disk refused; nothing was changed.
        """
        ...

    def look(self, deed: Callable[[Tables], T]) -> T:
        """Read the tables that may change."""
        ...

    def has(self, record_type: type[Record], record_id: Digest) -> bool:
        """Tell whether a record is there."""
        ...

    def get(self, record_type: type[R], record_id: Digest) -> R:
        """Give one record.

        Raises:
            DataError: There is none, or it was erased: then by whom, when and why.
            IntegrityError: Its row is not what its digest says.
        """
        ...

    def find(self, record_type: type[R], topic: str | None = None) -> Iterator[R]:
        """Give records in the order in which they were written, a page at a time.

        What is appended after the first record was asked for is not seen, nor what was
        erased.

        Raises:
            IntegrityError: A row is not what its digest says.
        """
        ...

    def rows(
        self, record_type: type[R], *, after: int, most: int
    ) -> list[tuple[int, R]]:
        """Give records for an index that is kept beside them.

        Args:
            record_type: Their type.
            after: Number of the last row that the index has; -1 for none.
            most: How many to give at most.

        Returns:
            The number of each row, and the record, in order.
        """
        ...

    def count(self, record_type: type[Record], topic: str | None = None) -> int:
        """Count records."""
        ...

    def entries(self, action: str | None = None) -> Iterator[Entry]:
        """Give ledger entries in their order, a page at a time, as `find` does."""
        ...

    def checkpoint(self) -> str:
        """Sign the ledger as it stands, keep the checkpoint and give it.

        Source:
            C2SP, "Transparency Log Checkpoints" (tlog-checkpoint) and "Note"
            (signed-note), Ed25519.
        """
        ...

    def inclusion(self, index: int) -> str:
        """Give the proof that an entry is in the ledger, with its leaf and checkpoint.

        Source:
            C2SP, "Transparency Log Proofs" (tlog-proof); the entry's canonical JSON
            is the extra data, so that the text proves itself with the public key alone.

        Raises:
            DataError: There is no such entry.
        """
        ...

    def close(self) -> None:
        """Store a last checkpoint and let go of the folder; twice is once."""
        ...
