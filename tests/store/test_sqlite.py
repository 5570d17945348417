# SPDX-License-Identifier: Apache-2.0
"""The store in a folder."""

import json
import shutil
import sqlite3
import subprocess
import sys
from itertools import pairwise

import pytest
from tests.contracts.store import StoreContract
from tests.store.builders import (
    a_document,
    a_history,
    a_store,
    an_annotation,
    change,
    noon,
    opened,
)

from maalem.errors import (
    BusyError,
    DataError,
    IntegrityError,
    MaalemError,
    SettingsError,
    UsageError,
)
from maalem.records import Annotation
from maalem.store import FolderStore, create_store, verify_ledger
from maalem.store.ledger import stored_nodes
from maalem.store.merkle import consistency_holds, consistency_path
from maalem.store.notes import open_checkpoint


class TestSqliteStore(StoreContract):
    @pytest.fixture
    def store(self, tmp_path, clock):
        with create_store(
            tmp_path / "project",
            origin="example.org/ledger",
            clock=lambda: clock[-1],
            actor="owner",
        ) as store:
            yield store


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "project"


def test_what_was_written_is_there_when_the_folder_is_opened_again(folder):
    with a_store(folder) as store:
        store.append("add", [an_annotation(1)])
        digest = store.put(b"blob")
        store.append("add")
    with opened(folder) as store:
        assert store.get(Annotation, an_annotation(1).id) == an_annotation(1)
        assert store.read(digest) == b"blob"
        assert store.origin == "example.org/ledger"


def test_a_folder_that_has_a_store_is_not_made_anew(folder):
    a_store(folder).close()
    with pytest.raises(UsageError) as refused:
        a_store(folder)
    assert refused.value.code == "store.exists"
    opened(folder).close()  # and the refusal left no lock


def test_a_ledger_does_not_begin_anew_under_a_key_that_has_signed(folder):
    a_store(folder).close()
    (folder / "maalem.db").unlink()
    with pytest.raises(UsageError) as refused:
        a_store(folder)
    assert refused.value.code == "store.exists"


def test_a_creation_that_was_cut_off_is_taken_up(folder):
    a_store(folder).close()
    for name in ("maalem.db", "ledger.checkpoint"):
        (folder / name).unlink()
    (folder / ".part-maalem.db").write_bytes(b"half")
    a_store(folder).close()
    assert verify_ledger(folder).ok
    assert not (folder / ".part-maalem.db").exists()


def test_a_folder_without_a_store_is_refused(folder):
    for read_only in (False, True):
        with pytest.raises(DataError) as refused:
            opened(folder, read_only=read_only)
        assert refused.value.code == "store.none"


@pytest.mark.parametrize("origin", ["", "a b", "a+b", "a\nb", "a\u2003b", "a\x7fb"])
def test_an_origin_that_no_signature_line_can_name_is_refused(folder, origin):
    with pytest.raises(SettingsError) as refused:
        a_store(folder, origin=origin)
    assert refused.value.code == "store.origin"


