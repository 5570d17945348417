# SPDX-License-Identifier: Apache-2.0
"""Two projects: the one watches the other's ledger, and what that is good for."""

import shutil

import pytest
from tests.app.builders import a_project, flip_a_bit
from tests.store.builders import change, rebuild_tree

from maalem.app import loop
from maalem.app.workspace import open_workspace
from maalem.store.keys import SigningKey


@pytest.fixture
def ours(tmp_path):
    return a_project(tmp_path / "ours")


@pytest.fixture
def theirs(tmp_path):
    return a_project(tmp_path / "theirs")


@pytest.fixture
def watching(maalem, ours, theirs):
    """Both projects, each knowing the other's key."""
    line = maalem("-C", theirs, "ledger", "witness", "--json").json["key"]
    _set(ours, f'[ledger]\nwitnesses = ["{line}"]\n')
    public = (ours / "keys" / "ledger.pub").read_text("utf-8").strip()
    _set(theirs, f'[ledger]\nwatched = ["{public}"]\n')
    return ours, theirs


def _set(folder, text):
    path = folder / "maalem.toml"
    path.write_text(path.read_text("utf-8") + "\n" + text, encoding="utf-8")


def _grow(folder, count=1):
    with open_workspace(folder) as work:
        for _ in range(count):
            work.store.append("note")


def _witnessed(maalem, watching, path):
    """Go the whole way once: submit, cosign, keep."""
    ours, theirs = watching
    asked, signed = path.with_suffix(".asked"), path.with_suffix(".signed")
    assert maalem("-C", ours, "ledger", "submit", "--to", asked).code == 0
    answer = maalem("-C", theirs, "ledger", "cosign", asked, "--to", signed)
    assert answer.code == 0, answer.err
    assert maalem("-C", ours, "ledger", "keep", signed).code == 0
    return signed


def test_a_second_project_witnesses_the_first_again_and_again(
    maalem, watching, tmp_path
):
    ours, theirs = watching
    for turn in range(3):
        _grow(ours, turn)
        signed = _witnessed(maalem, watching, tmp_path / f"turn{turn}")
    found = maalem("-C", ours, "verify", "--ledger", "--against", signed, "--json")
    (compared,) = found.json["against"]
    assert [one["witness"] for one in compared["cosigned"]] == ["maalem/theirs/witness"]
    assert maalem("-C", theirs, "verify", "--ledger").code == 0


def test_the_witnessed_checkpoint_can_be_had_again(maalem, watching, tmp_path):
    signed = _witnessed(maalem, watching, tmp_path / "one")
    again = maalem("-C", watching[0], "ledger", "checkpoint", "--witnessed")
    assert again.out == signed.read_text("utf-8")


def test_a_rewritten_history_is_neither_witnessed_nor_verified(
    maalem, watching, tmp_path
):
    ours, theirs = watching
    _grow(ours, 3)
    signed = _witnessed(maalem, watching, tmp_path / "one")
    key = (ours / "keys" / "ledger.key").read_bytes()
    settings = (ours / "maalem.toml").read_text("utf-8")
    shutil.rmtree(ours)  # whoever has the key begins the ledger again
    (ours / "keys").mkdir(parents=True)
    (ours / "keys" / "ledger.key").write_bytes(key)
    (ours / "keys" / "ledger.key").chmod(0o600)
    _begin_again(ours, settings)
    _grow(ours, 9)
    found = maalem("-C", ours, "verify", "--ledger")
    assert found.code == 0
    found = maalem("-C", ours, "verify", "--ledger", "--against", signed, "--json")
    assert found.code == 5
    assert found.error["code"] == "ledger.bad"
    assert "are not those" in found.error["why"]
    asked = tmp_path / "again.asked"
    assert maalem("-C", ours, "ledger", "submit", "--since", 5, "--to", asked).code == 0
    refused = maalem("-C", theirs, "ledger", "cosign", asked, "--json")
    assert (refused.code, refused.error["code"]) == (5, "witness.refused")


def _begin_again(folder, settings):
    from maalem.app.workspace import now
    from maalem.store import create_store

    origin = f"maalem/{folder.name}"
    with create_store(folder, origin=origin, clock=now, actor="owner"):
        pass
    (folder / "maalem.toml").write_text(settings, encoding="utf-8")


def test_a_truncated_history_is_named(maalem, ours, tmp_path):
    early = shutil.copytree(ours, tmp_path / "early")
    _grow(ours, 4)
    kept = tmp_path / "kept"
    assert maalem("-C", ours, "ledger", "checkpoint", "--to", kept).code == 0
    found = maalem("-C", early, "verify", "--ledger", "--against", kept, "--json")
    assert found.code == 5
    assert "cut off" in found.error["why"]


def test_a_ledger_that_nobody_watches_is_not_cosigned(maalem, ours, theirs, tmp_path):
    asked = tmp_path / "asked"
    assert maalem("-C", ours, "ledger", "submit", "--to", asked).code == 0
    refused = maalem("-C", theirs, "ledger", "cosign", asked, "--json")
    assert refused.error["code"] == "witness.unknown"


def test_a_witness_nobody_named_is_not_taken_home(maalem, watching, tmp_path):
    ours, _ = watching
    kept = tmp_path / "kept"
    assert maalem("-C", ours, "ledger", "checkpoint", "--to", kept).code == 0
    refused = maalem("-C", ours, "ledger", "keep", kept, "--json")
    assert refused.error["code"] == "witness.not-ours"


