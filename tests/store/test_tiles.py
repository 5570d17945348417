# SPDX-License-Identifier: Apache-2.0
"""A ledger as static files: whole, small, and tampered with."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.store.builders import a_store, opened

from maalem.errors import DataError, IntegrityError
from maalem.store.tiles import tile_path, verify_tiles, write_tiles

ORIGIN = "example.org/ledger"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Leave a ledger of 600 entries, and give its folder and public key."""
    folder = tmp_path_factory.mktemp("ledger")
    with a_store(folder, origin=ORIGIN) as store:
        for number in range(1, 600):
            store.append("note", details={"number": number})
        public = store.signing_key.public_bytes
    return folder, public


def exported(made, into):
    folder, public = made
    with opened(folder) as store:
        found = write_tiles(store, into)
    return found, public


def test_paths_are_those_of_the_standard():
    assert tile_path("0", 1234067) == "tile/0/x001/x234/067"
    assert tile_path("1", 0, width=17) == "tile/1/000.p/17"
    assert tile_path("entries", 273, width=112) == "tile/entries/273.p/112"


def test_a_ledger_is_written_and_verified_from_its_files_alone(made, tmp_path):
    found, public = exported(made, tmp_path)
    assert (found.size, found.too_long) == (600, ())
    names = sorted(
        str(path.relative_to(tmp_path))
        for path in tmp_path.rglob("*")
        if path.is_file()
    )
    assert names == [
        "checkpoint",
        "tile/0/000",
        "tile/0/001",
        "tile/0/002.p/88",
        "tile/1/000.p/2",
        "tile/entries/000",
        "tile/entries/001",
        "tile/entries/002.p/88",
    ]
    assert verify_tiles(tmp_path, public, origin=ORIGIN).size == 600


def test_a_second_export_writes_only_what_is_new(made, tmp_path):
    exported(made, tmp_path)
    assert exported(made, tmp_path)[0].written == 0


def test_another_history_is_not_written_over(made, tmp_path):
    exported(made, tmp_path / "out")
    with a_store(tmp_path / "other", origin=ORIGIN) as other:
        for _ in range(700):
            other.append("note")
        with pytest.raises(IntegrityError, match="another history"):
            write_tiles(other, tmp_path / "out")


@given(data=st.data())
def test_every_flipped_bit_is_found(made, tmp_path_factory, data):
    into = tmp_path_factory.mktemp("tiles")
    _, public = exported(made, into)
    files = sorted(path for path in into.rglob("*") if path.is_file())
    path = data.draw(st.sampled_from(files))
    whole = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(whole)
    with pytest.raises(IntegrityError):
        verify_tiles(into, public, origin=ORIGIN)


def test_a_missing_tile_is_named(made, tmp_path):
    _, public = exported(made, tmp_path)
    (tmp_path / "tile/0/001").unlink()
    with pytest.raises(IntegrityError, match="tile/0/001"):
        verify_tiles(tmp_path, public, origin=ORIGIN)


def test_an_entry_too_long_for_a_bundle_is_counted(tmp_path):
    with a_store(tmp_path / "ledger", origin=ORIGIN) as store:
        store.append("note", details={"long": "x" * 70_000})
        public = store.signing_key.public_bytes
        found = write_tiles(store, tmp_path / "out")
    assert found.too_long == (1,)
    assert verify_tiles(tmp_path / "out", public, origin=ORIGIN).too_long == (0,)


def test_a_folder_without_tiles_is_refused(tmp_path):
    with pytest.raises(DataError, match="no exported ledger"):
        verify_tiles(tmp_path, bytes(32), origin=ORIGIN)
