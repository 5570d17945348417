# SPDX-License-Identifier: Apache-2.0
"""Whatever is done to a ledger, verification names the first entry it was done to."""

import random
import shutil
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import pytest
from tests.store.builders import (
    a_history,
    a_store,
    an_annotation,
    change,
    opened,
    rebuild_tree,
    sign_as_owner,
)

from maalem.errors import DataError, MaalemError
from maalem.records import Annotation
from maalem.store import verify_ledger
from maalem.store.merkle import leaf_hash
from maalem.store.notes import TreeHead

EDITED = "replace(body, 'part-7', 'part-8')"
LAST_NOTE = "(SELECT note FROM checkpoint AS last WHERE last.size = 12)"
ROW_COPY = (
    "INSERT INTO record (entry, kind, id, topic, body, leaf) "
    "SELECT {entry}, kind, 'sha256:{name}', topic, body, leaf FROM record WHERE seq = 1"
)

# What an administrator does with a SQLite shell, and the first bad entry.
CHANGES = {
    "a leaf is edited": (
        7,
        [f"UPDATE entry SET body = {EDITED} WHERE seq = 7"],
    ),
    "the first leaf is edited": (
        0,
        ["UPDATE entry SET body = replace(body, 'owner', 'ownes') WHERE seq = 0"],
    ),
    "two leaves are edited": (
        7,
        [
            f"UPDATE entry SET body = {EDITED} WHERE seq = 7",
            "UPDATE entry SET body = replace(body, 'owner', 'ownes') WHERE seq = 9",
        ],
    ),
    "a leaf is made unreadable": (5, ["UPDATE entry SET body = '{' WHERE seq = 5"]),
    "a leaf becomes other JSON": (5, ["UPDATE entry SET body = '[]' WHERE seq = 5"]),
    "a count of an entry becomes text": (
        5,
        ["UPDATE entry SET body = replace(body, ':2,', ':\"2\",') WHERE seq = 5"],
    ),
    "an entry is deleted and a record inserted before": (
        2,
        ["DELETE FROM entry WHERE seq = 7", ROW_COPY.format(entry=2, name="ff")],
    ),
    "an entry is filed under another action": (
        6,
        ["UPDATE entry SET action = 'look' WHERE seq = 6"],
    ),
    "an entry is deleted": (7, ["DELETE FROM entry WHERE seq = 7"]),
    "the first entry is deleted": (0, ["DELETE FROM entry WHERE seq = 0"]),
    "an entry is deleted and the others move up": (
        7,
        [
            "DELETE FROM entry WHERE seq = 7",
            "UPDATE entry SET seq = 7 WHERE seq = 8",
            "UPDATE entry SET seq = 8 WHERE seq = 9",
            "UPDATE entry SET seq = 9 WHERE seq = 10",
            "UPDATE entry SET seq = 10 WHERE seq = 11",
        ],
    ),
    "two entries change places": (
        3,
        [
            "UPDATE entry SET seq = 100 WHERE seq = 3",
            "UPDATE entry SET seq = 3 WHERE seq = 8",
            "UPDATE entry SET seq = 8 WHERE seq = 100",
        ],
    ),
    "an entry is inserted at the end": (
        12,
        ["INSERT INTO entry SELECT 12, action, body FROM entry WHERE seq = 11"],
    ),
    "the tail is cut off": (9, ["DELETE FROM entry WHERE seq >= 9"]),
    "the tail is cut off with all that belongs to it": (
        11,
        [
            "DELETE FROM entry WHERE seq >= 11",
            "DELETE FROM record WHERE entry >= 11",
            "DELETE FROM node WHERE level = 0 AND position >= 11",
            "DELETE FROM node WHERE level = 1 AND position >= 5",
            "DELETE FROM node WHERE level = 2 AND position >= 2",
        ],
    ),
    "a record is edited": (
        6,
        ["UPDATE record SET body = replace(body, 'yes', 'no ') WHERE entry = 6"],
    ),
    "a record gets another topic": (
        6,
        ["UPDATE record SET topic = 'other' WHERE entry = 6"],
    ),
    "a record gets another name": (
        6,
        ["UPDATE record SET id = replace(id, 'sha256:', 'sha257:') WHERE entry = 6"],
    ),
    "a record is deleted": (4, ["DELETE FROM record WHERE seq = 7"]),
    "a record is inserted": (4, [ROW_COPY.format(entry=4, name="ff")]),
    "a record is inserted under no entry": (12, [ROW_COPY.format(entry=12, name="ff")]),
    "a record is inserted before the first entry": (
        0,
        [ROW_COPY.format(entry=-1, name="ff")],
    ),
    "a record moves to another entry": (
        4,
        ["UPDATE record SET entry = 5 WHERE seq = 8"],
    ),
    "two records of an entry change places": (
        4,
        [
            "UPDATE record SET seq = 1000 WHERE seq = 7",
            "UPDATE record SET seq = 7 WHERE seq = 8",
            "UPDATE record SET seq = 8 WHERE seq = 1000",
        ],
    ),
    "a leaf of the tree is altered": (
        6,
        ["UPDATE node SET hash = zeroblob(32) WHERE level = 0 AND position = 6"],
    ),
    "a node of the tree is altered": (
        4,
        ["UPDATE node SET hash = zeroblob(32) WHERE level = 2 AND position = 1"],
    ),
    "a low and a high node are altered": (
        0,
        [
            "UPDATE node SET hash = zeroblob(32) WHERE level = 0 AND position = 9",
            "UPDATE node SET hash = zeroblob(32) WHERE level = 3 AND position = 0",
        ],
    ),
    "a node is deleted": (2, ["DELETE FROM node WHERE level = 1 AND position = 1"]),
    "a node is inserted": (
        12,
        ["INSERT INTO node VALUES (0, 12, zeroblob(32))"],
    ),
    "a level is inserted": (12, ["INSERT INTO node VALUES (9, 0, zeroblob(32))"]),
    "a blob is forgotten": (6, ["DELETE FROM blob WHERE entry = 6"]),
    "a blob is invented": (
        6,
        ["INSERT INTO blob VALUES ('sha256:x', 1, 6)"],
    ),
    "a blob gets another size": (6, ["UPDATE blob SET size = 1 WHERE entry = 6"]),
    "a checkpoint is edited": (
        5,
        ["UPDATE checkpoint SET note = replace(note, '12', '11') WHERE size = 12"],
    ),
    "the first checkpoint is edited": (
        0,
        ["UPDATE checkpoint SET note = replace(note, 'org', 'com') WHERE size = 5"],
    ),
    "a checkpoint takes the place of another": (
        0,
        [f"UPDATE checkpoint SET note = {LAST_NOTE} WHERE size = 5"],
    ),
}


