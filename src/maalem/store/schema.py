# SPDX-License-Identifier: Apache-2.0
"""The tables, as numbered migrations, and how a database is opened.

`PRAGMA user_version` is the number of migrations that were run. A released migration
is never edited; the next number is appended.
"""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from maalem.errors import DataError
from maalem.store.database import transaction
from maalem.store.durable import PARTIAL, sync_folder
from maalem.store.erasing_schema import ERASING_TABLES
from maalem.store.passing import (
    KEYS_CHOSEN,
    KEYS_LIMITED,
    PASSING_TABLES,
    READING,
    WEBHOOKS_ALLOWED,
)
from maalem.store.sqlite_words import WORDS_TABLES

DATABASE = "maalem.db"

_TABLES = (
    # The leaves of the ledger; the action is said again for looking up.
    """CREATE TABLE entry (
        seq INTEGER PRIMARY KEY CHECK (seq >= 0),
        action TEXT NOT NULL,
        body TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX entry_by_action ON entry (action)",
    # Complete subtrees of the Merkle tree; level 0 are the leaves.
    """CREATE TABLE node (
        level INTEGER NOT NULL,
        position INTEGER NOT NULL,
        hash BLOB NOT NULL CHECK (length(hash) = 32),
        PRIMARY KEY (level, position)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE record (
        seq INTEGER PRIMARY KEY,
        entry INTEGER NOT NULL,
        kind TEXT NOT NULL,
        id TEXT NOT NULL,
        topic TEXT NOT NULL,
        body TEXT NOT NULL,
        leaf BLOB NOT NULL CHECK (length(leaf) = 32)
    ) STRICT""",
    "CREATE UNIQUE INDEX record_by_id ON record (kind, id)",
    "CREATE INDEX record_by_kind ON record (kind)",
    "CREATE INDEX record_by_topic ON record (kind, topic)",
    """CREATE TABLE blob (
        digest TEXT PRIMARY KEY,
        size INTEGER NOT NULL CHECK (size >= 0),
        entry INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE checkpoint (
        size INTEGER PRIMARY KEY CHECK (size > 0),
        note TEXT NOT NULL
    ) STRICT""",
)
_GUARDS = tuple(
    f"CREATE TRIGGER {table}_{deed.lower()} BEFORE {deed} ON {table} "
    "BEGIN SELECT RAISE(ABORT, 'append-only'); END"
    for table in ("entry", "node", "record", "blob", "checkpoint")
    for deed in ("UPDATE", "DELETE")
)

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (*_TABLES, *_GUARDS),
    PASSING_TABLES,
    WEBHOOKS_ALLOWED,
    WORDS_TABLES,
    READING,
    KEYS_CHOSEN,
    ERASING_TABLES,
    KEYS_LIMITED,
)
"""One tuple of SQL statements a version."""

_SETTINGS = (
    "trusted_schema = OFF",
    "cell_size_check = ON",
    "cache_size = -32768",  # KiB; keeps the index of a million ids at hand
)
_WRITING = (
    *_SETTINGS,
    "journal_mode = WAL",
    "synchronous = FULL",
    "wal_autocheckpoint = 4000",  # pages; a log of 16 MB
    "secure_delete = ON",  # an erased name is gone from the file too
)


def connect(path: Path, *, mode: str) -> sqlite3.Connection:
    """Open a database.

    Args:
        path: Its file.
        mode: `rw`, `rwc` to create it, or `ro`.

    Returns:
        A connection without implicit transactions, for use under a lock.
    """
    database = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=30.0,  # seconds; only a recovery after a crash holds it that long
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        for setting in _SETTINGS if mode.startswith("ro") else _WRITING:
            database.execute(f"PRAGMA {setting}")
        database.execute("SELECT 1 FROM sqlite_master").fetchone()
    except sqlite3.DatabaseError:
        database.close()
        raise
    return database


def connect_reading(path: Path) -> sqlite3.Connection:
    """Open a database for reading, beside a writer or on a read-only disk."""
    try:
        return connect(path, mode="ro")
    except sqlite3.OperationalError:
        log = path.with_name(f"{path.name}-wal")
        if log.exists() and log.stat().st_size > 0:
            raise
        # Nobody can write here, and nothing waits in the log: the file is all.
        return connect(path, mode="ro&immutable=1")


def version_of(database: sqlite3.Connection) -> int:
    """Give the number of migrations that a database has gone through."""
    number: int = database.execute("PRAGMA user_version").fetchone()[0]
    return number


def refuse_newer(found: int, *, known: int = len(MIGRATIONS)) -> None:
    """Refuse a schema that a later version has written.

    Raises:
        DataError: It is newer than the one known here.
    """
    if found > known:
        raise DataError(
            f"the database has schema {found}, this program knows {known}",
            why="a newer version of maalem has written it",
            hint="install that version, or restore the backup from before",
            code="store.newer",
        )


def refuse_older(found: int) -> None:
    """Refuse a schema that must be migrated before it can be read.

    Raises:
        DataError: It is older than the one known here.
    """
    if found < len(MIGRATIONS):
        raise DataError(
            f"the database has schema {found}, this program needs {len(MIGRATIONS)}",
            hint="open it once for writing: that migrates it, after a backup copy",
            code="store.older",
        )


def migrate(
    database: sqlite3.Connection,
    path: Path,
    migrations: Sequence[Sequence[str]] = MIGRATIONS,
) -> None:
    """Run the migrations that a database lacks, each in one transaction.

    Before the first, a copy is left beside it, `maalem.db.schema-<n>.backup`. A run
    that is cut off leaves a whole schema, and the next open takes it up.

    Raises:
        DataError: The schema is newer than `migrations`.
    """
    found = version_of(database)
    refuse_newer(found, known=len(migrations))
    if 0 < found < len(migrations):
        _back_up(database, path.with_name(f"{path.name}.schema-{found}.backup"))
    for number, statements in enumerate(migrations[found:], start=found + 1):
        with transaction(database):
            for statement in statements:
                database.execute(statement)
            database.execute(f"PRAGMA user_version = {number:d}")


def _back_up(database: sqlite3.Connection, target: Path) -> None:
    staged = target.with_name(f"{PARTIAL}{target.name}")
    staged.unlink(missing_ok=True)
    with closing(sqlite3.connect(staged)) as copy:
        database.backup(copy)
    staged.replace(target)  # SQLite has forced the copy to the disk
    sync_folder(target.parent)
