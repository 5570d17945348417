# SPDX-License-Identifier: Apache-2.0
"""What the tables of a store are reached through, whichever database has them.

Statements are written for SQLite, with `?` for each value; another database translates
them. `sqlite3.Connection` is such a `Database` as it is.
"""

from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from typing import NamedTuple, Protocol

from maalem.store.entry import Entry
from maalem.store.locking import FolderLock
from maalem.store.tables import Tables, WordTable


class Database(Tables, Protocol):
    """One connection, for use by one thread at a time."""

    def executemany(self, query: str, values: Iterable[Sequence[object]], /) -> object:
        """Run one statement for each row of values."""
        ...

    @property
    def total_changes(self) -> int:
        """A number that grows with every change; it need not count them."""
        ...

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        ...

    def close(self) -> None:
        """Let go of the database; an open transaction is undone."""
        ...


class Tender(Protocol):
    """Looks after the tables while a store is open."""

    def committed(self) -> None:
        """Hear of a commit; waits for nothing."""
        ...

    def close(self) -> None:
        """End what was begun."""
        ...


def _nothing_to_scrub(_: Database) -> None:
    """A store that only reads has emptied nothing."""


class Access(NamedTuple):
    """How a store reaches its tables.

    Attributes:
        reading: The connection that reads; it never waits for a commit.
        words: How passages are found by their words.
        writing: The connection that writes; none in a store that only reads.
        lock: The right to write in the folder; none in a store that only reads.
        tender: What looks after the tables; none where nobody has to.
        scrub: Clears what the database keeps of rows that were emptied.
    """

    reading: Database
    words: WordTable
    writing: Database | None = None
    lock: FolderLock | None = None
    tender: Tender | None = None
    scrub: Callable[[Database], None] = _nothing_to_scrub


class Home(Protocol):
    """Where the tables of a store lie.

    Attributes:
        words: How passages are found by their words there.
    """

    words: WordTable

    def has_store(self) -> bool:
        """Tell whether there are any."""
        ...

    def build(self, first: Entry) -> None:
        """Make the tables, with entry 0 in them; all of it or nothing."""
        ...

    def for_writing(self) -> Database:
        """Open them for their one writer, and run the migrations that they lack.

        Raises:
            BusyError: Another process writes in them.
            DataError: A newer version has written them.
        """
        ...

    def tender(self) -> Tender | None:
        """Give what looks after them beside their writer, if something has to."""
        ...

    def scrub(self, database: Database) -> None:
        """Clear what is left of emptied rows: logs, free room, copies of before.

        Args:
            database: The connection that writes, outside of a transaction.

        Raises:
            BusyError: A reader is in the way.
        """
        ...

    def for_reading(self) -> Database:
        """Open them for reading, beside a writer.

        Raises:
            DataError: Their schema is not the one known here.
        """
        ...

    def for_audit(self) -> Database:
        """Open them for reading whole tables, with text as bytes.

        Raises:
            DataError: A newer version has written them.
        """
        ...

    def damage(self) -> list[str]:
        """Say what is wrong below the rows: pages, indexes, guards."""
        ...


@contextmanager
def transaction(database: Database) -> Generator[None]:
    """Do all of what is inside, or nothing."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
        database.execute("COMMIT")
    except BaseException:
        roll_back(database)
        raise


@contextmanager
def snapshot(database: Database) -> Generator[None]:
    """Read what is inside as it was at one moment."""
    database.execute("BEGIN")
    try:
        yield
    finally:
        roll_back(database)


def roll_back(database: Database) -> None:
    """Undo the open transaction, if the database has not done so already."""
    if database.in_transaction:
        database.execute("ROLLBACK")
