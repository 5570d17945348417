# SPDX-License-Identifier: Apache-2.0
"""What the entries of a ledger say was erased, for those who check its rows."""

import json
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from maalem.errors import MaalemError
from maalem.records import Erasure, from_json
from maalem.store.database import Database
from maalem.store.durable import DATABASE_ERRORS
from maalem.store.erased import BLOB
from maalem.store.erasing import FORGET
from maalem.store.tables import Cells

_ERASURES = (
    "SELECT record.entry, record.body FROM record "
    "JOIN entry ON entry.seq = record.entry "
    "WHERE record.kind = ? AND entry.action = ? ORDER BY record.seq"
)


class Forgotten(NamedTuple):
    """What entries `forget` name.

    Attributes:
        entries: By kind and id, in UTF-8, the last entry that forgets it.
        pending: Entries whose blobs may still lie there, as a kill came between.
        noted: What the table for looking up says, as pairs of kind and id.
    """

    entries: Mapping[tuple[bytes, bytes], int]
    pending: frozenset[int]
    noted: frozenset[tuple[bytes, bytes]]

    def by(self, kind: bytes, name: bytes, *, after: int) -> int | None:
        """Give the entry beyond another one that forgets something; none if none."""
        entry = self.entries.get((kind, name))
        return entry if entry is not None and entry > after else None

    def wrong_notes(self) -> list[tuple[int | None, str]]:
        """Give entries and names where the table says not what the entries say."""
        return [
            (self.entries.get(one), one[1].decode(errors="replace"))
            for one in sorted(self.noted ^ set(self.entries))
        ]


def read_forgotten(database: Database) -> Forgotten:
    """Read all erasures of a ledger; one that cannot be read erases nothing."""
    entries: dict[tuple[bytes, bytes], int] = {}
    for entry, body in database.execute(_ERASURES, (Erasure.kind, FORGET)):
        for name in _named(body):
            entries[name] = entry
    pending = frozenset(row[0] for row in _rows(database, "SELECT entry FROM erasing"))
    noted = frozenset(
        (row[0], row[1]) for row in _rows(database, "SELECT kind, id FROM erased")
    )
    return Forgotten(entries, pending, noted)


def _named(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    try:
        erasure = from_json(Erasure, json.loads(body))
        names = [*erasure.erased, *((BLOB, blob) for blob in erasure.blobs)]
        named = [(kind.encode(), name.encode()) for kind, name in names]
    except (ValueError, TypeError, AttributeError, MaalemError):
        return  # its own row is found to be edited
    yield from named


def _rows(database: Database, query: str) -> list[Cells]:
    """Give all rows; none of a schema from before anything could be erased."""
    try:
        return list(database.execute(query))
    except DATABASE_ERRORS:
        return []
