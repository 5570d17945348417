# SPDX-License-Identifier: Apache-2.0
"""Laws of the probe for labels that stand in the text."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dataset.builders import an_example

from maalem.dataset.label_words import LabelFound, count_labels, labels_standing_in


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("classe: fraude, montant 20", "Fraude"),
        ("CLASSE=FRAUDE", "fraude"),
        ("final-drive is noisy", "Final Drive"),
        ("Final   drive", "final_drive"),
        ("pumps / lube", "Pumps & Lube"),
        ("المُحَرِّك ساخن", "محرك"),
        ("عطل في محـــرك الآلة", "محرك"),
        ("وبالمحرك عيب", "المحرك"),
        ("code ١٢٣", "123"),
        ("grade: + today", "+"),
    ],
)
def test_a_label_that_stands_as_a_word_is_found(text, label):
    assert labels_standing_in(text, [label]) == (label,)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("enginery", "Engine"),
        ("defraude", "fraude"),
        ("final report of the drive", "Final Drive"),
        ("drive final", "Final Drive"),
        ("محركات قديمة", "محرك"),
        ("c++ code", "+"),
        ("", "Engine"),
    ],
)
def test_a_part_of_a_word_is_no_label(text, label):
    assert labels_standing_in(text, [label]) == ()


@settings(deadline=None)
@given(st.text(max_size=20), st.text(alphabet="abcé محرك", min_size=1, max_size=6))
def test_a_label_among_spaces_is_always_found(text, label):
    if label.strip():
        assert labels_standing_in(f"{text} {label} {text}", [label]) == (label,)


def test_counts_are_given_for_every_label_in_the_tasks_order():
    examples = [
        an_example(0, text="the engine", label="Engine"),
        an_example(1, text="the engine", label="Bucket"),
        an_example(2, text="nothing", label="Engine"),
    ]
    assert count_labels(examples, ["Bucket", "Engine", "Track"]) == (
        LabelFound(label="Bucket", stands=0, right=0, answers=1),
        LabelFound(label="Engine", stands=2, right=1, answers=2),
        LabelFound(label="Track", stands=0, right=0, answers=0),
    )


@pytest.mark.parametrize(
    ("stands", "right", "answers", "decides"),
    [
        (40, 40, 40, True),  # "class: fraud" in every text
        (283, 281, 527, False),  # `Engine` in real work orders
        (255, 250, 412, False),  # `Bucket` in the same
        (100, 30, 30, False),  # a word that stands everywhere tells nothing
        (8, 8, 100, False),  # a label that names itself now and then
        (4, 4, 4, False),  # too few to tell chance from rule
        (5, 5, 5, True),
        (0, 0, 0, False),
    ],
)
def test_a_label_gives_itself_away_when_the_rule_decides(
    stands, right, answers, decides
):
    found = LabelFound(label="x", stands=stands, right=right, answers=answers)
    assert found.gives_itself_away(0.8) is decides
