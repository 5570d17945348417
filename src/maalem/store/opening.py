# SPDX-License-Identifier: Apache-2.0
"""How a folder becomes a store, and how a store is opened."""

import re
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path

from maalem.errors import (
    DataError,
    IntegrityError,
    MissingPartError,
    SettingsError,
    UsageError,
    boundary,
)
from maalem.store.blobs import BlobFolder
from maalem.store.database import Access, Home
from maalem.store.durable import facing_disk, make_folder, sweep, write_whole
from maalem.store.entry import Entry
from maalem.store.folder import BLOBS, CHECKPOINT, KEY, PUBLIC_KEY, FolderStore
from maalem.store.key_chain import KeyChain, chain_in
from maalem.store.keys import SigningKey, refuse_key_name
from maalem.store.ledger import refuse_fork
from maalem.store.locking import FolderLock
from maalem.store.protocol import Clock
from maalem.store.rotation import settle_keys
from maalem.store.rows import moment, rows_digest
from maalem.store.sqlite import SqliteHome

CREATED = "create"
"""Action of entry 0, which names the ledger and its public key."""

SQLITE = "sqlite"
"""Name of the database that is a file of the folder."""

_SERVERS = ("postgresql://", "postgres://")


def create_store(
    folder: Path, *, origin: str, clock: Clock, actor: str, database: str = SQLITE
) -> FolderStore:
    """Make a store in a folder, with a new signing key; all of it or nothing.

    Args:
        folder: Where; made if it is not there.
        origin: Name of the ledger for ever, such as `example.org/excavators`.
        clock: Gives the present time, aware.
        actor: Who writes, as a pseudonym.
        database: Where the tables lie: `sqlite`, or a `postgresql://` address. Keys
            and blobs lie in the folder in any case.

    Raises:
        UsageError: The folder, or the database, has a store.
        SettingsError: The origin cannot name a ledger, or no database is named so.
        BusyError: Another process writes there.
    """
    refuse_key_name(origin)
    home = home_of(folder, database)
    with facing_disk(f"create a store in {folder}"), ExitStack() as undo:
        make_folder(folder)
        lock = FolderLock.take(folder)
        undo.callback(lock.release)
        _refuse_taken(folder, home)
        sweep(folder)
        key = _found_or_new_key(folder, origin)
        BlobFolder(folder / BLOBS).prepare()
        home.build(_first_entry(key, clock, actor))
        access = _both(home, lock, undo)
        undo.pop_all()
    return FolderStore(folder, access, origin=origin, clock=clock, actor=actor)


def open_store(
    folder: Path,
    *,
    clock: Clock,
    actor: str,
    read_only: bool = False,
    database: str = SQLITE,
) -> FolderStore:
    """Open the store of a folder; pending migrations run after a backup copy.

    Args:
        folder: The folder that `create_store` was given.
        clock: Gives the present time, aware.
        actor: Who writes, as a pseudonym.
        read_only: Take no lock and write nothing; works beside a writer.
        database: As `create_store` was told.

    Raises:
        DataError: There is no store, or a newer version has written it.
        BusyError: Another process has it open for writing.
        SettingsError: Others may read the key file.
        IntegrityError: The database or the key is damaged or not this ledger's, or
            the ledger lacks entries that were signed.
    """
    home = home_of(folder, database)
    with facing_disk(f"open the store in {folder}"), ExitStack() as undo:
        refuse_no_store(folder, home)
        access = _access(folder, home, undo, read_only=read_only)
        chain = chain_in(access.reading)
        name = chain.origin
        store = FolderStore(folder, access, origin=name, clock=clock, actor=actor)
        if not read_only:
            settle_keys(folder, chain)
            _refuse_foreign_key(store.signing_key, chain)
            refuse_fork(access.reading, chain, copied_checkpoint(folder))
            store.finish_erasing()
        undo.pop_all()
    return store