def test_a_proof_holds_without_the_ledger(maalem, ours, tmp_path):
    proof, public = tmp_path / "entry.tlog-proof", tmp_path / "ledger.pub"
    assert maalem("-C", ours, "ledger", "prove", 1, "--to", proof).code == 0
    shutil.copy(ours / "keys" / "ledger.pub", public)
    shutil.rmtree(ours)
    found = maalem("verify", proof, "--key", public, "--json")
    assert found.json["entry"]["action"] == "project.init"


def test_an_exported_ledger_is_verified_without_the_project(maalem, ours, tmp_path):
    assert maalem("-C", ours, "ledger", "tiles", tmp_path / "tiles").code == 0
    public = shutil.copy(ours / "keys" / "ledger.pub", tmp_path / "ledger.pub")
    shutil.rmtree(ours)
    found = maalem("verify", tmp_path / "tiles", "--key", public, "--json")
    assert (found.code, found.json["size"]) == (0, 2)


def test_a_witness_that_is_asked_twice_says_the_same(maalem, watching, tmp_path):
    _, theirs = watching
    _witnessed(maalem, watching, tmp_path / "one")
    with loop.open_workspace(theirs) as work:
        before = len(list(work.store.entries("witness.cosign")))
    _witnessed(maalem, watching, tmp_path / "two")
    with loop.open_workspace(theirs) as work:
        assert len(list(work.store.entries("witness.cosign"))) == before + 1


def _rewritten(ours, place):
    """Change an entry and what must fit it, as the owner of key and database can."""
    body = "UPDATE entry SET body = replace(body, 'note', 'nota'), action = 'nota'"
    change(ours, "DELETE FROM checkpoint", f"{body} WHERE seq = {place}")
    rebuild_tree(ours)
    shutil.rmtree(ours / "checkpoints")
    (ours / "ledger.checkpoint").unlink()


@pytest.mark.parametrize("kind", ["tiles", "copy"])
def test_what_was_kept_names_the_entry_where_another_history_begins(
    maalem, ours, tmp_path, kind
):
    _grow(ours, 9)
    kept = tmp_path / "kept"
    if kind == "tiles":
        assert maalem("-C", ours, "ledger", "tiles", kept).code == 0
    else:
        shutil.copytree(ours, kept)
    _grow(ours, 4)
    assert maalem("-C", ours, "verify", "--ledger", "--against", kept).code == 0
    _rewritten(ours, 7)
    assert maalem("-C", ours, "verify", "--ledger").code == 0
    found = maalem("-C", ours, "verify", "--ledger", "--against", kept, "--json")
    assert found.code == 5
    assert found.error["why"].endswith(f"is another than in {kept} is entry 7")


def test_a_copy_names_the_entry_that_was_cut_off_first(maalem, ours, tmp_path):
    early = shutil.copytree(ours, tmp_path / "early")
    _grow(ours, 4)
    found = maalem("-C", early, "verify", "--ledger", "--against", ours, "--json")
    assert found.code == 5
    assert "cut off" in found.error["why"]
    assert "is entry 2" in found.error["why"]


def test_two_forks_part_where_the_copy_says(maalem, ours, tmp_path):
    _grow(ours, 2)
    other = shutil.copytree(ours, tmp_path / "other")
    _grow(ours, 3)
    with open_workspace(other) as work:
        for _ in range(5):
            work.store.append("another")
    found = maalem("-C", ours, "verify", "--ledger", "--against", other, "--json")
    assert found.code == 5
    assert "is entry 4" in found.error["why"]


def test_an_altered_copy_is_no_witness_against_the_ledger(maalem, ours, tmp_path):
    tiles, empty = tmp_path / "tiles", tmp_path / "empty"
    assert maalem("-C", ours, "ledger", "tiles", tiles).code == 0
    flip_a_bit(tiles / "tile" / "0" / "000.p" / "2")
    found = maalem("-C", ours, "verify", "--ledger", "--against", tiles, "--json")
    assert (found.code, found.error["code"]) == (5, "store.copy-altered")
    empty.mkdir()
    found = maalem("-C", ours, "verify", "--ledger", "--against", empty, "--json")
    assert found.error["code"] == "store.no-copy"


def test_a_witness_whose_key_was_changed_signs_nothing(maalem, theirs, tmp_path):
    """A flipped bit of an Ed25519 key is a key, too."""
    assert maalem("-C", theirs, "ledger", "witness").code == 0
    SigningKey.create(tmp_path / "other.key", "maalem/theirs/witness")
    shutil.copy(tmp_path / "other.key", theirs / "keys" / "witness.key")
    refused = maalem("-C", theirs, "ledger", "witness", "--json")
    assert (refused.code, refused.error["code"]) == (5, "store.key")


def test_a_witness_whose_public_half_was_lost_writes_it_again(maalem, theirs):
    first = maalem("-C", theirs, "ledger", "witness", "--json").json["key"]
    (theirs / "keys" / "witness.pub").unlink()
    assert maalem("-C", theirs, "ledger", "witness", "--json").json["key"] == first
    assert (theirs / "keys" / "witness.pub").read_text("utf-8").strip() == first
