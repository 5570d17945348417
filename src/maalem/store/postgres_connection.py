# SPDX-License-Identifier: Apache-2.0
"""A connection to PostgreSQL that takes SQLite's statements and comes back when lost.

It comes back where nothing can be lost by it: when a transaction begins, or for a
statement outside of one. A transaction that loses its connection fails as a whole.
"""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import count
from typing import Any, TypeAlias

import psycopg
from psycopg import errors

from maalem.errors import DataError
from maalem.store.durable import DamageError, ServerError
from maalem.store.tables import Cells, Found

Connection: TypeAlias = "psycopg.Connection[tuple[Any, ...]]"

_BEGIN = {
    "BEGIN IMMEDIATE": "BEGIN",
    "BEGIN": "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY",
}
_DAMAGE = (
    errors.DataCorrupted,
    errors.IndexCorrupted,
    errors.UndefinedTable,
    errors.UndefinedColumn,
    psycopg.IntegrityError,  # tables disagree
)
_PAGE = 2000  # rows that an audit fetches at a time


class PostgresConnection:
    """One connection, for use by one thread at a time."""

    def __init__(
        self, connect: Callable[[], Connection], *, is_streaming: bool = False
    ) -> None:
        """Connect.

        Args:
            connect: Makes a connection that commits by itself, with its settings made.
            is_streaming: Whether rows are fetched a page at a time, to read tables that
                do not fit in memory; only inside a transaction.
        """
        self._connect = connect
        self._streams = count() if is_streaming else None
        self._is_begun = False
        self._is_closed = False
        self._sent = 0
        with facing_server():
            self._connection = connect()

    def execute(self, query: str, values: Sequence[object] = (), /) -> Found:
        """Run one statement."""
        if query == "ROLLBACK" and self._connection.closed:
            self._is_begun = False  # the server has rolled back
            return _Rows(iter(()))
        connection = self._live(query)
        with facing_server():
            if self._streams is not None and query.startswith("SELECT"):
                name = f"stream_{next(self._streams)}"
                return _Rows(_streamed(connection, name, (query, values)))
            self._sent += not query.startswith("SELECT")
            try:
                found = connection.execute(_translated(query), values or None)
            except psycopg.Error:
                self._sent += 1  # the transaction takes nothing any more
                raise
        if query in _BEGIN:
            self._is_begun = True
        elif query in {"COMMIT", "ROLLBACK"}:
            self._is_begun = False
        return found

    def executemany(self, query: str, values: Iterable[Sequence[object]], /) -> object:
        """Run one statement for each row of values."""
        self._sent += 1
        with facing_server(), self._live(query).cursor() as cursor:
            cursor.executemany(_translated(query), values)
        return None

    @property
    def total_changes(self) -> int:
        """Statements sent that may have changed something, or have failed."""
        return self._sent

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction was begun and has not ended."""
        return self._is_begun

    def close(self) -> None:
        """Let go of the database."""
        self._is_closed = True
        self._connection.close()

    def _live(self, query: str) -> Connection:
        if self._is_closed:
            raise RuntimeError("the store is closed")
        if self._connection.closed and (query in _BEGIN or not self._is_begun):
            self._is_begun = False
            with facing_server():
                self._connection = self._connect()
        return self._connection


class _Rows:
    """Rows that are fetched while they are read."""

    rowcount = -1

    def __init__(self, rows: Iterator[Cells]) -> None:
        self._rows = rows

    def __iter__(self) -> Iterator[Cells]:
        """Give the rows, one after the other."""
        return self._rows

    def fetchone(self) -> Cells | None:
        """Give the next row, if there is one."""
        return next(self._rows, None)

    def fetchall(self) -> list[Cells]:
        """Give all rows that are left."""
        return list(self._rows)


def _streamed(
    connection: Connection, name: str, asked: tuple[str, Sequence[object]]
) -> Iterator[Cells]:
    query, values = asked
    with facing_server(), connection.cursor(name) as cursor:
        cursor.itersize = _PAGE
        cursor.execute(_translated(query), values or None)
        yield from cursor


@cache
def _translated(query: str) -> bytes:
    query = _BEGIN.get(query, query)
    return query.replace("%", "%%").replace("?", "%s").encode()


@contextmanager
def facing_server() -> Generator[None]:
    """Tell apart what the server refuses.

    Raises:
        DamageError: The tables are damaged, or contradict themselves.
        DataError: A text has a character that no table of the server can hold.
        ServerError: Anything else, such as a lost connection.
    """
    try:
        yield
    except _DAMAGE as error:
        raise DamageError(str(error)) from error
    except psycopg.DataError as error:
        raise DataError(
            "the database server cannot keep a value",
            why=str(error),
            hint="take the NUL character out of the name",
            code="store.value",
        ) from error
    except psycopg.Error as error:
        raise ServerError(str(error).strip()) from error
