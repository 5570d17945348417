# SPDX-License-Identifier: Apache-2.0
"""Checkpoints on a schedule: when one is due, and what lies in `checkpoints/`."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.app.builders import a_project

from maalem.app.keeping import LedgerSettings
from maalem.app.noting import FOLDER, is_due, keep_note, notes_in
from maalem.app.workspace import open_workspace
from maalem.errors import SettingsError
from maalem.store.notes import open_checkpoint

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
HOURLY = LedgerSettings(checkpoint_every="1h", checkpoint_entries=5)


@pytest.fixture
def work(tmp_path):
    """A project whose last dated checkpoint was written at noon."""
    with open_workspace(a_project(tmp_path / "fleet")) as work:
        for note in notes_in(work.folder):
            note.path.unlink()
        keep_note(work.store, work.folder, now=NOON)
        yield work


def due(work, **later):
    now = NOON + timedelta(**later)
    return is_due(work.store, work.folder, HOURLY, now=now)


def test_a_ledger_that_did_not_grow_is_never_due(work):
    assert not due(work, days=30)


def test_a_ledger_that_grew_is_due_after_the_time(work):
    work.store.append("note")
    assert not due(work, minutes=59)
    assert due(work, minutes=60)


def test_many_entries_are_due_before_the_time(work):
    for _ in range(4):
        work.store.append("note")
    assert not due(work, minutes=1)
    work.store.append("note")
    assert due(work, minutes=1)


def test_a_clock_that_stepped_back_makes_it_due(work):
    work.store.append("note")
    assert due(work, hours=-5)


def test_a_cosignature_taken_home_is_no_reason_to_sign_again(work):
    work.store.append("ledger.witnessed")
    assert not due(work, days=1)


def test_a_dated_checkpoint_is_a_signed_note_over_the_whole_ledger(work):
    work.store.append("note")
    path = keep_note(work.store, work.folder, now=NOON + timedelta(hours=1))
    assert path.name == "2026-11-25T130000Z-000003.txt"
    key = work.store.signing_key
    head = open_checkpoint(path.read_text("utf-8"), key.public_bytes, origin=key.name)
    assert head.size == 3


def test_the_same_ledger_is_not_written_twice(work):
    first = keep_note(work.store, work.folder, now=NOON)
    again = keep_note(work.store, work.folder, now=NOON + timedelta(hours=3))
    assert again == first
    assert len(notes_in(work.folder)) == 1


def test_other_files_in_the_folder_are_let_be(work):
    (work.folder / FOLDER / "README.txt").write_text("ours")
    (work.folder / FOLDER / "2026-99-99T000000Z-000009.txt").write_text("no date")
    assert [note.size for note in notes_in(work.folder)] == [2, 9]


def test_whoever_appends_leaves_a_checkpoint_when_one_is_due(tmp_path):
    folder = a_project(tmp_path / "fleet")
    (first,) = notes_in(folder)
    with open_workspace(folder) as work:
        work.store.append("note")
    assert notes_in(folder) == [first]  # an hour has not gone by
    old = first.path.with_name("2026-01-01T000000Z-000002.txt")
    first.path.rename(old)
    with open_workspace(folder):
        pass  # nothing appended, nothing written
    assert len(notes_in(folder)) == 1
    with open_workspace(folder) as work:
        work.store.append("note")
    assert [note.size for note in notes_in(folder)] == [2, 4]


def test_the_dated_checkpoints_are_compared_when_the_ledger_is_verified(
    maalem, tmp_path
):
    folder = a_project(tmp_path / "fleet")
    assert maalem("-C", folder, "verify", "--ledger").code == 0
    (note,) = notes_in(folder)
    text = note.path.read_text("utf-8")
    note.path.write_text(text.replace("\n2\n", "\n3\n"), encoding="utf-8")
    assert maalem("-C", folder, "verify", "--ledger", "--json").code == 5


@pytest.mark.parametrize("every", ["", "1", "h", "0h", "30s", "1w", "32d", "٣h", "1 h"])
def test_a_span_that_is_none_is_refused(every):
    with pytest.raises(SettingsError, match="checkpoint_every"):
        LedgerSettings(checkpoint_every=every)


@pytest.mark.parametrize(
    ("every", "span"),
    [
        ("1m", timedelta(minutes=1)),
        ("90m", timedelta(minutes=90)),
        ("1h", timedelta(hours=1)),
        ("31d", timedelta(days=31)),
    ],
)
def test_a_span_is_read(every, span):
    assert LedgerSettings(checkpoint_every=every).interval == span


@pytest.mark.parametrize(
    "address",
    ["", "witness", "ftp://a", "http://", "https://a?b", "http://a:0", "http://u:p@a"],
)
def test_an_address_that_is_none_is_refused(address):
    with pytest.raises(SettingsError, match="asked"):
        LedgerSettings(asked=(address,))


def test_no_entry_at_all_is_too_few():
    with pytest.raises(SettingsError, match="checkpoint_entries"):
        LedgerSettings(checkpoint_entries=0)
