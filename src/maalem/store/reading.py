# SPDX-License-Identifier: Apache-2.0
"""Records and entries out of the tables, a page at a time.

Rows are only ever added, so that a page may end anywhere: the last row there was when
reading began bounds what is seen, and no transaction stays open between pages.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from threading import Lock

from maalem.errors import DataError, IntegrityError
from maalem.records import Digest, from_json
from maalem.store.database import Database
from maalem.store.durable import facing_disk
from maalem.store.entry import Entry
from maalem.store.envelopes import Envelopes
from maalem.store.erased import BLOB, erased_error, is_erased, refuse_erased
from maalem.store.merkle import leaf_hash
from maalem.store.protocol import R
from maalem.store.rows import read_entry, record_head
from maalem.store.subject_keys import LostKeyError
from maalem.store.tables import Cells

PAGE = 500  # rows; a page of long documents is some 10 MB
_RECORD = "SELECT seq, kind, id, topic, body, leaf, key FROM record"
_ERASED = (
    "SELECT count(*) FROM erased JOIN record "
    "ON record.kind = erased.kind AND record.id = erased.id WHERE record.kind = ?"
)


class Reader:
    """Reads one connection under a lock, for any thread."""

    def __init__(self, database: Database, lock: Lock, envelopes: Envelopes) -> None:
        self._database = database
        self._lock = lock
        self._envelopes = envelopes

    def one(self, query: str, values: Sequence[object]) -> Cells | None:
        """Give the first row of a query."""
        with facing_disk("read the store"), self._lock:
            row: Cells | None = self._database.execute(query, values).fetchone()
        return row

    def has(self, kind: str, record_id: Digest) -> bool:
        """Tell whether a record is there, with its content."""
        query = (
            "SELECT 1 FROM record WHERE kind = ? AND id = ? AND NOT EXISTS "
            "(SELECT 1 FROM erased WHERE erased.kind = ? AND erased.id = ?)"
        )
        return self.one(query, (kind, record_id, kind, record_id)) is not None

    def is_erased(self, kind: str, name: str) -> bool:
        """Tell whether the content of a record, or a blob, was erased."""
        with facing_disk("read the store"), self._lock:
            return is_erased(self._database, kind, name)

    def admit(self, blob: Digest) -> None:
        """Refuse a blob that was erased."""
        with facing_disk("read the store"), self._lock:
            refuse_erased(self._database, BLOB, [blob])

    def get(self, record_type: type[R], record_id: Digest) -> R:
        """Give one record, checked against its digest."""
        cells = self.one(
            f"{_RECORD} WHERE kind = ? AND id = ?", (record_type.kind, record_id)
        )
        if cells is None:
            raise DataError(
                f"there is no {record_type.__name__} {record_id}",
                code="store.no-record",
            )
        for _, record in self._records(record_type, [cells] if cells[4] else []):
            return record
        with facing_disk("read the store"), self._lock:
            raise erased_error(self._database, record_type.kind, record_id)

    def find(self, record_type: type[R], topic: str | None) -> Iterator[R]:
        """Give records in the order in which they were written."""
        where, values = "kind = ?", [record_type.kind]
        if topic is not None:
            where, values = "kind = ? AND topic = ?", [record_type.kind, topic]
        last = self._last("record")
        query = (
            f"{_RECORD} WHERE {where} AND body <> '' AND seq > ? AND seq <= ? "
            "ORDER BY seq LIMIT ?"
        )
        pages = self._pages(query, values, last)
        for _, record in self._records(record_type, pages):
            yield record

    def rows(
        self, record_type: type[R], *, after: int, most: int
    ) -> list[tuple[int, R]]:
        """Give records beyond a row, each with the number of its row."""
        query = (
            f"{_RECORD} WHERE kind = ? AND body <> '' AND seq > ? ORDER BY seq LIMIT ?"
        )
        with facing_disk("read the store"), self._lock:
            page = self._database.execute(
                query, (record_type.kind, after, most)
            ).fetchall()
        return list(self._records(record_type, page))

    def count(self, kind: str, topic: str | None) -> int:
        """Count records; an index knows all, and those erased are few."""
        where, values = "", [kind]
        if topic is not None:
            where, values = " AND record.topic = ?", [kind, topic]
        query = (
            f"SELECT (SELECT count(*) FROM record WHERE kind = ?{where}) "  # noqa: S608  # constants only
            f"- ({_ERASED}{where})"
        )
        row = self.one(query, [*values, *values])
        return int(row[0]) if row else 0

    def entries(self, action: str | None) -> Iterator[Entry]:
        """Give ledger entries in their order."""
        where, values = ("", []) if action is None else ("action = ? AND", [action])
        last = self._last("entry")
        query = (
            f"SELECT seq, body FROM entry WHERE {where} seq > ? AND seq <= ? "  # noqa: S608  # constants only
            "ORDER BY seq LIMIT ?"
        )
        for _seq, body in self._pages(query, values, last):
            yield read_entry(body)

    def _last(self, table: str) -> int:
        row = self.one(f"SELECT max(seq) FROM {table}", ())  # noqa: S608  # constants only
        return -1 if row is None or row[0] is None else int(row[0])

    def _pages(
        self, query: str, values: Sequence[object], last: int
    ) -> Iterator[Cells]:
        seen = -1
        while seen < last:
            with facing_disk("read the store"), self._lock:
                page = self._database.execute(
                    query, (*values, seen, last, PAGE)
                ).fetchall()
            if not page:
                return
            yield from page
            seen = page[-1][0]

    def _records(
        self, record_type: type[R], rows: Iterable[Cells]
    ) -> Iterator[tuple[int, R]]:
        """Read rows; one that is erased while it is read is left out."""
        for cells in rows:
            try:
                yield cells[0], from_json(record_type, json.loads(self._body(cells)))
            except LostKeyError as error:
                if not self.is_erased(record_type.kind, cells[2]):
                    raise _lost_key(cells) from error

    def _body(self, cells: Cells) -> bytes:
        """Give the JSON of a row, checked against its digest."""
        _seq, kind, name, topic, body, leaf, key = cells
        content: bytes = body.encode()
        head = record_head((kind.encode(), name.encode(), topic.encode()))
        if leaf_hash(head + content) != leaf:
            raise IntegrityError(
                f"the {kind.partition('.')[0]} {name} is not what was written",
                why="its row has another digest",
                hint="maalem verify --ledger names the first bad entry",
                code="store.record",
            )
        return content if key is None else self._envelopes.open(head, content, key)


def _lost_key(cells: Cells) -> IntegrityError:
    return IntegrityError(
        f"the key of {cells[2]} is missing",
        why="the ledger does not say that it was erased",
        hint="restore keys/subject.keys from the backup of your keys",
        code="store.text-keys",
    )