def refuse_password(database: str) -> None:
    """Refuse an address that tells a secret.

    Raises:
        SettingsError: It has a password.
    """
    login = database.partition("://")[2].partition("/")[0].rpartition("@")[0]
    if ":" in login or re.search(r"[?&]password=", database):
        raise SettingsError(
            "database must be an address without a password",
            why="settings are copied and shown, passwords are not",
            hint="put it into PGPASSWORD or ~/.pgpass",
            code="store.password",
        )


def home_of(folder: Path, database: str) -> Home:
    """Find the tables by the name that a setting gives.

    Raises:
        SettingsError: No database is named so.
        MissingPartError: The client of the database is not installed.
    """
    if database == SQLITE:
        return SqliteHome(folder)
    refuse_password(database)
    if not database.startswith(_SERVERS):
        raise SettingsError(
            f"no database is named {database!r}",
            hint='database = "sqlite", or postgresql://user@host/name',
            code="store.database",
        )
    hint = "pip install 'maalem[postgres]'"
    with boundary(MissingPartError, "load the client of PostgreSQL", hint=hint):
        module = import_module("maalem.store.postgres")  # its client is an extra
    home: Home = module.PostgresHome(database)
    return home


def refuse_no_store(folder: Path, home: Home) -> None:
    """Refuse a folder without a store.

    Raises:
        DataError: Always, if it has none.
    """
    if not home.has_store():
        raise DataError(
            f"{folder} has no store", hint=f"maalem init {folder}", code="store.none"
        )


def _access(folder: Path, home: Home, undo: ExitStack, *, read_only: bool) -> Access:
    """Take the lock, clear up after an interrupted writer, connect."""
    if read_only:
        access = Access(home.for_reading(), home.words)
        undo.callback(access.reading.close)
        return access
    lock = FolderLock.take(folder)
    undo.callback(lock.release)
    sweep(folder)
    BlobFolder(folder / BLOBS).prepare()
    return _both(home, lock, undo)


def _both(home: Home, lock: FolderLock, undo: ExitStack) -> Access:
    writing = home.for_writing()
    undo.callback(writing.close)
    reading = home.for_reading()
    undo.callback(reading.close)
    return Access(reading, home.words, writing, lock, home.tender(), home.scrub)


def _refuse_taken(folder: Path, home: Home) -> None:
    """Refuse to begin anew under a key that has signed checkpoints, too."""
    has_signed = (folder / CHECKPOINT).exists()
    if has_signed or home.has_store():
        raise UsageError(
            f"{folder} has a store already",
            why=f"{CHECKPOINT} lies there" if has_signed else "its tables are there",
            hint="open it, or choose another folder",
            code="store.exists",
        )


def copied_checkpoint(folder: Path) -> list[str]:
    """Give the copy of the latest checkpoint that lies beside the database, if any."""
    path = folder / CHECKPOINT
    return [path.read_bytes().decode(errors="replace")] if path.is_file() else []


def _found_or_new_key(folder: Path, origin: str) -> SigningKey:
    """Take up the key of a creation that was cut off, or make one."""
    path = folder / KEY
    make_folder(path.parent)
    path.parent.chmod(0o700)  # whoever may write there may put another key in its place
    sweep(path.parent)
    key = SigningKey.load if path.exists() else SigningKey.create
    found = key(path, origin)
    write_whole(folder / PUBLIC_KEY, f"{found.verifier}\n".encode(), mode=0o644)
    return found


def _first_entry(key: SigningKey, clock: Clock, actor: str) -> Entry:
    return Entry(
        index=0,
        at=moment(clock),
        action=CREATED,
        actor=actor,
        records_digest=rows_digest([]),
        added=0,
        details={"verifier": key.verifier},
    )


def _refuse_foreign_key(key: SigningKey, chain: KeyChain) -> None:
    if key.public_bytes != chain.current:
        raise IntegrityError(
            f"the signing key is not the one in force for the ledger {key.name!r}",
            hint="restore keys/ledger.key from the backup of your keys",
            code="store.key",
        )
