# SPDX-License-Identifier: Apache-2.0
"""Of an erased dataset nothing is left that somebody wrote."""

import pytest
from tests.dataset import builders

from maalem.dataset import read_dataset, read_split
from maalem.dataset.browsing import every_row
from maalem.dataset.erased import (
    erase_texts,
    find_erased,
    group_name,
    note_entry,
    rows_named,
)
from maalem.dataset.manifest import read_manifest
from maalem.errors import DataError


@pytest.fixture
def frozen(tmp_path):
    dataset = builders.frozen(builders.some_examples(), tmp_path)
    return tmp_path / dataset.id[7:19]


def test_no_text_is_left_in_the_folder(frozen):
    texts = [row.text for row in every_row(frozen)]
    erase_texts(frozen, gone=())
    left = b"".join(path.read_bytes() for path in frozen.iterdir())
    assert not any(text.encode() in left for text in texts)
    assert not [*frozen.glob("*.parquet")]


@pytest.mark.parametrize(
    "read",
    [
        read_dataset,
        lambda folder: read_split(folder, "exam"),
        lambda folder: [*every_row(folder)],
    ],
    ids=["dataset", "split", "rows"],
)
def test_reading_it_names_the_entry_that_erased_it(frozen, read):
    erase_texts(frozen, gone=())
    note_entry(frozen, 41)
    with pytest.raises(DataError) as refused:
        read(frozen)
    assert refused.value.code == "dataset.erased"
    assert "41" in refused.value.why


def test_the_manifest_stays_as_it_was(frozen):
    before = read_manifest(frozen)
    erase_texts(frozen, gone=())
    assert read_manifest(frozen) == before


def test_rows_are_named_the_same_before_and_after(frozen):
    before = rows_named(frozen)
    erase_texts(frozen, gone=())
    assert rows_named(frozen) == before
    assert {row.item for row in before} == {
        row.item for row in builders.some_examples()
    }


def test_a_group_without_documents_is_named_no_more(frozen):
    gone = group_name("group 3")
    assert gone in {row.group for row in rows_named(frozen)}
    erase_texts(frozen, gone={gone})
    groups = [row.group for row in rows_named(frozen)]
    assert gone not in groups
    assert groups.count(None) == 1
    assert group_name("group 4") in groups


def test_erasing_twice_is_once_and_a_second_erasure_forgets_more(frozen):
    erase_texts(frozen, gone={group_name("group 3")})
    note_entry(frozen, 7)
    once = find_erased(frozen)
    erase_texts(frozen, gone={group_name("group 3")})
    note_entry(frozen, 7)
    assert find_erased(frozen) == once
    erase_texts(frozen, gone={group_name("group 4")})
    note_entry(frozen, 9)
    assert find_erased(frozen).entries == (7, 9)
    assert [row.group for row in rows_named(frozen)].count(None) == 2


def test_a_kill_between_note_and_files_is_finished_by_the_next_call(frozen):
    kept = (frozen / "exam.parquet").read_bytes()
    erase_texts(frozen, gone=())
    (frozen / "exam.parquet").write_bytes(kept)
    erase_texts(frozen, gone=())
    assert not [*frozen.glob("*.parquet")]