def test_a_second_writer_is_refused_by_the_first_ones_process_id(folder):
    script = (
        "import sys; from pathlib import Path\n"
        "from tests.store.builders import opened\n"
        "store = opened(Path(sys.argv[1])); print('open', flush=True); sys.stdin.read()"
    )
    a_store(folder).close()
    child = subprocess.Popen(
        [sys.executable, "-c", script, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with child:
        assert child.stdout.readline() == b"open\n"
        with pytest.raises(BusyError) as refused:
            opened(folder)
        assert refused.value.code == "store.busy"
        assert str(child.pid) in refused.value.message
        child.kill()  # a killed writer leaves no lock behind
        child.wait()
        opened(folder).close()


def test_one_process_opens_a_folder_once_for_writing(folder):
    with a_store(folder), pytest.raises(BusyError):
        opened(folder)


def test_readers_read_beside_a_writer(folder):
    with a_store(folder) as writer:
        writer.append("add", [an_annotation(1)])
        with opened(folder, read_only=True) as reader:
            assert reader.count(Annotation) == 1
            writer.append("add", [an_annotation(2)])
            assert reader.count(Annotation) == 2
        assert verify_ledger(folder).ok


def test_a_reader_writes_nothing(folder):
    a_store(folder).close()
    with opened(folder, read_only=True) as reader:
        for deed in (
            lambda: reader.put(b"x"),
            lambda: reader.put_file(folder / "maalem.db"),
            lambda: reader.append("x"),
            reader.checkpoint,
        ):
            with pytest.raises(UsageError) as refused:
                deed()
            assert refused.value.code == "store.read-only"


def test_a_folder_in_which_no_side_file_can_be_made_is_read(folder):
    a_history(folder)
    (folder / "maalem.db-shm").symlink_to("nowhere")  # stands for a read-only disk
    with opened(folder, read_only=True) as reader:
        assert reader.count(Annotation) == 22
    assert verify_ledger(folder).ok


def test_a_key_that_others_may_read_is_refused(folder):
    a_store(folder).close()
    for mode in (0o640, 0o604, 0o660, 0o602):
        (folder / "keys" / "ledger.key").chmod(mode)
        with pytest.raises(SettingsError) as refused:
            opened(folder)
        assert refused.value.code == "store.key-open"
        assert refused.value.hint.startswith("chmod 600 ")
    (folder / "keys" / "ledger.key").chmod(0o600)
    opened(folder).close()


def test_the_key_file_is_made_for_its_owner_alone(folder):
    a_store(folder).close()
    assert (folder / "keys" / "ledger.key").stat().st_mode & 0o777 == 0o600


def test_another_ledgers_key_is_refused(folder, tmp_path):
    a_store(folder).close()
    a_store(tmp_path / "other").close()
    shutil.copy(tmp_path / "other" / "keys" / "ledger.key", folder / "keys")
    with pytest.raises(IntegrityError) as refused:
        opened(folder)
    assert refused.value.code == "store.key"


@pytest.mark.parametrize("content", [b"", b"-----BEGIN PRIVATE KEY-----", b"\x00" * 99])
def test_a_damaged_key_is_refused(folder, content):
    a_store(folder).close()
    (folder / "keys" / "ledger.key").write_bytes(content)
    with pytest.raises(IntegrityError) as refused:
        opened(folder)
    assert refused.value.code == "store.key"


def test_a_writer_without_its_key_is_refused(folder):
    a_store(folder).close()
    (folder / "keys" / "ledger.key").unlink()
    with pytest.raises(IntegrityError) as refused:
        opened(folder)
    assert refused.value.code == "store.key"


@pytest.mark.parametrize("lost", ["the database is put back", "the tail is cut off"])
def test_a_ledger_that_lost_signed_entries_takes_no_more(folder, tmp_path, lost):
    a_history(folder)
    earlier = tmp_path / "earlier.db"
    shutil.copy(folder / "maalem.db", earlier)
    with opened(folder) as store:
        store.append("add", [an_annotation(900)])
    if lost == "the database is put back":
        shutil.copy(earlier, folder / "maalem.db")
    else:
        change(folder, "DELETE FROM entry WHERE seq = 12")
        (folder / "ledger.checkpoint").unlink()
    with pytest.raises(IntegrityError) as refused:
        opened(folder)
    assert refused.value.code == "store.fork"
    assert "ledger.checkpoint" in refused.value.hint


def test_a_missing_tree_node_stops_the_next_append(folder):
    a_history(folder, entries=6)
    with opened(folder) as store:
        store._access.writing.execute("DROP TRIGGER node_delete")
        store._access.writing.execute(
            "DELETE FROM node WHERE level = 0 AND position = 6"
        )
        store._access.writing.execute(
            "DELETE FROM node WHERE level = 1 AND position = 2"
        )
        store.append("add")
        with pytest.raises(IntegrityError) as refused:
            store.append("add")
        assert refused.value.code == "store.damaged"
        store._access.writing.close()
        store._is_closed = True


def test_a_reader_needs_no_key(folder):
    a_store(folder).close()
    (folder / "keys" / "ledger.key").unlink()
    with opened(folder, read_only=True) as reader:
        assert len(list(reader.entries())) == 1
    assert verify_ledger(folder).ok


def test_the_tables_refuse_to_be_changed_in_place(folder):
    a_history(folder)
    shell = sqlite3.connect(folder / "maalem.db")
    for table, column in (
        ("entry", "body"),
        ("node", "hash"),
        ("record", "body"),
        ("blob", "size"),
        ("checkpoint", "note"),
    ):
        for deed in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                shell.execute(deed)
    shell.close()


def test_a_row_that_was_edited_is_found_when_it_is_read(folder):
    a_history(folder)
    change(folder, "UPDATE record SET body = replace(body, 'yes', 'no ') WHERE seq = 3")
    with opened(folder) as store, pytest.raises(IntegrityError) as refused:
        list(store.find(Annotation))
    assert refused.value.code == "store.record"


def test_closing_signs_the_ledger_as_it_stands(folder):
    with a_store(folder) as store:
        store.append("add", [an_annotation(1)])
        public = store.signing_key.public_bytes
    note = (folder / "ledger.checkpoint").read_text()
    assert open_checkpoint(note, public).size == 2


def test_consecutive_checkpoints_are_consistent(folder):
    with a_store(folder) as store:
        public = store.signing_key.public_bytes
        heads = [open_checkpoint(store.checkpoint(), public)]
        for number in range(1, 20):
            for part in range(number % 4):
                store.append("add", [an_annotation(number * 10 + part)])
            heads.append(open_checkpoint(store.checkpoint(), public))
        node_at = stored_nodes(store._access.writing)
        for old, new in pairwise(heads):
            path = consistency_path(old.size, new.size, node_at)
            pair = (old.size, old.root), (new.size, new.root)
            assert consistency_holds(path, *pair)


def test_a_full_disk_loses_nothing_and_leaves_nothing_half_written(folder):
    with a_store(folder) as store:
        store.append("add", [an_annotation(1)])
        pages = store._access.writing.execute("PRAGMA page_count").fetchone()[0]
        store._access.writing.execute(f"PRAGMA max_page_count = {pages + 2}")
        with pytest.raises(MaalemError) as refused:
            store.append("add", [a_document(n, text="x" * 4000) for n in range(50)])
        assert refused.value.code == "store.disk"
        store._access.writing.execute("PRAGMA max_page_count = 1000000")
        assert len(list(store.entries())) == 2
        assert store.append("add", [an_annotation(2)]).index == 2
    assert verify_ledger(folder).ok


def test_a_disk_that_takes_no_blob_is_explained(folder):
    script = (
        "import resource, signal, sys; from pathlib import Path\n"
        "from maalem.errors import MaalemError\n"
        "from tests.store.builders import opened\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "with opened(Path(sys.argv[1])) as store:\n"
        "    limit = resource.getrlimit(resource.RLIMIT_FSIZE)\n"
        "    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, limit[1]))\n"
        "    try:\n"
        "        store.put(bytes(2 << 20))\n"
        "    except MaalemError as error:\n"
        "        print(error.code)\n"
        "    resource.setrlimit(resource.RLIMIT_FSIZE, limit)\n"
    )
    a_store(folder).close()
    said = subprocess.run(
        [sys.executable, "-c", script, str(folder)], capture_output=True, check=True
    )
    assert said.stdout.split() == [b"store.disk"]
    assert not list((folder / "blobs").iterdir())  # no half blob either
    assert verify_ledger(folder).ok


def test_a_damaged_database_is_explained(folder):
    a_history(folder)
    (folder / "maalem.db").write_bytes(b"not a database " * 1000)
    with pytest.raises(IntegrityError) as refused:
        opened(folder)
    assert refused.value.code == "store.damaged"


def test_an_error_inside_the_block_lets_go_of_the_folder(folder):
    with pytest.raises(ZeroDivisionError), a_store(folder):
        1 / 0  # noqa: B018  # the point of the test
    opened(folder).close()


def test_a_clock_without_a_zone_is_a_mistake_of_the_program(folder):
    a_store(folder).close()
    with opened(folder) as store:
        store._scribe._clock = lambda: noon().replace(tzinfo=None)
        with pytest.raises(ValueError, match="aware"):
            store.append("x")
    assert verify_ledger(folder).ok


def test_the_leaf_is_the_canonical_json_of_the_entry(folder):
    with a_store(folder) as store:
        entry = store.append("add", [an_annotation(1)])
        body = store._access.writing.execute("SELECT body FROM entry WHERE seq = 1")
        assert json.loads(body.fetchone()[0]) == {
            "action": "add",
            "actor": "owner",
            "added": 1,
            "at": "2026-11-24T12:00:00.000+00:00",
            "blobs": 0,
            "details": {},
            "index": 1,
            "records_digest": entry.records_digest,
        }
    assert isinstance(store, FolderStore)
