# SPDX-License-Identifier: Apache-2.0
"""The store whose tables lie in PostgreSQL."""

import shutil

import pytest
from tests.contracts.store import StoreContract
from tests.postgres import PostgresServer
from tests.store.builders import (
    a_document,
    a_history,
    a_store,
    an_annotation,
    an_erasure,
    opened,
)
from tests.store.test_forgotten import a_secret_project, fold, found_in
from tests.store.test_verify import CHANGES

from maalem.errors import (
    BusyError,
    DataError,
    IntegrityError,
    MaalemError,
    SettingsError,
    UsageError,
)
from maalem.records import Annotation, Document
from maalem.store import create_store, verify_ledger
from maalem.store.words import WordIndex

psycopg = pytest.importorskip("psycopg", reason="the extra postgres is not installed")

pytestmark = pytest.mark.postgres


class TestPostgresStore(StoreContract):
    @pytest.fixture
    def store(self, tmp_path, clock, postgres_address):
        with create_store(
            tmp_path / "project",
            origin="example.org/ledger",
            clock=lambda: clock[-1],
            actor="owner",
            database=postgres_address,
        ) as store:
            yield store


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "project"


def test_what_was_written_is_there_when_it_is_opened_again(folder, postgres_address):
    with a_store(folder, database=postgres_address) as store:
        store.append("add", [an_annotation(1)])
        digest = store.put(b"blob")
        store.append("add")
    assert not (folder / "maalem.db").exists()
    with opened(folder, database=postgres_address) as store:
        assert store.get(Annotation, an_annotation(1).id) == an_annotation(1)
        assert store.read(digest) == b"blob"
        assert store.append("add").index == 3
    report = verify_ledger(folder, database=postgres_address)
    assert (report.ok, report.size) == (True, 4)


def test_a_schema_that_has_a_store_is_not_made_anew(folder, tmp_path, postgres_address):
    a_store(folder, database=postgres_address).close()
    for place in (folder, tmp_path / "other"):
        with pytest.raises(UsageError) as refused:
            a_store(place, database=postgres_address)
        assert refused.value.code == "store.exists"


def test_a_schema_without_a_store_is_refused(folder, postgres_address):
    for deed in (opened, verify_ledger):
        with pytest.raises(DataError) as refused:
            deed(folder, database=postgres_address)
        assert refused.value.code == "store.none"


def test_a_folder_with_another_key_is_refused(folder, tmp_path, postgres, request):
    address, other = postgres.new_schema(), postgres.new_schema()
    a_store(folder, database=address).close()
    a_store(tmp_path / "other", database=other).close()
    with pytest.raises(IntegrityError) as refused:
        opened(folder, database=other)
    assert refused.value.code == "store.key"
    assert verify_ledger(folder, database=other).first_bad == 0


def test_a_second_server_on_one_database_is_refused(folder, tmp_path, postgres_address):
    with a_store(folder, database=postgres_address) as store:
        copy = shutil.copytree(folder, tmp_path / "copy")
        with pytest.raises(BusyError) as refused:
            opened(copy, database=postgres_address)
        assert refused.value.code == "store.busy"
        assert store.append("add").index == 1
        with opened(copy, database=postgres_address, read_only=True) as reader:
            assert len(list(reader.entries())) == 2
    opened(copy, database=postgres_address).close()


def test_two_projects_share_a_database_in_two_schemas(tmp_path, postgres):
    first, second = postgres.new_schema(), postgres.new_schema()
    with (
        a_store(tmp_path / "first", database=first) as one,
        a_store(tmp_path / "second", database=second) as other,
    ):
        one.append("add", [an_annotation(1)])
        assert other.count(Annotation) == 0


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("postgresql://maalem:secret@localhost/maalem", "store.password"),
        ("postgresql://localhost/maalem?password=secret", "store.password"),
        ("postgresql://localhost/maalem?nonsense=1", "store.database"),
        ("postgresql://[localhost", "store.database"),
        ("mysql://localhost/maalem", "store.database"),
        ("", "store.database"),
    ],
)
def test_an_address_that_is_none_or_tells_a_secret_is_refused(folder, address, code):
    with pytest.raises(SettingsError) as refused:
        a_store(folder, database=address)
    assert refused.value.code == code
    assert "secret" not in f"{refused.value.message} {refused.value.why}"
    assert not folder.exists()


