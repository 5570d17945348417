# SPDX-License-Identifier: Apache-2.0
"""What a row says, as bytes that the ledger vouches for."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC
from operator import attrgetter
from typing import Any

from maalem.errors import IntegrityError
from maalem.records import (
    Digest,
    Document,
    Item,
    Json,
    Passage,
    Record,
    canonical_json,
    to_json,
)
from maalem.store.entry import Entry
from maalem.store.merkle import leaf_hash, root_of
from maalem.store.protocol import Clock

_ABOUT: dict[str, Callable[[Any], Digest]] = {
    Document.kind: attrgetter("id"),
    Passage.kind: attrgetter("document"),
    Item.kind: attrgetter("passage"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A record on its way into the database.

    Attributes:
        kind: Its type.
        id: Its name.
        topic: What it is looked up by.
        body: Its canonical JSON, or what that was encrypted into.
        leaf: Hash over all of these, 32 bytes; none of a text in the clear, which is
            not written so.
        key: Number of the key that the body is encrypted under, if it is.
        about: The document whose text the body has, or for an item the passage; empty
            where the body may lie in the clear.
    """

    kind: str
    id: str
    topic: str
    body: str
    leaf: bytes
    key: int | None = None
    about: str = ""


def row_of(record: Record) -> Row:
    """Write a record as a row.

    Raises:
        DataError: It has no canonical JSON form.
    """
    content = canonical_json(to_json(record))
    kind, name, topic = record.kind, str(record.id), record.topic
    if kind in _ABOUT:
        about = str(_ABOUT[kind](record))
        return Row(kind, name, topic, content.decode(), b"", about=about)
    leaf = record_leaf((kind.encode(), name.encode(), topic.encode()), content)
    return Row(kind, name, topic, content.decode(), leaf)


def record_leaf(names: tuple[bytes, bytes, bytes], body: bytes) -> bytes:
    """Hash a record row; the lengths keep its columns apart.

    Args:
        names: Kind, id and topic, in UTF-8.
        body: Canonical JSON, or what it was encrypted into.
    """
    return leaf_hash(record_head(names) + body)


def record_head(names: tuple[bytes, bytes, bytes]) -> bytes:
    """Write what a row is called so that its columns are told apart."""
    kind, name, topic = names
    head = b"record %d %d %d\n" % (len(kind), len(name), len(topic))
    return head + kind + name + topic


def blob_leaf(digest: str, size: int) -> bytes:
    """Hash a blob row."""
    return leaf_hash(f"blob {digest} {size}".encode())


def rows_digest(leaves: Sequence[bytes]) -> Digest:
    """Name all rows of one entry, records in order and then blobs by digest."""
    return Digest(f"sha256:{root_of(leaves).hex()}")


def moment(clock: Clock) -> str:
    """Tell the time as entries say it.

    Raises:
        ValueError: The clock gives times without a zone.
    """
    now = clock()
    if now.tzinfo is None:
        raise ValueError("the clock of a store gives aware times")
    return now.astimezone(UTC).isoformat(timespec="milliseconds")


def entry_body(entry: Entry) -> bytes:
    """Write an entry as the ledger's leaf, canonical JSON.

    Raises:
        DataError: Its details have no canonical JSON form.
    """
    fields: dict[str, Json] = to_json(entry)
    return canonical_json(fields)


def read_entry(body: bytes | str) -> Entry:
    """Read a leaf of the ledger.

    Raises:
        IntegrityError: It is not what `entry_body` writes.
    """
    try:
        entry = Entry(**json.loads(body))
        _refuse_odd_types(entry)
    except (ValueError, TypeError, RecursionError) as error:
        raise IntegrityError(
            "a ledger entry cannot be read",
            why=str(error),
            hint="maalem verify --ledger names the first bad entry",
            code="store.damaged",
        ) from error
    return entry


def _refuse_odd_types(entry: Entry) -> None:
    """Written out, not looped: verification asks it of every entry."""
    numbers = type(entry.index) is type(entry.added) is type(entry.blobs) is int
    deed = type(entry.action) is type(entry.actor) is type(entry.at) is str
    rest = type(entry.records_digest) is str and type(entry.details) is dict
    if not (numbers and deed and rest):
        raise TypeError("a field has a value of another type")
