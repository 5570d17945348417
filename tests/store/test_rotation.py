# SPDX-License-Identifier: Apache-2.0
"""A ledger's key is changed and revoked, and whoever knows one key finds the others."""

import signal
import subprocess
import sys

import pytest
from tests.store.builders import a_store, an_annotation, change, opened, rebuild_tree

from maalem.errors import DataError, IntegrityError, SettingsError
from maalem.store import SigningKey, verify_ledger
from maalem.store.key_chain import (
    ROTATED,
    chain_in,
    open_by_chain,
    read_chain,
    rotation_details,
)
from maalem.store.keys import read_verifier
from maalem.store.notes import open_checkpoint, sign_note
from maalem.store.rotation import NEXT_KEY, revoke_key, rotate_key

ROTATING = """
import os, signal, sys
from pathlib import Path
from tests.store.builders import opened
from maalem.store.rotation import rotate_key
folder, point, keeps = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "kept"
seen = 0
def count(*_):
    global seen
    seen += 1
    if seen == point:
        os.kill(os.getpid(), signal.SIGKILL)
FILES = {"open", "os.rename", "os.chmod", "os.remove", "os.link"}
store = opened(folder)
store._access.writing.set_trace_callback(count)
sys.addaudithook(lambda event, _: count() if event in FILES else None)
rotate_key(store, folder, keeps_old=keeps)
print("done", seen, flush=True)
os._exit(0)
"""


@pytest.fixture
def folder(tmp_path):
    """A closed store with a few entries and one key."""
    with a_store(tmp_path / "project") as store:
        store.append("add", [an_annotation(1)])
    return tmp_path / "project"


def rotated(folder, *, keeps_old=False):
    with opened(folder) as store:
        return rotate_key(store, folder, keeps_old=keeps_old)


def first_key(folder):
    return read_verifier((folder / "keys" / "ledger.pub").read_text())


def test_the_next_checkpoint_is_signed_by_the_new_key(folder):
    first = first_key(folder)[1]
    chain = rotated(folder)
    assert chain.public_keys == (first, chain.current)
    note = (folder / "ledger.checkpoint").read_text()
    assert open_checkpoint(note, chain.current).size == 3
    with pytest.raises(IntegrityError):
        open_checkpoint(note, first)
    assert first_key(folder)[1] == chain.current
    assert verify_ledger(folder).ok


def test_checkpoints_from_before_the_rotation_still_hold(folder):
    before = (folder / "ledger.checkpoint").read_text()
    chain = rotated(folder)
    assert open_by_chain(before, chain).size == 2
    assert verify_ledger(folder, kept=[before]).ok


def test_a_ledger_rotates_again_and_again_and_goes_on(folder):
    for number in range(3):
        rotated(folder)
        with opened(folder) as store:
            store.append("add", [an_annotation(10 + number)])
    with opened(folder, read_only=True) as store:
        assert len(store.look(chain_in).keys) == 4
    assert verify_ledger(folder).ok


def test_the_old_key_is_gone_or_kept_aside_as_was_said(folder):
    old = (folder / "keys" / "ledger.key").read_bytes()
    rotated(folder, keeps_old=True)
    (aside,) = (folder / "keys").glob("ledger-*.key")
    assert aside.read_bytes() == old
    assert aside.stat().st_mode & 0o777 == 0o600
    aside.unlink()
    second = (folder / "keys" / "ledger.key").read_bytes()
    rotated(folder)
    files = [path.read_bytes() for path in (folder / "keys").iterdir()]
    assert second not in files
    assert sorted(path.name for path in (folder / "keys").iterdir()) == [
        "ledger.key",
        "ledger.pub",
    ]


@pytest.mark.parametrize("which", ["signature_old", "signature_new"])
def test_a_rotation_that_both_keys_did_not_sign_is_red(folder, tmp_path, which):
    with opened(folder) as store:
        new = SigningKey.create(tmp_path / "new.key", store.origin)
        details = rotation_details(store.signing_key, new, after=2, keeps_old=False)
        thief = SigningKey.create(tmp_path / "thief.key", store.origin)
        forged = rotation_details(thief, thief, after=2, keeps_old=False)
        store.append(ROTATED, details={**details, which: forged[which]})
        with pytest.raises(IntegrityError) as refused:
            store.look(chain_in)
    assert refused.value.code == "store.rotation"
    report = verify_ledger(folder)
    assert not report.ok
    assert "did not sign it" in report.what
    with pytest.raises(IntegrityError):
        opened(folder)


