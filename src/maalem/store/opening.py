# SPDX-License-Identifier: Apache-2.0
"""How a folder becomes a store, and how a store is opened."""

import sqlite3
from contextlib import ExitStack, closing
from datetime import UTC
from pathlib import Path

from maalem.errors import DataError, IntegrityError, UsageError
from maalem.store.blobs import BlobFolder
from maalem.store.durable import (
    PARTIAL,
    facing_disk,
    make_folder,
    publish,
    sweep,
    write_whole,
)
from maalem.store.keys import SigningKey, read_verifier, refuse_key_name
from maalem.store.ledger import refuse_fork, write_entry
from maalem.store.locking import FolderLock
from maalem.store.protocol import Clock, Entry
from maalem.store.rows import read_entry, rows_digest
from maalem.store.schema import (
    DATABASE,
    MIGRATIONS,
    connect,
    connect_reading,
    migrate,
    refuse_newer,
    transaction,
    version_of,
)
from maalem.store.sqlite import BLOBS, CHECKPOINT, KEY, PUBLIC_KEY, SqliteStore

CREATED = "create"
"""Action of entry 0, which names the ledger and its public key."""


def create_store(folder: Path, *, origin: str, clock: Clock, actor: str) -> SqliteStore:
    """Make a store in a folder, with a new signing key; all of it or nothing.

    Args:
        folder: Where; made if it is not there.
        origin: Name of the ledger for ever, such as `example.org/excavators`.
        clock: Gives the present time, aware.
        actor: Who writes, as a pseudonym.

    Raises:
        UsageError: The folder has a store.
        SettingsError: The origin cannot name a ledger.
        BusyError: Another process writes there.
    """
    refuse_key_name(origin)
    with facing_disk(f"create a store in {folder}"), ExitStack() as undo:
        make_folder(folder)
        lock = FolderLock.take(folder)
        undo.callback(lock.release)
        _refuse_taken(folder)
        sweep(folder)
        key = _found_or_new_key(folder, origin)
        BlobFolder(folder / BLOBS).prepare()
        _build_database(folder, _first_entry(key, clock, actor))
        database = connect(folder / DATABASE, mode="rw")
        undo.pop_all()
    return SqliteStore(
        folder, database, origin=origin, clock=clock, actor=actor, lock=lock
    )


def open_store(
    folder: Path, *, clock: Clock, actor: str, read_only: bool = False
) -> SqliteStore:
    """Open the store of a folder; pending migrations run after a backup copy.

    Args:
        folder: The folder that `create_store` was given.
        clock: Gives the present time, aware.
        actor: Who writes, as a pseudonym.
        read_only: Take no lock and write nothing; works beside a writer.

    Raises:
        DataError: There is no store, or a newer version has written it.
        BusyError: Another process has it open for writing.
        SettingsError: Others may read the key file.
        IntegrityError: The database or the key is damaged or not this ledger's, or
            the ledger lacks entries that were signed.
    """
    refuse_no_store(folder)
    with facing_disk(f"open the store in {folder}"), ExitStack() as undo:
        lock = None
        if not read_only:
            lock = FolderLock.take(folder)
            undo.callback(lock.release)
        open_database = _database_for_reading if read_only else _database_for_writing
        database = open_database(folder)
        undo.callback(database.close)
        origin, public = read_founding(database)
        store = SqliteStore(
            folder, database, origin=origin, clock=clock, actor=actor, lock=lock
        )
        if not read_only:
            _refuse_foreign_key(store.signing_key, public)
            refuse_fork(database, store.signing_key, copied_checkpoint(folder))
        undo.pop_all()
    return store


def refuse_no_store(folder: Path) -> None:
    """Refuse a folder without a store.

    Raises:
        DataError: Always, if it has none.
    """
    if not (folder / DATABASE).is_file():
        raise DataError(
            f"{folder} has no store", hint=f"maalem init {folder}", code="store.none"
        )


def _refuse_taken(folder: Path) -> None:
    """Refuse to begin anew under a key that has signed checkpoints, too."""
    for name in (DATABASE, CHECKPOINT):
        if (folder / name).exists():
            raise UsageError(
                f"{folder} has a store already",
                why=f"{name} lies there",
                hint="open it, or choose another folder",
                code="store.exists",
            )


def read_founding(database: sqlite3.Connection) -> tuple[str, bytes]:
    """Give the ledger's name and public key, as entry 0 says them.

    Raises:
        IntegrityError: Entry 0 is missing, or is not a founding entry.
    """
    row = database.execute("SELECT body FROM entry WHERE seq = 0").fetchone()
    verifier = read_entry(row[0]).details.get("verifier") if row else None
    if not isinstance(verifier, str):
        raise IntegrityError(
            "the ledger does not begin with its name and key",
            hint="restore the folder from a backup",
            code="store.damaged",
        )
    return read_verifier(verifier)


def copied_checkpoint(folder: Path) -> list[str]:
    """Give the copy of the latest checkpoint that lies beside the database, if any."""
    path = folder / CHECKPOINT
    return [path.read_bytes().decode(errors="replace")] if path.is_file() else []


def _found_or_new_key(folder: Path, origin: str) -> SigningKey:
    """Take up the key of a creation that was cut off, or make one."""
    path = folder / KEY
    make_folder(path.parent)
    sweep(path.parent)
    key = SigningKey.load if path.exists() else SigningKey.create
    found = key(path, origin)
    write_whole(folder / PUBLIC_KEY, f"{found.verifier}\n".encode(), mode=0o644)
    return found


def _first_entry(key: SigningKey, clock: Clock, actor: str) -> Entry:
    return Entry(
        index=0,
        at=clock().astimezone(UTC).isoformat(timespec="milliseconds"),
        action=CREATED,
        actor=actor,
        records_digest=rows_digest([]),
        added=0,
        details={"verifier": key.verifier},
    )


def _build_database(folder: Path, first: Entry) -> None:
    """Write the tables and entry 0 under a passing name, then give it its own."""
    staged = folder / f"{PARTIAL}{DATABASE}"
    with closing(connect(staged, mode="rwc")) as database:
        migrate(database, staged)
        with transaction(database):
            write_entry(database, first)
    publish(staged, folder / DATABASE)  # closing has folded the log into the file


def _database_for_writing(folder: Path) -> sqlite3.Connection:
    """Open, clear up after an interrupted writer, migrate."""
    path = folder / DATABASE
    database = connect(path, mode="rw")
    try:
        sweep(folder)
        migrate(database, path)
        BlobFolder(folder / BLOBS).prepare()
    except BaseException:
        database.close()
        raise
    return database


def _database_for_reading(folder: Path) -> sqlite3.Connection:
    database = connect_reading(folder / DATABASE)
    try:
        _refuse_other_schema(database)
    except BaseException:
        database.close()
        raise
    return database


def _refuse_other_schema(database: sqlite3.Connection) -> None:
    refuse_newer(database)
    found = version_of(database)
    if found < len(MIGRATIONS):
        raise DataError(
            f"the database has schema {found}, this program needs {len(MIGRATIONS)}",
            hint="open it once for writing: that migrates it, after a backup copy",
            code="store.older",
        )


def _refuse_foreign_key(key: SigningKey, public: bytes) -> None:
    if key.public_bytes != public:
        raise IntegrityError(
            f"the signing key is not the one that the ledger {key.name!r} began with",
            hint="restore keys/ledger.key from the backup of your keys",
            code="store.key",
        )
