# SPDX-License-Identifier: Apache-2.0
"""Answers find their item and label, or are refused by name."""

import pytest
from tests.experts.builders import a_task, an_item

from maalem.corpus import Refusal
from maalem.experts import Imported, settle, to_annotations
from maalem.tasks import LabelDefinition

TASK = a_task(
    LabelDefinition(name="Engine", names=(("ar", "مُحَرِّك"), ("fr", "Moteur"))),
    LabelDefinition(name="Bucket"),
)


def said(label="Engine", *, text="oil leak", **fields):
    labels = (label,) if label else ()
    return Imported(text=text, labels=labels, source="x.csv", **fields)


def attach(*imported, items=None, task=TASK):
    return list(to_annotations(imported, task=task, items=items or [an_item()]))


@pytest.mark.parametrize(
    "label", ["Engine", " engine", "ENGINE", "moteur", "محرك", "محـــرّك", "Ｅngine"]
)
def test_a_label_is_found_in_any_language_and_form(label):
    (one,) = attach(said(label))
    assert one.labels == ("Engine",)


@pytest.mark.parametrize(
    ("label", "near"), [("Enigne", "'Engine'"), ("Buckett", "'Bucket'"), ("Motor", "")]
)
def test_an_unknown_label_is_refused_with_the_nearest(label, near):
    (one,) = attach(said(label))
    assert one.code == "experts.unknown-label"
    assert repr(label) in one.reason
    assert near in one.reason


@pytest.mark.parametrize("text", ["OIL  LEAK", "oil\u200b leak", "ｏil leak"])
def test_an_item_is_found_by_the_key_of_its_text(text):
    (one,) = attach(said(text=text))
    assert one.item == an_item().id


def test_an_item_is_found_by_its_passage_first():
    one, two = an_item("one"), an_item("two")
    (found,) = attach(said(text="one", passage=two.passage), items=[one, two])
    assert found.item == two.id


def test_what_is_about_no_item_is_refused():
    (one,) = attach(said(text="nowhere"))
    assert isinstance(one, Refusal)
    assert (one.code, one.source) == ("experts.no-item", "x.csv")


def test_refusals_pass_through_in_order():
    refusal = Refusal(source="x", place="line 1", code="c", reason="r")
    assert attach(refusal, said())[0] is refusal


def test_answers_of_nobody_to_one_item_stay_apart():
    found = attach(
        said(), said("Bucket"), said(text="b"), items=[an_item(), an_item("b")]
    )
    assert [one.annotator for one in found] == [
        "import:x.csv",
        "import:x.csv#2",
        "import:x.csv",
    ]
    golds, still_open = settle(found)
    assert [one.reason for one in still_open] == ["tie"]
    assert [one.label for one in golds] == ["Engine"]


def test_the_same_file_gives_the_same_annotations():
    assert attach(said(), said()) == attach(said(), said())
    assert len({one.id for one in attach(said(), said())}) == 2


def test_an_answer_without_a_label_is_kept_with_its_reason():
    (one,) = attach(said("", annotator="ann", reason="cannot tell"))
    assert (one.labels, one.reason, one.annotator) == ((), "cannot tell", "ann")
