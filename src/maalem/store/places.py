# SPDX-License-Identifier: Apache-2.0
"""Where in the ledger a record stands, and what it is called from its first digits."""

from collections.abc import Iterable

from maalem.errors import DataError
from maalem.records import Digest, Record
from maalem.store.protocol import Store
from maalem.store.tables import Tables

_QUERY = "SELECT entry FROM record WHERE kind = ? AND id = ?"
_BEGINNING = "SELECT id FROM record WHERE kind = ? AND id LIKE ? ORDER BY id LIMIT ?"


def place_of(store: Store, record_type: type[Record], record_id: Digest) -> int:
    """Give the index of the ledger entry that a record was written with.

    Raises:
        DataError: There is no such record.
    """
    found = places_of(store, record_type, (record_id,))
    if record_id not in found:
        raise DataError(
            f"there is no {record_type.__name__} {record_id}", code="store.no-record"
        )
    return found[record_id]


def places_of(
    store: Store, record_type: type[Record], ids: Iterable[Digest]
) -> dict[Digest, int]:
    """Give the entries of many records; one that is not there is left out."""

    def read(tables: Tables) -> dict[Digest, int]:
        found: dict[Digest, int] = {}
        for one in ids:
            row = tables.execute(_QUERY, (record_type.kind, one)).fetchone()
            if row is not None:
                found[one] = int(row[0])
        return found

    return store.look(read)


def names_beginning(
    store: Store, record_type: type[Record], begins: str, *, most: int
) -> tuple[Digest, ...]:
    """Give the names of records that begin in some way, in their order.

    Args:
        store: The store.
        record_type: Their type.
        begins: The beginning of a digest, without `%` and `_`, which would be any.
        most: How many to give at most.
    """
    values = (record_type.kind, f"{begins}%", most)
    rows = store.look(lambda tables: tables.execute(_BEGINNING, values).fetchall())
    return tuple(Digest(row[0]) for row in rows)
