# SPDX-License-Identifier: Apache-2.0
"""A release holds by its ledger's keys, one after another, until one is revoked."""

import json

import pytest
from tests.release.builders import a_store, some_contents

from maalem.errors import IntegrityError
from maalem.release import attach_proof, bundle, verify
from maalem.store.key_chain import open_by_chain
from maalem.store.key_history import read_history, read_keys, write_history
from maalem.store.rotation import revoke_key, rotate_key


class Ledger:
    """A project whose key changes, and the releases that it signs."""

    def __init__(self, folder):
        self.folder = folder
        self.store = a_store(folder / "project")
        self.first = self.store.signing_key

    def release(self, name):
        """Sign and promise a release with the key in force."""
        home = self.folder / name
        home.mkdir()
        history = write_history(self.store, with_releases=False)
        has_several = self.first.public_bytes != self.store.signing_key.public_bytes
        contents = some_contents(home, keys=history if has_several else "")
        made = bundle(contents, home / "release", key=self.store.signing_key)
        entry = self.store.append("release.sign", details={"release": made.id})
        attach_proof(home / "release", self.store.inclusion(entry.index))
        return home / "release", entry.index

    def rotate(self):
        return rotate_key(self.store, self.folder / "project")

    def revoke(self, since, why="a stolen notebook"):
        key = self.first.public_bytes
        revoke_key(self.store, key=key, since=since, why=why)

    def history(self):
        return write_history(self.store).encode()


@pytest.fixture
def ledger(tmp_path):
    made = Ledger(tmp_path)
    yield made
    made.store.close()


def claims(folder, key):
    return {one.name: one for one in verify(folder, key=key).claims}


def test_who_knows_the_first_key_alone_believes_a_release_after_rotations(ledger):
    for _ in range(2):
        ledger.rotate()
    release, _ = ledger.release("a")
    found = claims(release, ledger.first.public_bytes)
    assert {name for name, one in found.items() if one.status == "red"} == set()
    assert "to which the key you gave leads" in found["signature"].text
    assert "key 3 of 3" in found["signer"].text


def test_a_release_from_before_the_rotation_holds_by_the_first_key_and_the_file(
    ledger,
):
    release, _ = ledger.release("a")
    ledger.rotate()
    for key in (ledger.first.public_bytes, ledger.history()):
        found = claims(release, key)
        assert found["signature"].status == found["signer"].status == "green"


def test_the_keys_of_another_ledger_lead_nowhere(ledger, tmp_path):
    ledger.rotate()
    release, _ = ledger.release("a")
    other = Ledger(tmp_path / "other")
    found = claims(release, other.first.public_bytes)
    assert found["signature"].status == found["signer"].status == "red"
    other.store.close()


def test_a_release_made_before_the_theft_is_told_and_believed(ledger):
    release, index = ledger.release("a")
    ledger.rotate()
    ledger.revoke(index)
    found = claims(release, ledger.history())["signer"]
    assert found.status == "amber"
    assert "a stolen notebook" in found.text
    assert "later key of the ledger vouches" in found.text


def test_a_release_made_after_the_theft_is_red(ledger):
    release, index = ledger.release("a")
    ledger.rotate()
    ledger.revoke(index - 1)
    assert claims(release, ledger.history())["signer"].status == "red"


def test_a_release_that_a_thief_dates_back_is_red(ledger, tmp_path):
    stolen = Ledger.__new__(Ledger)
    stolen.folder, stolen.first, stolen.store = (
        tmp_path / "thief",
        ledger.first,
        a_store(tmp_path / "thief"),
    )
    key = (ledger.folder / "project" / "keys" / "ledger.key").read_bytes()
    (tmp_path / "thief" / "keys" / "ledger.key").write_bytes(key)
    forged, index = stolen.release("forged")
    ledger.store.append("add")
    ledger.store.append("add")
    ledger.rotate()
    ledger.revoke(2)
    assert index <= 2
    found = claims(forged, ledger.history())
    assert found["signature"].status == "green"
    assert (found["signer"].status, "vouches" in found["signer"].text) == ("red", True)
    stolen.store.close()


def test_a_later_release_is_untouched_by_the_revocation_of_an_earlier_key(ledger):
    ledger.rotate()
    ledger.revoke(0)
    release, _ = ledger.release("a")
    found = claims(release, ledger.history())["signer"]
    assert (found.status, "nobody" in found.text) == ("green", False)


def test_the_file_of_keys_is_checked_as_a_whole(ledger):
    ledger.release("a")
    ledger.rotate()
    text = ledger.history().decode()
    assert read_history(text).releases
    told = json.loads(text)
    for change in (
        {"schema": "other"},
        {"first": "example.org/ledger"},
        {"proofs": told["proofs"][:1]},
        {"proofs": [told["proofs"][0]] * 2},
    ):
        with pytest.raises(IntegrityError):
            read_history(json.dumps({**told, **change}))


def test_a_file_of_keys_and_a_key_are_read_alike(ledger):
    before = ledger.store.checkpoint()
    chain = ledger.rotate()
    assert read_keys(ledger.history().decode()) == chain
    assert open_by_chain(before, chain).origin == chain.origin
    one = read_keys(f"{ledger.first.verifier}\n")
    assert one.public_keys == (ledger.first.public_bytes,)
