# SPDX-License-Identifier: Apache-2.0
"""Migrations: numbered, whole, after a copy, never backwards."""

import sqlite3
from contextlib import closing

import pytest
from tests.store.builders import a_history, opened

from maalem.errors import DataError
from maalem.store import verify_ledger
from maalem.store.schema import MIGRATIONS, connect, migrate, version_of

LATER = (*MIGRATIONS, ("CREATE TABLE note (text TEXT NOT NULL) STRICT",))
BROKEN = (
    *MIGRATIONS,
    ("CREATE TABLE note (text TEXT NOT NULL) STRICT", "CREATE TABLE entry (x) STRICT"),
)


@pytest.fixture
def folder(tmp_path):
    return a_history(tmp_path / "project")


def tables(path):
    with closing(connect(path, mode="ro")) as database:
        return {
            name
            for (name,) in database.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table'"
            )
        }


def test_a_new_store_has_the_latest_schema(folder):
    with closing(connect(folder / "maalem.db", mode="ro")) as database:
        assert version_of(database) == len(MIGRATIONS)


def test_a_migration_keeps_all_and_leaves_a_copy_of_before(folder):
    path = folder / "maalem.db"
    with closing(connect(path, mode="rw")) as database:
        migrate(database, path, LATER)
        assert version_of(database) == len(LATER)
    assert "note" in tables(path)
    backup = folder / f"maalem.db.schema-{len(MIGRATIONS)}.backup"
    assert "note" not in tables(backup)
    with closing(sqlite3.connect(backup)) as copy:
        assert copy.execute("SELECT count(*) FROM entry").fetchone() == (12,)


def test_migrating_twice_is_migrating_once(folder):
    path = folder / "maalem.db"
    for _ in range(2):
        with closing(connect(path, mode="rw")) as database:
            migrate(database, path, LATER)
    assert "note" in tables(path)


def test_a_migration_that_fails_leaves_the_schema_of_before(folder):
    path = folder / "maalem.db"
    with closing(connect(path, mode="rw")) as database:
        with pytest.raises(sqlite3.OperationalError):
            migrate(database, path, BROKEN)
        assert version_of(database) == len(MIGRATIONS)
    assert "note" not in tables(path)
    assert verify_ledger(folder).ok


def test_a_newer_schema_is_refused_and_left_alone(folder):
    path = folder / "maalem.db"
    with closing(connect(path, mode="rw")) as database:
        migrate(database, path, LATER)
    for refuse in (
        lambda: opened(folder),
        lambda: opened(folder, read_only=True),
        lambda: verify_ledger(folder),
    ):
        with pytest.raises(DataError) as refused:
            refuse()
        assert refused.value.code == "store.newer"
    assert "note" in tables(path)


def test_an_older_schema_is_not_read_without_migrating(folder):
    with closing(connect(folder / "maalem.db", mode="rw")) as database:
        database.execute("PRAGMA user_version = 0")
    with pytest.raises(DataError) as refused:
        opened(folder, read_only=True)
    assert refused.value.code == "store.older"


def test_every_commit_is_forced_to_the_disk(folder):
    with closing(connect(folder / "maalem.db", mode="rw")) as database:
        assert database.execute("PRAGMA synchronous").fetchone() == (2,)
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
