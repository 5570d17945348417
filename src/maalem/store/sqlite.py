# SPDX-License-Identifier: Apache-2.0
"""The tables of a store in one SQLite file of its folder, in WAL mode."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

from maalem.errors import BusyError
from maalem.store.database import Database, Tender, transaction
from maalem.store.durable import PARTIAL, publish, shred
from maalem.store.entry import Entry
from maalem.store.ledger import Tail
from maalem.store.schema import (
    DATABASE,
    MIGRATIONS,
    connect,
    connect_reading,
    migrate,
    refuse_newer,
    refuse_older,
    version_of,
)
from maalem.store.sqlite_log import LogTender
from maalem.store.sqlite_words import SqliteWords
from maalem.store.tables import WordTable

_GUARDS = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name"


class SqliteHome:
    """The file `maalem.db` in a folder whose lock the writer holds.

    Attributes:
        words: How passages are found by their words there.
    """

    words: WordTable = SqliteWords()

    def __init__(self, folder: Path) -> None:
        self._path = folder / DATABASE

    def has_store(self) -> bool:
        """Tell whether the file is there."""
        return self._path.exists()

    def build(self, first: Entry) -> None:
        """Write the tables and entry 0 under a passing name, then give it its own."""
        staged = self._path.with_name(f"{PARTIAL}{DATABASE}")
        with closing(connect(staged, mode="rwc")) as database:
            migrate(database, staged)
            with transaction(database):
                Tail(database).add(first)
        publish(staged, self._path)  # closing has folded the log into the file

    def for_writing(self) -> Database:
        """Open the file and run the migrations that it lacks, after a copy."""
        database = connect(self._path, mode="rw")
        try:
            migrate(database, self._path)
        except BaseException:
            database.close()
            raise
        return database

    def tender(self) -> Tender:
        """Give what copies the log beside the commits."""
        return LogTender(partial(connect, self._path, mode="rw"))

    def scrub(self, database: Database) -> None:
        """Empty the log, and remove copies that migrations have left.

        Pages need nothing: `secure_delete` has filled freed room with zeros.
        """
        told = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if told is None or told[0]:  # 1: somebody reads what the log has
            raise BusyError(
                "the log of the database could not be emptied",
                why="another program reads the project; the erasure is in the ledger",
                hint="close that program, then open the project once more",
                code="store.erasing",
            )
        for copy in self._path.parent.glob(f"{DATABASE}.schema-*.backup"):
            shred(copy)

    def for_reading(self) -> Database:
        """Open the file beside its writer, or on a read-only disk."""
        database = connect_reading(self._path)
        try:
            found = version_of(database)
            refuse_newer(found)
            refuse_older(found)
        except BaseException:
            database.close()
            raise
        return database

    def for_audit(self) -> Database:
        """Open the file so that damaged text is damage, not an error."""
        database = connect_reading(self._path)
        try:
            refuse_newer(version_of(database))
        except BaseException:
            database.close()
            raise
        database.text_factory = bytes
        return database

    def damage(self) -> list[str]:
        """Check pages and indexes, and that the guards stand."""
        try:
            with closing(connect_reading(self._path)) as database:
                database.text_factory = bytes
                rows = database.execute("PRAGMA integrity_check(1)").fetchall()
                guards = database.execute(_GUARDS).fetchall()
                known = MIGRATIONS[: max(1, version_of(database))]
        except sqlite3.DatabaseError as error:
            return [f"the database is damaged: {error}"]
        found = []
        if rows != [(b"ok",)]:
            what = b" ".join(row[0] for row in rows).decode(errors="replace")
            found.append(f"the database is damaged: {what}")
        if guards != _expected_guards(known):
            found.append("the guards against update and delete were changed")
        return found


def _expected_guards(known: Sequence[Sequence[str]]) -> list[tuple[bytes, bytes]]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as empty:
        migrate(empty, Path(":memory:"), known)
        empty.text_factory = bytes
        return empty.execute(_GUARDS).fetchall()