@pytest.fixture(scope="module")
def history(tmp_path_factory):
    return a_history(tmp_path_factory.mktemp("store") / "project")


@pytest.fixture
def folder(history, tmp_path):
    return Path(shutil.copytree(history, tmp_path / "project"))


def first_bad(folder: Path, **kept: list[str]) -> int | None:
    report = verify_ledger(folder, **kept)
    assert not report.ok
    assert report.what
    return report.first_bad


def test_an_untouched_ledger_is_sound(folder):
    report = verify_ledger(folder)
    assert (report.ok, report.size, report.first_bad) == (True, 12, None)
    assert report.root in (folder / "ledger.checkpoint").read_text()
    assert report.checkpoints == 3  # two in the database, one copy


def test_an_empty_ledger_is_sound(tmp_path):
    a_store(tmp_path / "project").close()
    assert verify_ledger(tmp_path / "project").ok


@pytest.mark.parametrize("action", ['a "quoted" deed', "d\\eed", "réglé", "فحص", ""])
def test_an_action_of_any_text_is_sound(tmp_path, action):
    with a_store(tmp_path / "project") as store:
        store.append(action, [an_annotation(1)])
        assert [entry.action for entry in store.entries(action)] == [action]
    assert verify_ledger(tmp_path / "project").ok


