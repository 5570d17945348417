# SPDX-License-Identifier: Apache-2.0
"""A new guideline asks again what it changed, and of those who answered before."""

import dataclasses

import pytest
from tests.experts.builders import an_adjudication, an_answer, an_item

from maalem.errors import DataError
from maalem.experts.asking_again import asked_again
from maalem.records import TaskVersion, digest_of

ITEM, OTHER = an_item(number=0), an_item(number=1)


def a_version(number, *ask_again, task="system"):
    return TaskVersion(
        id=digest_of(["version", number]),
        task=task,
        number=number,
        toml="",
        by="expert:owner",
        at="2026-03-01T08:00:00+00:00",
        ask_again=ask_again,
    )


OLD, NEW = a_version(2), a_version(3, "Engine")


def an_old_answer(label="Engine", *, item=ITEM, who="a", version=OLD):
    guideline = version and version.id
    return an_answer(item, label, annotator=who, guideline=guideline)


def again(annotations, adjudications=(), *, old=OLD, new=NEW):
    return [
        (one.item, one.annotators, one.is_adjudicated)
        for one in asked_again(annotations, adjudications, old=old, new=new)
    ]


def test_answers_that_name_a_changed_label_are_asked_again():
    said = [
        an_old_answer(),
        an_old_answer("Bucket", who="b"),
        an_old_answer("Bucket", item=OTHER),
    ]
    assert again(said) == [(ITEM.id, ("a",), False)]
    assert again(said, new=a_version(3)) == []


@pytest.mark.parametrize("version", [a_version(1), OLD, None])
def test_every_earlier_version_is_overtaken_and_an_unknown_one_too(version):
    assert again([an_old_answer(version=version)]) == [(ITEM.id, ("a",), False)]


def test_who_answered_anew_is_not_asked_again():
    said = [an_old_answer(), an_old_answer(who="b"), an_old_answer(version=NEW)]
    assert again(said) == [(ITEM.id, ("b",), False)]
    assert again([an_old_answer(version=NEW)]) == []


def test_what_was_taken_back_is_not_asked_again():
    undone = an_answer(ITEM, None, annotator="a", outcome="withdrawn")
    assert again([an_old_answer(), undone]) == []


def test_an_adjudication_of_a_changed_label_is_overtaken():
    decided = an_adjudication(ITEM, "Engine", guideline=OLD.id)
    assert again([an_old_answer("Bucket")], [decided]) == [(ITEM.id, (), True)]
    assert again([], [decided]) == [(ITEM.id, (), True)]
    anew = an_adjudication(ITEM, "Engine", guideline=NEW.id, reason="Still.")
    assert again([], [decided, anew]) == []


def test_where_the_guideline_was_unclear_all_are_asked_again():
    unclear = an_adjudication(ITEM, None, guideline=OLD.id, is_guideline_unclear=True)
    said = [an_old_answer("Bucket"), an_old_answer("Cab", who="b")]
    assert again(said, [unclear]) == [(ITEM.id, ("a", "b"), False)]
    still = dataclasses.replace(unclear, guideline=NEW.id)
    assert again(said, [still]) == []


@pytest.mark.parametrize(
    ("old", "new"), [(NEW, OLD), (OLD, OLD), (OLD, a_version(3, task="other"))]
)
def test_two_versions_must_follow_each_other(old, new):
    with pytest.raises(DataError) as refused:
        asked_again([], [], old=old, new=new)
    assert refused.value.code == "experts.versions"
