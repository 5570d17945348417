# SPDX-License-Identifier: Apache-2.0
"""Rows of a frozen dataset, a page at a time."""

import pytest
from tests.app.builders import flip_a_bit
from tests.dataset.builders import frozen, some_examples

from maalem.dataset.browsing import Choice, browse, every_row, find_row, marks_of
from maalem.dataset.folder import dataset_folder, read_dataset
from maalem.errors import IntegrityError


@pytest.fixture
def folder(tmp_path):
    """A frozen dataset of sixty rows."""
    return dataset_folder(tmp_path, frozen(some_examples(60), tmp_path).id)


def test_pages_put_together_are_the_whole_dataset(folder):
    pages = [browse(folder, Choice(), skip=skip, count=7) for skip in range(0, 60, 7)]
    rows = tuple(row for page in pages for row in page)
    assert rows == read_dataset(folder)[1]


@pytest.mark.parametrize(
    "choice",
    [
        Choice(label="Bucket"),
        Choice(split="exam"),
        Choice(split="exam", label="Engine", language="en"),
        Choice(language="fr"),
        Choice(split="nowhere"),
    ],
)
def test_a_choice_gives_what_fits_and_nothing_else(folder, choice):
    wanted = [
        row
        for row in read_dataset(folder)[1]
        if choice.split in ("", row.split)
        and choice.label in ("", row.label)
        and choice.language in ("", row.language)
    ]
    assert list(browse(folder, choice, skip=0, count=100)) == wanted
    assert list(browse(folder, choice, skip=3, count=2)) == wanted[3:5]


def test_every_row_is_what_reading_the_dataset_gives(folder):
    assert tuple(every_row(folder)) == read_dataset(folder)[1]


def test_a_row_is_found_by_its_item_wherever_it_stands(folder):
    for row in read_dataset(folder)[1][::13]:
        assert find_row(folder, row.item) == row
    assert find_row(folder, "sha256:00") is None


def test_marks_are_of_every_row(folder):
    rows = read_dataset(folder)[1]
    assert [(one.item, one.label, one.split) for one in marks_of(folder)] == [
        (row.item, row.label, row.split) for row in rows
    ]


def test_a_changed_file_is_refused_before_a_row_of_it_is_shown(folder):
    flip_a_bit(folder / "teaching.parquet")
    with pytest.raises(IntegrityError, match="teaching"):
        browse(folder, Choice(), skip=0, count=1)