def test_verifying_changes_no_byte(folder):
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    verify_ledger(folder)
    assert all(path.read_bytes() == content for path, content in before.items())


@pytest.mark.parametrize("deed", CHANGES)
def test_the_first_bad_entry_is_named_when(folder, deed):
    expected, statements = CHANGES[deed]
    change(folder, *statements)
    assert first_bad(folder) == expected


@pytest.mark.parametrize(
    "deed",
    ["a leaf is edited", "the tail is cut off", "two entries change places"],
)
def test_a_tree_that_was_made_to_fit_disagrees_with_what_was_signed(folder, deed):
    _, statements = CHANGES[deed]
    indexes = [
        f"UPDATE entry SET body = replace(body, '\"index\":{old}', '\"index\":{new}') "
        f"WHERE seq = {new}"
        for old, new in ((8, 3), (3, 8))
        if deed == "two entries change places"
    ]
    change(
        folder,
        *statements,
        *indexes,
        "DELETE FROM record WHERE entry > (SELECT max(seq) FROM entry)",
        "DELETE FROM blob WHERE entry > (SELECT max(seq) FROM entry)",
    )
    rebuild_tree(folder)
    expected = {"a leaf is edited": 5, "the tail is cut off": 9}
    assert first_bad(folder) == expected.get(deed, 3)


def test_a_rewriting_with_rows_and_tree_is_found_by_the_checkpoint(folder):
    body = "replace(body, 'part-7', 'part-X')"
    change(folder, f"UPDATE entry SET body = {body} WHERE seq = 7")
    rebuild_tree(folder)
    report = verify_ledger(folder)
    assert report.first_bad == 5  # the checkpoint over 5 still agrees
    assert "entries 5 to 11" in report.what


def test_a_checkpoint_forged_with_another_key_is_found(folder, tmp_path):
    a_store(tmp_path / "forger").close()
    note = sign_as_owner(
        tmp_path / "forger",
        TreeHead(origin="example.org/ledger", size=12, root=bytes(32)).text,
    )
    change(folder, f"UPDATE checkpoint SET note = '{note}' WHERE size = 12")
    assert first_bad(folder) == 5


def test_a_fork_signed_with_the_right_key_is_found(folder):
    head = TreeHead(origin="example.org/ledger", size=12, root=bytes(32))
    note = sign_as_owner(folder, head.text)
    change(folder, f"UPDATE checkpoint SET note = '{note}' WHERE size = 12")
    (folder / "ledger.checkpoint").unlink()
    assert first_bad(folder) == 5


def test_the_copy_of_the_checkpoint_is_compared_too(folder):
    head = TreeHead(origin="example.org/ledger", size=13, root=bytes(32))
    (folder / "ledger.checkpoint").write_text(sign_as_owner(folder, head.text))
    assert first_bad(folder) == 12


def test_a_lost_log_is_found_by_the_copy_of_the_checkpoint(folder, tmp_path):
    earlier = shutil.copytree(folder, tmp_path / "earlier")
    with opened(folder) as store:
        store.append("add", [an_annotation(900)])
    shutil.copy(earlier / "maalem.db", folder / "maalem.db")
    assert first_bad(folder) == 12


def test_a_folder_put_back_is_found_by_a_checkpoint_kept_elsewhere(folder, tmp_path):
    earlier = shutil.copytree(folder, tmp_path / "earlier")
    with opened(folder) as store:
        store.append("add", [an_annotation(900)])
        kept = store.checkpoint()
    assert verify_ledger(folder, kept=[kept]).ok
    assert verify_ledger(earlier).ok  # nothing inside can show it
    assert first_bad(earlier, kept=[kept]) == 12


def test_a_forged_checkpoint_from_outside_is_no_proof_against_an_entry(folder):
    assert first_bad(folder, kept=["no checkpoint"]) is None


