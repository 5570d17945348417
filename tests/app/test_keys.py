# SPDX-License-Identifier: Apache-2.0
"""A project changes its key, and its releases, proofs and witness go on to hold."""

import shutil

import pytest
from tests.app.builders import a_project

from maalem.app.steps.following import key_followed
from maalem.app.workspace import open_workspace


@pytest.fixture
def ours(tmp_path):
    return a_project(tmp_path / "ours")


@pytest.fixture
def theirs(tmp_path, maalem, ours):
    """A project that watches ours and that ours knows as a witness."""
    folder = a_project(tmp_path / "theirs")
    line = maalem("-C", folder, "ledger", "witness", "--json").json["key"]
    add(ours, f'\n[ledger]\nwitnesses = ["{line}"]\n')
    public = (ours / "keys" / "ledger.pub").read_text("utf-8").strip()
    add(folder, f'\n[ledger]\nwatched = ["{public}"]\n')
    return folder


def add(folder, text):
    path = folder / "maalem.toml"
    path.write_text(path.read_text("utf-8") + text, encoding="utf-8")


def revoke(maalem, folder, since):
    return maalem(
        *("-C", folder, "ledger", "revoke-key", "--since", since),
        *("--why", "a stolen notebook", "--json"),
    )


def test_the_keys_of_a_ledger_are_shown_with_their_state(maalem, ours):
    one = maalem("-C", ours, "ledger", "keys", "--json").json["keys"]
    assert [key["state"] for key in one] == ["in force"]
    two = maalem("-C", ours, "ledger", "rotate-key", "--json").json["keys"]
    assert [key["state"] for key in two] == ["followed", "in force"]
    assert two[0]["fingerprint"] == one[0]["fingerprint"]
    three = revoke(maalem, ours, 1).json["keys"]
    assert [key["state"] for key in three] == ["revoked", "in force"]
    assert three[0]["why"] == "a stolen notebook"
    assert "believed up to" in maalem("-C", ours, "ledger", "keys").out
    assert maalem("-C", ours, "verify", "--ledger").code == 0


def test_the_only_key_is_not_revoked(maalem, ours):
    answer = revoke(maalem, ours, 1)
    assert answer.error["code"] == "store.key-in-force"
    answer = maalem(
        *("-C", ours, "ledger", "revoke-key", "--since", "1", "--why", "x"),
        *("--key", "00000000", "--json"),
    )
    assert answer.error["code"] == "store.no-such-key"


def test_a_release_holds_by_the_first_key_and_by_the_file_of_keys(
    maalem, copied, tmp_path
):
    first = shutil.copy(copied / "keys" / "ledger.pub", tmp_path / "first.pub")
    release = copied / "releases" / "system-1"
    assert maalem("-C", copied, "ledger", "rotate-key").code == 0
    keys = tmp_path / "ours.keys"
    assert maalem("-C", copied, "ledger", "keys", "--to", keys).code == 0
    for trusted in (first, keys):
        assert maalem("verify", release, "--key", trusted).code == 0
    assert maalem("-C", copied, "examine", "system").code == 0
    again = maalem("-C", copied, "release", "system", "--against-the-verdict")
    assert again.code == 0, again.err
    later = copied / "releases" / "system-2"
    assert (later / "ledger.keys").is_file()
    found = maalem("verify", later, "--key", first, "--json").json["claims"]
    states = {one["name"]: one["status"] for one in found}
    assert states["signature"] == states["signer"] == "green"
    assert revoke(maalem, copied, 1).code == 0
    assert maalem("-C", copied, "ledger", "keys", "--to", keys).code == 0
    assert maalem("verify", release, "--key", keys).code == 5
    assert maalem("verify", later, "--key", keys).code == 0


def test_proofs_and_exports_from_before_and_after_hold_by_the_file_of_keys(
    maalem, ours, tmp_path
):
    before, after = tmp_path / "before.tlog-proof", tmp_path / "after.tlog-proof"
    tiles, keys = tmp_path / "tiles", tmp_path / "ours.keys"
    maalem("-C", ours, "ledger", "prove", "1", "--to", before)
    maalem("-C", ours, "ledger", "tiles", tiles)
    maalem("-C", ours, "ledger", "rotate-key")
    maalem("-C", ours, "ledger", "prove", "1", "--to", after)
    maalem("-C", ours, "ledger", "keys", "--to", keys)
    for path in (before, after, tiles):
        assert maalem("verify", path, "--key", keys).code == 0
        assert maalem("-C", ours, "verify", path).code == 0


def test_a_file_of_keys_that_was_changed_is_refused(maalem, ours, tmp_path):
    proof, keys = tmp_path / "one.tlog-proof", tmp_path / "ours.keys"
    maalem("-C", ours, "ledger", "rotate-key")
    maalem("-C", ours, "ledger", "prove", "1", "--to", proof)
    maalem("-C", ours, "ledger", "keys", "--to", keys)
    keys.write_text(keys.read_text("utf-8").replace("proofs", "others"), "utf-8")
    assert maalem("verify", proof, "--key", keys).code == 5
    keys.write_bytes(b"\xff\xfe")
    assert maalem("verify", proof, "--key", keys).code == 2


def test_a_witness_names_what_it_needs_after_a_rotation_and_then_follows(
    maalem, ours, theirs, tmp_path
):
    asked, signed, keys = (tmp_path / name for name in ("asked", "signed", "keys"))
    maalem("-C", ours, "ledger", "submit", "--to", asked)
    assert maalem("-C", theirs, "ledger", "cosign", asked, "--to", signed).code == 0
    maalem("-C", ours, "ledger", "rotate-key")
    assert maalem("-C", ours, "ledger", "keep", signed).code == 0
    maalem("-C", ours, "ledger", "submit", "--to", asked)
    refused = maalem("-C", theirs, "ledger", "cosign", asked, "--json").error
    assert refused["code"] == "witness.other-key"
    assert "--keys" in refused["hint"]
    maalem("-C", ours, "ledger", "keys", "--to", keys)
    for extra in (("--keys", keys), ()):
        maalem("-C", ours, "ledger", "submit", "--to", asked)
        answer = maalem(
            *("-C", theirs, "ledger", "cosign", asked, "--to", signed, *extra)
        )
        assert answer.code == 0, answer.err
        assert maalem("-C", ours, "ledger", "keep", signed).code == 0


def test_a_witness_follows_no_keys_that_do_not_lead_on(maalem, ours, theirs, tmp_path):
    asked, keys = tmp_path / "asked", tmp_path / "keys"
    other = a_project(tmp_path / "other" / "ours")
    maalem("-C", other, "ledger", "rotate-key")
    maalem("-C", other, "ledger", "keys", "--to", keys)
    maalem("-C", ours, "ledger", "submit", "--to", asked)
    answer = maalem(
        *("-C", theirs, "ledger", "cosign", asked, "--keys", keys, "--json")
    )
    assert answer.error["code"] == "witness.other-key"
    maalem("-C", theirs, "ledger", "rotate-key")
    maalem("-C", theirs, "ledger", "keys", "--to", keys)
    answer = maalem(
        *("-C", theirs, "ledger", "cosign", asked, "--keys", keys, "--json")
    )
    assert answer.error["code"] == "witness.unknown"
    with open_workspace(theirs, read_only=True) as work:
        assert key_followed(work, "maalem/nobody") is None
