# SPDX-License-Identifier: Apache-2.0
"""What changed between two versions of a dataset."""

from maalem.dataset.browsing import Mark
from maalem.dataset.difference import difference_of


def marks(**rows):
    """Rows by item: a label and a split, as `Engine/exam`."""
    return [Mark(item, *said.split("/")) for item, said in rows.items()]


def deeds(before, after):
    found = difference_of(before, after)
    return [(one.deed, one.item, one.before, one.after) for one in found.changes]


def test_the_same_rows_in_another_order_are_no_difference():
    rows = marks(a="Engine/exam", b="Bucket/teaching")
    assert deeds(rows, rows[::-1]) == []


def test_every_change_of_a_row_is_said_once():
    before = marks(a="Engine/exam", b="Bucket/exam", c="Engine/exam", d="Engine/exam")
    after = marks(
        b="Engine/teaching", c="Engine/exam", d="Engine/later", e="Bucket/exam"
    )
    assert deeds(before, after) == [
        ("added", "e", None, "Bucket"),
        ("removed", "a", "Engine", None),
        ("relabelled", "b", "Bucket", "Engine"),
        ("moved", "d", "Engine", "Engine"),
    ]


def test_what_a_label_lost_and_gained_explains_what_it_has():
    before = marks(a="Engine/exam", b="Bucket/exam", c="Bucket/exam")
    after = marks(b="Engine/exam", c="Bucket/exam", d="Seat/exam")
    found = difference_of(before, after)
    assert [one.label for one in found.labels] == ["Bucket", "Engine", "Seat"]
    for one in found.labels:
        gone = one.removed + one.lost
        assert one.before + one.added + one.gained - gone == one.after
    assert found.count("relabelled") == 1