def test_a_server_that_is_not_there_is_explained(folder, tmp_path):
    with pytest.raises(MaalemError) as refused:
        a_store(folder, database=f"postgresql://maalem@/x?host={tmp_path}")
    assert refused.value.code == "store.server"


def test_a_database_that_keeps_no_unicode_is_refused(folder, postgres):
    with psycopg.connect(postgres.address, autocommit=True) as shell:
        shell.execute(
            "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0"
        )
    address = postgres.address.replace("/postgres?", "/latin?")
    with pytest.raises(SettingsError) as refused:
        a_store(folder, database=address)
    assert refused.value.code == "store.database"


def test_a_name_with_a_character_that_it_cannot_keep_is_refused(
    folder, postgres_address
):
    with a_store(folder, database=postgres_address) as store:
        with pytest.raises(DataError) as refused:
            store.append("a\0b")
        assert refused.value.code == "store.value"
        text = a_document(1, text="a\0b")
        assert store.append("add", [text]).index == 1
        assert store.get(Document, text.id) == text


@pytest.mark.parametrize("table", ["entry", "node", "record", "blob", "checkpoint"])
def test_the_tables_refuse_to_be_changed_in_place(folder, postgres_address, table):
    a_history(folder, entries=4, database=postgres_address)
    column = {"entry": "seq", "record": "seq", "blob": "size", "checkpoint": "size"}
    name = column.get(table, "level")
    with psycopg.connect(postgres_address, autocommit=True) as shell:
        for deed in (
            f"UPDATE {table} SET {name} = {name}",
            f"DELETE FROM {table}",
            f"TRUNCATE {table}",
        ):
            with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
                shell.execute(deed)


def test_a_missing_guard_is_found(folder, postgres_address):
    a_history(folder, entries=3, database=postgres_address)
    with psycopg.connect(postgres_address, autocommit=True) as shell:
        shell.execute("ALTER TABLE entry DISABLE TRIGGER entry_delete")
    report = verify_ledger(folder, database=postgres_address)
    assert (report.ok, report.first_bad) == (False, None)


def test_a_newer_schema_is_refused_and_an_older_one_is_migrated(
    folder, postgres_address
):
    a_store(folder, database=postgres_address).close()
    with psycopg.connect(postgres_address, autocommit=True) as shell:
        shell.execute("INSERT INTO schema_step VALUES (99)")
        with pytest.raises(DataError) as refused:
            opened(folder, database=postgres_address)
        assert refused.value.code == "store.newer"
        shell.execute("DELETE FROM schema_step WHERE number > 1")
        for table in ("person", "identity", "session", "invitation", "api_key"):
            shell.execute(f"DROP TABLE {table}")
        for table in ("lease", "guideline_read", "webhook", "person_key"):
            shell.execute(f"DROP TABLE {table}")
        shell.execute("DROP TABLE passage_words, passage_words_state")
        shell.execute("DROP FUNCTION only_emptied CASCADE")
        shell.execute("DROP TABLE erased, erasing")
        shell.execute("ALTER TABLE record DROP COLUMN key")
        shell.execute(
            "CREATE TRIGGER record_update BEFORE update ON record "
            "FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
        )
    with pytest.raises(DataError) as refused:
        opened(folder, database=postgres_address, read_only=True)
    assert refused.value.code == "store.older"
    with opened(folder, database=postgres_address) as store:
        query = "SELECT count(*) FROM lease"
        assert store.look(lambda tables: tables.execute(query).fetchone()) == (0,)


def test_a_server_that_comes_back_is_written_to_again(folder, tmp_path, request):
    request.getfixturevalue("postgres")  # or skip
    server = PostgresServer()
    address = server.new_schema()
    try:
        with a_store(folder, database=address) as store:
            store.append("add", [an_annotation(1)])
            server.halt()
            for deed in (lambda: store.append("add"), lambda: store.count(Annotation)):
                with pytest.raises(MaalemError) as refused:
                    deed()
                assert refused.value.code == "store.server"
            server.start()
            assert store.count(Annotation) == 1
            assert store.append("add", [an_annotation(2)]).index == 2
        assert verify_ledger(folder, database=address).ok
    finally:
        server.stop()