def test_a_rotation_from_a_key_that_is_not_in_force_is_red(folder, tmp_path):
    with opened(folder) as store:
        thief = SigningKey.create(tmp_path / "thief.key", store.origin)
        details = rotation_details(thief, thief, after=2, keeps_old=False)
        store.append(ROTATED, details=details)
    assert "does not follow" in verify_ledger(folder).what


def test_the_old_key_signs_nothing_after_the_rotation(folder):
    with opened(folder) as store:
        old = store.signing_key
        chain = rotate_key(store, folder)
        head = store.checkpoint().rpartition("\n\n")[0] + "\n"
    forged = sign_note(head, old)
    with pytest.raises(IntegrityError):
        open_by_chain(forged, chain)
    assert not verify_ledger(folder, kept=[forged]).ok


def test_a_rotation_that_was_edited_away_is_found(folder):
    rotated(folder)
    change(folder, "UPDATE entry SET action = 'other' WHERE seq = 2")
    rebuild_tree(folder)
    assert not verify_ledger(folder).ok


def test_a_revoked_key_is_not_believed_after_the_entry(folder):
    with opened(folder) as store:
        old = store.signing_key
        good = store.checkpoint()
        store.append("add", [an_annotation(2)])
        late = store.checkpoint()
        rotate_key(store, folder)
        revoke_key(store, key=old.public_bytes, since=1, why="a stolen notebook")
        chain = store.look(chain_in)
    assert chain.find_revocation(old.public_bytes).since == 1
    assert chain.find_revocation(chain.current) is None
    assert verify_ledger(folder).ok
    assert verify_ledger(folder, kept=[good]).ok
    report = verify_ledger(folder, kept=[late])
    assert not report.ok
    assert "stolen notebook" in report.what


def test_the_key_in_force_and_unknown_keys_are_not_revoked(folder):
    with opened(folder) as store:
        key = store.signing_key.public_bytes
        with pytest.raises(DataError) as refused:
            revoke_key(store, key=key, since=1, why="")
        assert refused.value.code == "store.key-in-force"
        rotate_key(store, folder)
        for wrong in ({"key": bytes(32), "since": 1}, {"key": key, "since": 99}):
            with pytest.raises(DataError) as refused:
                revoke_key(store, why="", **wrong)
            assert refused.value.code == "store.no-such-key"


def test_a_key_in_a_folder_that_others_may_write_is_refused(folder):
    (folder / "keys").chmod(0o770)
    with pytest.raises(SettingsError) as refused:
        opened(folder)
    assert refused.value.code == "store.key-open"
    (folder / "keys").chmod(0o750)
    opened(folder).close()


def test_a_new_ledger_keeps_its_keys_in_a_folder_of_its_own(folder):
    assert (folder / "keys").stat().st_mode & 0o777 == 0o700


def test_no_chain_begins_elsewhere_than_with_the_first_key(folder, tmp_path):
    rotated(folder)
    other = SigningKey.create(tmp_path / "other.key", "example.org/ledger")
    with opened(folder, read_only=True) as store:
        entries = list(store.entries(ROTATED))
    with pytest.raises(IntegrityError):
        read_chain((other.name, other.public_bytes), entries)


def run(folder, point, what):
    child = subprocess.run(
        [sys.executable, "-c", ROTATING, str(folder), str(point), what],
        capture_output=True,
        check=False,
    )
    killed = child.returncode == -signal.SIGKILL
    assert killed or child.returncode == 0, child.stderr.decode()
    return child.stdout, killed


@pytest.mark.parametrize("what", ["kept", "destroyed"])
@pytest.mark.parametrize("point", range(1, 43, 2))
def test_a_rotation_killed_at_any_step_leaves_a_ledger_that_goes_on(
    folder, point, what
):
    first = first_key(folder)[1]
    run(folder, point, what)
    assert verify_ledger(folder).ok
    with opened(folder) as store:
        store.append("add", [an_annotation(7)])
        chain = store.look(chain_in)
        assert store.signing_key.public_bytes == chain.current
    assert chain.public_keys[0] == first
    assert first_key(folder)[1] == chain.current
    assert not (folder / NEXT_KEY).exists()
    assert len(list((folder / "keys").glob("ledger-*.key"))) == (
        len(chain.keys) - 1 if what == "kept" else 0
    )
    assert verify_ledger(folder).ok
    rotated(folder)
    assert verify_ledger(folder).ok


def test_the_points_of_death_reach_to_the_end_of_a_rotation(folder):
    said, killed = run(folder, 10_000, "kept")
    assert not killed
    assert int(said.split()[-1]) == 42, "choose the points of death anew"