@pytest.mark.parametrize("harm", ["flipped", "longer", "missing", "folder"])
def test_a_blob_that_is_not_what_its_entry_names_is_found(folder, harm):
    with opened(folder, read_only=True) as store:
        path = store.path_of(put_by_entry(folder, 6))
    path.chmod(0o644)
    content = path.read_bytes()
    if harm == "flipped":
        path.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    elif harm == "longer":
        path.write_bytes(content + b"x")
    else:
        path.unlink()
    if harm == "folder":
        path.mkdir()
    assert first_bad(folder) == 6


def put_by_entry(folder: Path, entry: int):
    with closing(sqlite3.connect(folder / "maalem.db")) as shell:
        query = "SELECT digest FROM blob WHERE entry = ?"
        return shell.execute(query, (entry,)).fetchone()[0]


def test_a_blob_that_no_entry_names_is_no_fault(folder):
    with opened(folder) as store:
        store.put(b"put, and the process ended before the entry")
    assert verify_ledger(folder).ok


def test_a_missing_guard_is_found(folder):
    with closing(sqlite3.connect(folder / "maalem.db")) as shell:
        shell.execute("DROP TRIGGER entry_delete")
    report = verify_ledger(folder)
    assert (report.ok, report.first_bad) == (False, None)


def test_a_replaced_public_key_is_found(folder, tmp_path):
    a_store(tmp_path / "other").close()
    shutil.copy(tmp_path / "other" / "keys" / "ledger.pub", folder / "keys")
    assert first_bad(folder) == 0
    (folder / "keys" / "ledger.pub").unlink()
    assert first_bad(folder) is None


def test_a_folder_without_a_store_is_refused(tmp_path):
    with pytest.raises(DataError) as refused:
        verify_ledger(tmp_path)
    assert refused.value.code == "store.none"


@pytest.mark.parametrize("length", [0, 50, 4096, 20_000])
def test_a_database_that_was_cut_short_is_found(folder, length):
    path = folder / "maalem.db"
    path.write_bytes(path.read_bytes()[:length])
    assert not verify_ledger(folder).ok


def told(folder: Path) -> object:
    """Everything that the database tells through the store, or why it does not."""
    with opened(folder, read_only=True) as store:
        return (
            store.origin,
            list(store.entries()),
            list(store.entries("import")),
            list(store.find(Annotation)),
            list(store.find(Annotation, "faults")),
            [store.has(Annotation, an_annotation(n).id) for n in range(24)],
        )


@pytest.mark.parametrize("seed", range(100))
def test_a_flipped_bit_in_the_database_is_found_or_changes_nothing(folder, seed):
    path = folder / "maalem.db"
    intact = told(folder)
    content = bytearray(path.read_bytes())
    bit = random.Random(seed).randrange(len(content) * 8)
    content[bit // 8] ^= 1 << bit % 8
    path.write_bytes(content)
    try:
        sound = verify_ledger(folder).ok
    except DataError:
        return  # the flipped bit was in the schema's number
    if sound:
        assert told(folder) == intact


def test_a_flipped_bit_is_never_a_traceback_for_the_reader(folder):
    path = folder / "maalem.db"
    content = path.read_bytes()
    chance = random.Random(7)
    for _ in range(60):
        flipped = bytearray(content)
        bit = chance.randrange(len(content) * 8)
        flipped[bit // 8] ^= 1 << bit % 8
        path.write_bytes(flipped)
        with suppress(MaalemError):
            told(folder)


def test_the_hash_of_a_leaf_can_be_computed_by_hand(folder):
    with closing(sqlite3.connect(folder / "maalem.db")) as shell:
        body = shell.execute("SELECT body FROM entry WHERE seq = 3").fetchone()[0]
        node = shell.execute(
            "SELECT hash FROM node WHERE level = 0 AND position = 3"
        ).fetchone()[0]
    assert leaf_hash(body.encode()) == node