def test_a_transaction_that_loses_its_connection_writes_nothing(
    folder, postgres_address
):
    def cut(tables):
        row = tables.execute("SELECT pg_backend_pid()").fetchone()
        with psycopg.connect(postgres_address, autocommit=True) as shell:
            shell.execute("SELECT pg_terminate_backend(%s, 5000)", row)
        tables.execute("INSERT INTO guideline_read VALUES ('p', 't', 'v', 1.0)")

    with a_store(folder, database=postgres_address) as store:
        with pytest.raises(MaalemError) as refused:
            store.change(cut)
        assert refused.value.code == "store.server"
        assert store.append("add").index == 1
        query = "SELECT count(*) FROM guideline_read"
        assert store.look(lambda tables: tables.execute(query).fetchone()) == (0,)


def test_a_closed_store_takes_no_write(folder, postgres_address):
    store = a_store(folder, database=postgres_address)
    store.close()
    with pytest.raises(RuntimeError, match="closed"):
        store.append("add")


TABLES = ("entry", "node", "record", "blob", "checkpoint")


@pytest.fixture(scope="module")
def history(tmp_path_factory, postgres):
    """Give a closed store and its address; its tables are kept for putting back."""
    address = postgres.new_schema()
    folder = tmp_path_factory.mktemp("store") / "project"
    a_history(folder, database=address)
    with psycopg.connect(address, autocommit=True) as shell:
        for table in TABLES:
            shell.execute(f"CREATE TABLE kept_{table} AS TABLE {table}")
    return folder, address


@pytest.mark.parametrize("deed", CHANGES)
def test_the_first_bad_entry_is_named_when(history, deed):
    folder, address = history
    expected, statements = CHANGES[deed]
    with psycopg.connect(address, autocommit=True) as shell:
        shell.execute("SET session_replication_role = replica")  # no guard fires
        for statement in statements:
            shell.execute(
                statement.replace("zeroblob(32)", "decode(repeat('00', 32), 'hex')")
            )
        report = verify_ledger(folder, database=address)
        for table in TABLES:
            shell.execute(f"TRUNCATE {table}")
            shell.execute(f"INSERT INTO {table} SELECT * FROM kept_{table}")
    assert (report.ok, report.first_bad) == (False, expected)
    assert verify_ledger(folder, database=address).ok


def test_an_older_name_of_the_scheme_leads_there_too(folder, postgres_address):
    address = postgres_address.replace("postgresql://", "postgres://")
    a_store(folder, database=address).close()
    assert verify_ledger(folder, database=postgres_address).ok


def test_no_file_of_the_tables_has_an_erased_word_after_a_checkpoint(
    folder, postgres, postgres_address
):
    """The write-ahead log is another matter: see docs/decisions/0015."""
    secrets = a_secret_project(folder, database=postgres_address, is_clear=True)
    with psycopg.connect(postgres_address, autocommit=True) as shell:
        shell.execute("CHECKPOINT")
        assert found_in(postgres.data / "base")
    with opened(folder, database=postgres_address) as store:
        for records, blob in secrets:
            store.erase(an_erasure(*records, blobs=(blob,)))
        index = WordIndex(store, fold=fold, version="1")
        index.catch_up()
        assert store.count(Document) == 1
    with psycopg.connect(postgres_address, autocommit=True) as shell:
        shell.execute("CHECKPOINT")
    assert found_in(folder) == []
    assert found_in(postgres.data / "base") == []
    report = verify_ledger(folder, database=postgres_address)
    assert (report.ok, report.erased) == (True, 3), report.what


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE record SET body = '' WHERE seq = 2",
        "UPDATE record SET body = 'x' WHERE seq = 1",
        "UPDATE record SET body = '', topic = 'x' WHERE seq = 1",
        "UPDATE record SET body = '', key = 77 WHERE seq = 1",
        "DELETE FROM record WHERE seq = 1",
        "TRUNCATE erased",
        "UPDATE erased SET entry = 1",
    ],
)
def test_the_guards_allow_emptying_what_was_erased_and_nothing_else(
    folder, postgres_address, statement
):
    with a_store(folder, database=postgres_address) as store:
        store.append("add", [a_document(1), a_document(2)])
        store.erase(an_erasure(a_document(1)))
    with psycopg.connect(postgres_address, autocommit=True) as shell:
        shell.execute("UPDATE record SET body = '' WHERE seq = 1")
        with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
            shell.execute(statement)
