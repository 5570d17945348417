# SPDX-License-Identifier: Apache-2.0
"""Passages become items, copies become none."""

from maalem.records import Passage, digest_of
from maalem.tasks import LabelDefinition, TaskDefinition, item_id, make_items

TASK = TaskDefinition(
    name="t",
    title="T",
    guideline="G",
    labels=(LabelDefinition(name="a"), LabelDefinition(name="b")),
)


def a_passage(text, same_as=None):
    return Passage(
        id=digest_of(text),
        document=digest_of("document"),
        start=0,
        end=len(text),
        text=text,
        language="en",
        group="g",
        date="2024-03-05",
        same_as=same_as,
    )


def test_a_copy_makes_no_second_item():
    first = a_passage("one")
    items = list(
        make_items(TASK, [first, a_passage("ONE", first.id), a_passage("two")])
    )
    assert [item.text for item in items] == ["one", "two"]


def test_an_item_carries_what_its_passage_knows():
    (item,) = make_items(TASK, [a_passage("one")])
    assert (item.group, item.language, item.date) == ("g", "en", "2024-03-05")
    assert item.passage == digest_of("one")


def test_a_new_guideline_keeps_the_items():
    other = TaskDefinition(
        name="t", title="T", guideline="H", labels=TASK.labels, languages=("fr",)
    )
    assert list(make_items(TASK, [a_passage("one")])) == list(
        make_items(other, [a_passage("one")])
    )
    assert item_id("t", digest_of("one")) != item_id("u", digest_of("one"))
