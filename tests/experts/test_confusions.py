# SPDX-License-Identifier: Apache-2.0
"""Labels that all experts mix up propose a change of the guideline; noise does not."""

import numpy as np
import pytest
from tests.experts.builders import an_answer, an_item
from tests.experts.simulated import BAD, ITEMS, LABELS, simulate

from maalem.errors import SettingsError
from maalem.experts.confusions import Doubt, propose_changes

LANGUAGES = {
    item.id: ("ar", "fr", "en")[number % 3] for number, item in enumerate(ITEMS)
}


def mixed_up(seed, *, languages=("ar", "fr", "en"), experts=3, who=(0, 1, 2)):
    """Honest experts, who toss a coin between the first two labels."""
    chance = np.random.default_rng(seed)
    answers = []
    for item in ITEMS:
        truth = chance.integers(4)
        for expert in range(experts):
            said = truth if chance.random() < 0.95 else chance.integers(4)
            unclear = truth < 2 and LANGUAGES[item.id] in languages and expert in who
            said = chance.integers(2) if unclear else said
            answers.append(an_answer(item, LABELS[said], annotator=f"expert:{expert}"))
    return answers


def proposed(answers, **given):
    return propose_changes(answers, languages=LANGUAGES, **given)


@pytest.mark.parametrize("kind", ["honest", *(kind for kind in BAD if kind[0] != "c")])
def test_noise_proposes_nothing_nor_does_one_who_is_careless(kind):
    for seed in range(8):
        assert proposed(simulate(kind, seed).annotations) == ()


def test_two_labels_that_all_mix_up_are_proposed_once_with_their_languages():
    for seed in range(5):
        (one,) = proposed(mixed_up(seed))
        assert one.labels == ("Bucket", "Engine")
        assert one.language is None
        assert {language for language, _, _ in one.by_language} == {"ar", "fr", "en"}
        assert sum(cases for _, cases, _ in one.by_language) == len(one.cases)
        assert one.share == len(one.cases) / one.items > 0.6 > one.expected
        assert 0.4 < one.answers_share < 0.6
        assert f"on {len(one.cases)} of {one.items} items" in one.sentence


def test_a_gap_in_one_language_is_proposed_for_that_language():
    answers = [
        *mixed_up(1, languages=("ar",)),
    ]
    found = proposed(answers, doubt=Doubt(share=0.2))
    assert [(one.labels, one.language) for one in found] == [
        (("Bucket", "Engine"), "ar")
    ]
    assert "in ar" in found[0].sentence
    assert {LANGUAGES[item] for item in found[0].cases} == {"ar"}


def test_what_one_alone_mixes_up_is_no_gap():
    assert proposed(mixed_up(2, who=(0,))) == ()
    assert proposed(mixed_up(2, who=(0,), experts=2)) != ()


def test_few_cases_propose_nothing():
    few = [
        an_answer(an_item(number=n), label, annotator=who)
        for n in range(4)
        for who, label in (("a", "Engine"), ("b", "Bucket"))
    ]
    assert proposed(few) == ()
    assert len(proposed(few, doubt=Doubt(cases=4))) == 1


def test_answers_that_were_taken_back_confuse_nothing():
    answers = [
        an_answer(an_item(number=n), "Engine", annotator=who)
        for n in range(30)
        for who in "ab"
    ]
    slips = [an_answer(an_item(number=n), "Bucket", annotator="b") for n in range(30)]
    assert proposed([*slips, *answers]) == ()
    assert len(proposed([*answers, *slips])) == 1


def test_nothing_said_proposes_nothing():
    assert proposed([]) == ()


@pytest.mark.parametrize(
    "wrong", [{"cases": 0}, {"share": 0.0}, {"chance": 1.0}], ids=str
)
def test_settings_outside_their_range_are_refused(wrong):
    with pytest.raises(SettingsError):
        Doubt(**wrong)
