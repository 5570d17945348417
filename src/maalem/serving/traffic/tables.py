# SPDX-License-Identifier: Apache-2.0
"""The file of what the gateway answered: its tables, and how it is opened."""

import sqlite3
from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from maalem.errors import IntegrityError

FILE = "gateway/traffic.sqlite"
"""Where the file lies in a project's folder."""
PATIENCE = 5.0
"""Seconds that one process waits for another that writes."""
PRIVATE = 0o600  # callers' texts stand in it

TABLES = """
CREATE TABLE IF NOT EXISTS request (
    id TEXT PRIMARY KEY, at REAL NOT NULL, seconds REAL NOT NULL,
    operation TEXT NOT NULL, path TEXT NOT NULL, caller TEXT NOT NULL,
    task TEXT NOT NULL, "release" TEXT NOT NULL, model TEXT NOT NULL, threshold REAL,
    arm TEXT NOT NULL, status INTEGER NOT NULL, code TEXT NOT NULL,
    tokens_in INTEGER, tokens_out INTEGER,
    texts INTEGER NOT NULL DEFAULT 0, automatic INTEGER NOT NULL DEFAULT 0,
    has_texts INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS request_at ON request (at, task);
CREATE INDEX IF NOT EXISTS request_texts ON request (at) WHERE has_texts;
CREATE TABLE IF NOT EXISTS decision (
    request TEXT NOT NULL, place INTEGER NOT NULL, label TEXT NOT NULL,
    probability REAL, reason TEXT NOT NULL, text TEXT, digest TEXT NOT NULL,
    PRIMARY KEY (request, place)
);
CREATE TABLE IF NOT EXISTS counter (
    name TEXT NOT NULL, labels TEXT NOT NULL, part TEXT NOT NULL, value REAL NOT NULL,
    PRIMARY KEY (name, labels, part)
) WITHOUT ROWID;
"""
WAITING = """
CREATE TABLE IF NOT EXISTS waiting (
    number INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, content TEXT NOT NULL
);
"""
"""What waits to be taken home; see `serving.corrections.spool`."""
_TOGETHER = 128  # rows of one statement; SQLite takes 32,766 values
_CACHE = 16_384  # KiB of pages that a reader keeps
_HAS_REQUESTS = "SELECT 1 FROM sqlite_master WHERE name = 'request'"
_DAMAGE = (
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_ERROR,  # a table or column is not there
)


def connect(path: Path) -> sqlite3.Connection:
    """Open the file for writing, made if need be; its owner alone may read it.

    What is deleted is overwritten with zeros. Several processes may write.

    Args:
        path: The file; its folder is made.

    Raises:
        IntegrityError: It is no file of ours, or damaged.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=PRIVATE)
    with refusing_damage(path):
        database = sqlite3.connect(
            path, timeout=PATIENCE, isolation_level=None, check_same_thread=False
        )
        try:
            database.execute("PRAGMA secure_delete = ON")
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = NORMAL")
            database.executescript(TABLES + WAITING)
        except BaseException:
            database.close()
            raise
    return database


@contextmanager
def writing(database: sqlite3.Connection) -> Generator[None]:
    """Hold what is done inside together: all of it is written, or nothing."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
        database.execute("COMMIT")
    except BaseException:
        if database.in_transaction:  # a full disk has ended it already
            database.execute("ROLLBACK")
        raise


def insert(
    database: sqlite3.Connection, into: str, rows: Sequence[tuple[object, ...]]
) -> None:
    """Write rows, many by one statement.

    Whoever runs a statement lets other threads run, and waits for them to let it go on:
    a statement for each row would cost more than the row.

    Args:
        database: The file, open for writing.
        into: The statement as far as its `VALUES`.
        rows: What follows there.
    """
    for first in range(0, len(rows), _TOGETHER):
        some = rows[first : first + _TOGETHER]
        marks = f"({', '.join('?' * len(some[0]))})"
        values = [value for row in some for value in row]
        database.execute(into + ", ".join([marks] * len(some)), values)


@contextmanager
def reading(path: Path) -> Generator[sqlite3.Connection | None]:
    """Open the file for reading alone, beside whoever writes.

    Yields:
        The file; none where no request was ever written.

    Raises:
        IntegrityError: It is no file of ours, or damaged.
    """
    if not path.is_file() or not path.stat().st_size:
        yield None
        return
    with refusing_damage(path):
        address = f"{path.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=PATIENCE)) as database:
            database.execute(f"PRAGMA cache_size = -{_CACHE}")
            has_requests = database.execute(_HAS_REQUESTS).fetchone()
            yield database if has_requests else None


@contextmanager
def refusing_damage(path: Path) -> Generator[None]:
    """Say of a damaged file what it is, and the way out.

    Raises:
        IntegrityError: What is done inside meets damage.
    """
    try:
        yield
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF not in _DAMAGE:
            raise
        raise IntegrityError(
            f"{path} is no traffic file, or damaged",
            why=str(error),
            hint="move it away; the gateway begins a new one at its next start",
            code="traffic.damaged",
        ) from error
