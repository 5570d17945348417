# SPDX-License-Identifier: Apache-2.0
"""What was erased is in no byte of the folder, and the ledger still proves the rest."""

import sqlite3
from contextlib import closing

import pytest
from tests.store.builders import (
    a_document,
    a_store,
    an_annotation,
    an_erasure,
    change,
    opened,
)

from maalem.errors import BusyError
from maalem.records import Annotation
from maalem.store import verify_ledger


@pytest.fixture
def folder(tmp_path):
    """Leave a closed store of six entries; entry 4 forgot the document of entry 1."""
    folder = tmp_path / "project"
    with a_store(folder) as store:
        blob = store.put(b"orders")
        store.append("add", [a_document(1), an_annotation(1)])
        store.append("add", [a_document(2)])
        store.append("add", [an_annotation(2)])
        store.erase(an_erasure(a_document(1), blobs=(blob,)))
        store.append("add", [a_document(3)])
    return folder


def told(folder):
    report = verify_ledger(folder)
    return report.ok, report.first_bad, report.what


def test_an_erased_record_is_counted_and_all_is_as_it_was_written(folder):
    report = verify_ledger(folder)
    assert (report.ok, report.erased, report.size) == (True, 1, 6)


def test_a_row_that_nobody_forgot_is_found(folder):
    name = a_document(2).id
    change(folder, f"UPDATE record SET body = '' WHERE id = '{name}'")
    is_ok, first, what = told(folder)
    assert (is_ok, first) == (False, 2)
    assert what == (
        f"the record {name} of entry 2 was emptied, and no later entry forgets it"
    )


def test_a_row_whose_erasure_is_only_noted_is_found(folder):
    name = a_document(2).id
    change(
        folder,
        f"INSERT INTO erased VALUES ('document.v1', '{name}', 4)",
        f"UPDATE record SET body = '' WHERE id = '{name}'",
    )
    assert told(folder)[:2] == (False, 2)


def test_a_note_that_no_entry_made_is_found(folder):
    name = a_document(2).id
    change(folder, f"INSERT INTO erased VALUES ('document.v1', '{name}', 4)")
    is_ok, first, what = told(folder)
    assert (is_ok, first) == (False, None)
    assert what == f"whether {name} was erased is noted otherwise than entries say"


def test_a_note_that_was_taken_away_is_found(folder):
    change(folder, f"DELETE FROM erased WHERE id = '{a_document(1).id}'")
    assert told(folder)[:2] == (False, 4)


def test_content_that_was_put_back_is_found(folder, tmp_path):
    with a_store(tmp_path / "other") as store:
        store.append("add", [a_document(1)])
        body = store.look(
            lambda tables: tables.execute(
                "SELECT body FROM record WHERE kind = 'document.v1'"
            ).fetchone()[0]
        )
    name = a_document(1).id
    quoted = body.replace("'", "''")
    change(folder, f"UPDATE record SET body = '{quoted}' WHERE id = '{name}'")
    is_ok, first, what = told(folder)
    assert (is_ok, first) == (False, 1)
    assert what == (
        f"entry 4 erased the record {name} of entry 1, and its content is there again"
    )


def test_a_blob_that_was_put_back_is_found_and_forgotten_again(folder):
    from maalem.records import digest_bytes

    blob = digest_bytes(b"orders")
    digits = blob.removeprefix("sha256:")
    path = folder / "blobs" / digits[:2] / digits
    assert not path.exists()
    path.write_bytes(b"orders")
    is_ok, first, what = told(folder)
    assert (is_ok, first) == (False, 1)
    assert what == f"entry 4 erased the blob {blob}, and it is there again"
    opened(folder).close()
    assert not path.exists()
    assert verify_ledger(folder).ok


def test_an_erased_leaf_that_was_altered_is_found(folder):
    change(
        folder, f"UPDATE record SET leaf = zeroblob(32) WHERE id = '{a_document(1).id}'"
    )
    assert told(folder)[:2] == (False, 1)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE record SET body = '' WHERE seq = 2",
        "UPDATE record SET body = 'x' WHERE seq = 1",
        "UPDATE record SET body = '', topic = 'x' WHERE seq = 1",
        "UPDATE record SET body = '', leaf = zeroblob(32) WHERE seq = 1",
        "UPDATE record SET body = '', seq = 99 WHERE seq = 1",
        "UPDATE record SET body = '', key = 1 - ifnull(key, 0) WHERE seq = 1",
        "DELETE FROM record WHERE seq = 1",
        "UPDATE erased SET entry = 1",
        "DELETE FROM erased",
    ],
)
def test_the_guards_allow_emptying_what_was_erased_and_nothing_else(folder, statement):
    with closing(sqlite3.connect(folder / "maalem.db")) as shell:
        shell.execute("UPDATE record SET body = '' WHERE seq = 1")
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            shell.execute(statement)


def test_a_reader_in_the_way_is_told_and_the_next_opening_finishes(tmp_path):
    folder = tmp_path / "project"
    with a_store(folder) as store:
        store.append("add", [an_annotation(1), an_annotation(2)])
        store._access.writing.execute("PRAGMA busy_timeout = 10")
        with closing(sqlite3.connect(folder / "maalem.db")) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM record").fetchone()
            with pytest.raises(BusyError) as refused:
                store.erase(an_erasure(an_annotation(1)))
            assert refused.value.code == "store.erasing"
        assert store.is_erased(Annotation, an_annotation(1).id)
    with opened(folder) as store:
        query = "SELECT count(*) FROM erasing"
        assert store.look(lambda tables: tables.execute(query).fetchone()) == (0,)
    assert verify_ledger(folder).ok
