# SPDX-License-Identifier: Apache-2.0
"""Untrusted files are read behind walls, to the same passages."""

import pytest

from maalem.corpus import ColumnMap, NearDuplicateIndex, ReadLimits, ingest
from maalem.corpus.parser import Parser
from maalem.corpus.walls import Walls
from maalem.errors import SealError
from maalem.sealing.machine import prove_seal
from maalem.sealing.settings import SealSettings

WITHOUT = [(), ("bubblewrap",), ("namespaces",), ("namespaces", "landlock", "filter")]


def some_files(folder):
    folder.mkdir()
    (folder / "note.txt").write_text("The pump leaks oil and the valve is stuck again.")
    (folder / "rows.csv").write_text("text\nhello from a row\nand from a second one\n")
    return folder


def read(paths, **given):
    with NearDuplicateIndex(None) as index:
        return list(
            ingest(
                paths,
                columns=ColumnMap(text=("text",)),
                limits=given.pop("limits", ReadLimits()),
                index=index,
                known=lambda _: False,
                **given,
            )
        )


@pytest.mark.parametrize("without", WITHOUT)
def test_what_is_read_behind_walls_is_what_is_read_without(tmp_path, without):
    folder = some_files(tmp_path / "in")
    settings = SealSettings(without=without)
    (plain,), (sealed,) = read([folder]), read([folder], seal=settings)
    assert sealed.documents == plain.documents
    assert sealed.passages == plain.passages
    assert plain.seal is None
    assert sealed.seal.level == prove_seal(settings).level
    assert sealed.seal.attempts == ()
    assert not sealed.seal.bites


def test_a_file_that_is_named_by_a_link_is_read_too(tmp_path):
    folder = some_files(tmp_path / "in")
    (tmp_path / "link").symlink_to(folder)
    (batch,) = read([tmp_path / "link", folder / "note.txt"], seal=SealSettings())
    assert batch.read == 4
    assert batch.refusals == ()


def test_nothing_is_read_below_the_seal_that_is_required(tmp_path):
    folder = some_files(tmp_path / "in")
    settings = SealSettings(require=4, without=("bubblewrap",))
    with pytest.raises(SealError) as refusal:
        read([folder], seal=settings)
    assert refusal.value.code == "sealing.too-low"


def test_a_file_outside_of_what_is_added_is_not_to_be_read(tmp_path):
    if prove_seal(SealSettings()).level < 3:
        pytest.skip("this machine closes no files")
    folder = some_files(tmp_path / "in")
    other = tmp_path / "other.txt"
    other.write_text("This must stay where it is.")
    walls = Walls(SealSettings(), [folder])
    with Parser(ColumnMap(), ReadLimits(), walls=walls) as parser:
        (refusal,) = parser.read(other, "other.txt")
        (piece,) = parser.read(folder / "note.txt", "note.txt")
    walls.close()
    assert "stay" not in repr(refusal)
    assert "pump" in piece.text


def test_a_parser_that_is_lost_is_started_again_behind_walls(tmp_path):
    folder = some_files(tmp_path / "in")
    (folder / "a.txt").write_bytes(b"long " * (1 << 20))
    limits = ReadLimits(seconds=0.001)
    (batch,) = read([folder], seal=SealSettings(), limits=limits)
    assert {one.code for one in batch.refusals} <= {"corpus.too-slow"}
    assert batch.seal.level == prove_seal(SealSettings()).level
