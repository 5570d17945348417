# SPDX-License-Identifier: Apache-2.0
"""The tables of a store in a PostgreSQL database, for one writer at a time.

They lie in the first schema of the search path, so that one database can serve several
projects. A session of the writer holds an advisory lock on that schema; the server lets
go of it when the writer ends, however it ends.
"""

from contextlib import closing

import psycopg
from psycopg.abc import Buffer
from psycopg.adapt import Loader

from maalem.errors import BusyError, SettingsError
from maalem.store.database import Database, Tender, snapshot, transaction
from maalem.store.entry import Entry
from maalem.store.ledger import Tail
from maalem.store.postgres_connection import Connection, PostgresConnection
from maalem.store.postgres_schema import GUARDS, add_step, expected_guards
from maalem.store.postgres_words import PostgresWords
from maalem.store.schema import MIGRATIONS, refuse_newer, refuse_older
from maalem.store.tables import WordTable

_LOCK = 0x6D61616C  # "maal"; the second half is the schema
_PATIENCE = "3s"  # for the server to notice that the writer before was killed
_HAS_TABLE = (
    "SELECT 1 FROM pg_tables WHERE schemaname = current_schema() AND tablename = ?"
)


class PostgresHome:
    """The schema that an address leads to.

    Attributes:
        words: How passages are found by their words there.
    """

    words: WordTable = PostgresWords()

    def __init__(self, address: str) -> None:
        """Take an address.

        Args:
            address: `postgresql://user@host:port/database`, without a password: libpq
                takes it from `PGPASSWORD` or `~/.pgpass`.

        Raises:
            SettingsError: It is no address.
        """
        self._address = _refuse_unreadable(address)

    def has_store(self) -> bool:
        """Tell whether the schema has the tables."""
        with closing(PostgresConnection(self._connect)) as database:
            return _has_table(database, "entry")

    def build(self, first: Entry) -> None:
        """Make the tables and entry 0 in one transaction."""
        with (
            closing(PostgresConnection(self._connect_writer)) as database,
            transaction(database),
        ):
            for number in range(1, len(MIGRATIONS) + 1):
                add_step(database, number)
            Tail(database).add(first)

    def for_writing(self) -> Database:
        """Take the lock on the schema and run the migrations that it lacks."""
        database = PostgresConnection(self._connect_writer)
        try:
            found = _version(database)
            refuse_newer(found)
            for number in range(found + 1, len(MIGRATIONS) + 1):
                with transaction(database):
                    add_step(database, number)
        except BaseException:
            database.close()
            raise
        return database

    def tender(self) -> Tender | None:
        """Give nothing: the server looks after its log."""
        return None

    def scrub(self, database: Database) -> None:
        """Write the tables anew, so that no page has an old row; the log keeps some."""
        for table in ("record", "passage_words", "passage_words_state"):
            database.execute(f"VACUUM (FULL) {table}")

    def for_reading(self) -> Database:
        """Open the tables beside their writer."""
        database = PostgresConnection(self._connect)
        try:
            found = _version(database)
            refuse_newer(found)
            refuse_older(found)
        except BaseException:
            database.close()
            raise
        return database

    def for_audit(self) -> Database:
        """Open the tables so that rows come a page at a time and text as bytes."""
        self.for_reading().close()
        return PostgresConnection(self._connect_auditor, is_streaming=True)

    def damage(self) -> list[str]:
        """Check that the guards stand; pages are checked by the server's own tools."""
        with closing(self.for_reading()) as database, snapshot(database):
            guards = database.execute(GUARDS).fetchall()
        if guards != expected_guards():
            return ["the guards against update and delete were changed"]
        return []

    def _connect(self) -> Connection:
        connection = psycopg.connect(
            self._address,
            autocommit=True,
            connect_timeout=10,  # seconds; a server that is there answers at once
            application_name="maalem",
            client_encoding="UTF8",
        )
        encoding = connection.info.parameter_status("server_encoding")
        if encoding != "UTF8":
            connection.close()
            raise SettingsError(
                f"the database keeps text as {encoding}",
                hint="createdb --encoding=UTF8 --template=template0",
                code="store.database",
            )
        return connection

    def _connect_auditor(self) -> Connection:
        connection = self._connect()
        connection.adapters.register_loader("text", _AsBytes)
        return connection

    def _connect_writer(self) -> Connection:
        """Take the lock, and have every commit forced to the disk."""
        connection = self._connect()
        try:
            if _shown(connection, "synchronous_commit") == "off":
                connection.execute("SET synchronous_commit = on")
            connection.execute(f"SET lock_timeout = '{_PATIENCE}'")
            connection.execute(
                "SELECT pg_advisory_lock(%s, hashtext(current_schema()))", (_LOCK,)
            )
            connection.execute("SET lock_timeout = DEFAULT")
        except psycopg.errors.LockNotAvailable as error:
            connection.close()
            raise BusyError(
                "the database is in use by another server",
                why="one process at a time may write in a project",
                hint="stop the other one first",
                code="store.busy",
            ) from error
        except BaseException:
            connection.close()
            raise
        return connection


class _AsBytes(Loader):
    """Gives text as the bytes it is."""

    def load(self, data: Buffer) -> bytes:
        """Give the bytes."""
        return bytes(data)


def _refuse_unreadable(address: str) -> str:
    try:
        psycopg.conninfo.conninfo_to_dict(address)
    except psycopg.ProgrammingError as error:
        raise SettingsError(
            "the address of the database cannot be read",
            why=str(error).strip(),
            hint="write postgresql://user@host:port/database",
            code="store.database",
        ) from error
    return address


def _has_table(database: Database, name: str) -> bool:
    return database.execute(_HAS_TABLE, (name,)).fetchone() is not None


def _version(database: Database) -> int:
    if not _has_table(database, "schema_step"):
        return 0
    row = database.execute("SELECT max(number) FROM schema_step").fetchone()
    return row[0] or 0 if row else 0


def _shown(connection: Connection, setting: str) -> str:
    row = connection.execute("SELECT current_setting(%s)", (setting,)).fetchone()
    return str(row[0]) if row else ""
