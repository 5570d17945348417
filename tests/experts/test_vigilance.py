# SPDX-License-Identifier: Apache-2.0
"""Careless and hostile annotators are found, honest ones are left in peace."""

from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.experts.builders import an_answer, changed
from tests.experts.simulated import BAD, ITEMS, LABELS, TASK, TEXTS, simulate

from maalem.errors import SettingsError
from maalem.experts.chances import at_least, at_most
from maalem.experts.suspicion import Limits, Suspicion
from maalem.experts.vigilance import gold_wanted, held_now, propose_holds, suspect

NOW = "2026-03-01T08:00:00+00:00"
RUNS = 8  # of each kind; 300 of each were run once, see the log


def suspected(annotations, **given):
    given = {"gold": {}, "task": TASK, "texts": TEXTS, **given}
    return suspect(annotations, **given)


def held(suspicions, **given):
    given = {"task": "system", "holds": (), "now": NOW, **given}
    return propose_holds(suspicions, **given)


def measures(suspicions, annotator="expert:0"):
    return {one.measure for one in suspicions if one.annotator == annotator}


@pytest.mark.parametrize("kind", [kind for kind in BAD if kind != "targeted"])
def test_who_is_careless_or_hostile_is_held_and_nobody_else(kind):
    for seed in range(RUNS):
        simulation = simulate(kind, seed)
        found = suspected(simulation.annotations, gold=simulation.gold)
        assert {hold.annotator for hold in held(found)} == simulation.bad
        assert {one.annotator for one in found} == simulation.bad


def test_the_liar_about_one_label_is_found_by_gold_cards_of_that_label():
    for seed in range(RUNS):
        simulation = simulate("targeted", seed, gold_share=0.0, critical_cards=8)
        found = suspected(simulation.annotations, gold=simulation.gold)
        (hold,) = held(one for one in found if one.measure == "gold-class")
        assert hold.annotator in simulation.bad
        assert ("gold-class Engine", "0 of 8 right") in hold.evidence


def test_honest_experts_are_left_in_peace():
    for seed in range(RUNS):
        simulation = simulate("honest", seed, critical_cards=8)
        assert suspected(simulation.annotations, gold=simulation.gold) == ()


def test_who_has_seen_too_few_gold_cards_of_a_critical_label_is_named():
    simulation = simulate("targeted", 0, gold_share=0.0, critical_cards=7)
    wanted = gold_wanted(simulation.annotations, gold=simulation.gold, task=TASK)
    assert wanted["expert:0"] == {"Engine": 1}
    found = suspected(simulation.annotations, gold=simulation.gold)
    assert "gold-class" not in measures(found)
    more = simulate("targeted", 0, gold_share=0.0, critical_cards=8)
    assert gold_wanted(more.annotations, gold=more.gold, task=TASK)["expert:0"] == {}


def test_who_does_not_know_is_not_wrong():
    gold = {item.id: (LABELS[0],) for item in ITEMS[:20]}
    unsure = [an_answer(item, None, outcome="unknown") for item in ITEMS[:20]]
    assert suspected(unsure, gold=gold) == ()


def test_fifty_answers_in_ten_seconds_always_the_same_are_held():
    others = simulate("honest", 4).annotations
    rushed = [
        an_answer(item, LABELS[0], annotator="expert:rush", seconds=0.2)
        for item in ITEMS[:50]
    ]
    found = suspected([*others, *rushed])
    assert {"pace", "constant"} <= measures(found, "expert:rush")
    (hold,) = held(found)
    assert hold.annotator == "expert:rush"
    assert ("pace", "50 of 50 too fast") in hold.evidence
    assert ("constant Engine", "50 of 50") in hold.evidence
    assert hold.by == "vigilance"
    assert not hold.is_lifted
    assert "50 of 50 answers say 'Engine'" in hold.reason


def test_what_takes_long_to_read_cannot_be_answered_at_once():
    quick = [an_answer(item, "EB"[n % 2], seconds=1.5) for n, item in enumerate(ITEMS)]
    long = {item.id: "word " * 400 for item in ITEMS}
    assert measures(suspected(quick, texts=long), "expert:1") == {"pace"}
    assert measures(suspected(quick), "expert:1") == set()
    untimed = [changed(one, seconds=None) for one in quick]
    assert suspected(untimed, texts=long) == ()


def copied_from(answers, *, of="expert:4"):
    """Give the answers of somebody who says what another says."""
    own = {one.item: one for one in answers if one.annotator == of}
    return [
        an_answer(item, own[item.id].labels[0], annotator="expert:copy")
        for item in ITEMS
        if item.id in own
    ]


COPIES = {("expert:4", "expert:copy"), ("expert:copy", "expert:4")}


def copies(suspicions):
    return {(one.annotator, one.about) for one in suspicions if one.measure == "copy"}


def test_who_repeats_all_that_another_said_before_is_held_and_the_other_is_not():
    answers = simulate("honest", 5).annotations
    found = suspected([*answers, *copied_from(answers)])
    assert copies(found) == COPIES
    (hold,) = held(found)
    assert hold.annotator == "expert:copy"
    assert [measure for measure, _ in hold.evidence] == ["copy expert:4"]


def test_where_neither_comes_first_both_are_named_and_nobody_is_held():
    answers = simulate("honest", 5).annotations
    same = copied_from(answers)
    found = suspected([*same[::2], *answers, *same[1::2]])
    assert copies(found) == COPIES
    assert held(found) == ()


def test_fifty_answers_in_ten_seconds_are_held_whatever_they_say():
    chance = np.random.default_rng(1)
    rushed = [
        an_answer(item, LABELS[chance.integers(4)], annotator="expert:rush", seconds=s)
        for item, s in zip(ITEMS[:50], [0.2] * 50, strict=True)
    ]
    found = suspected(rushed)
    assert measures(found, "expert:rush") == {"pace"}
    (hold,) = held(found)
    assert hold.evidence == (("pace", "50 of 50 too fast"),)


def test_the_same_answer_to_everything_is_held_for_it_alone():
    others = simulate("honest", 4).annotations
    same = [
        an_answer(item, LABELS[0], annotator="expert:same", seconds=9.0)
        for item in ITEMS[:50]
    ]
    found = suspected([*others, *same])
    (constant,) = [one for one in found if one.measure == "constant"]
    assert constant.is_proof
    assert {hold.annotator for hold in held([constant])} == {"expert:same"}


def test_now_and_then_too_fast_is_named_and_not_held():
    quick = [
        an_answer(item, LABELS[n % 4], seconds=0.2 if n % 4 == 0 else 9.0)
        for n, item in enumerate(ITEMS[:60])
    ]
    found = suspected(quick)
    assert measures(found, "expert:1") == {"pace"}
    assert held(found) == ()


def test_one_who_is_right_against_all_others_is_not_held_for_it():
    """The only one who knows looks unlikely; gold says who is right."""
    cards = ITEMS[:80]
    others = [
        an_answer(item, LABELS[1], annotator=f"expert:{n}")
        for item in cards
        for n in (1, 2)
    ]
    others += [
        an_answer(item, LABELS[n % 4], annotator=f"expert:{who}")
        for n, item in enumerate(ITEMS[80:160])
        for who in (1, 2)
    ]
    lonely = [an_answer(item, LABELS[0], annotator="expert:0") for item in cards]
    lonely += [
        an_answer(item, LABELS[(n + 1) % 4], annotator="expert:0")
        for n, item in enumerate(ITEMS[80:160])
    ]
    found = suspected([*others, *lonely])
    assert measures(found) == {"model"}
    assert held(found) == ()


def a_suspicion(measure, annotator="expert:1"):
    return Suspicion(
        annotator=annotator,
        measure=measure,
        value=0.1,
        bound=0.7,
        count=10,
        seen="1 of 10",
        sentence="So it is.",
    )


@pytest.mark.parametrize(
    ("found", "is_held"),
    [
        (["gold"], True),
        (["gold-class"], True),
        (["model"], False),
        (["constant"], False),
        (["pace"], False),
        (["copy"], False),
        (["copy", "copy"], False),
        (["model", "constant"], True),
        (["pace", "copy"], True),
        ([], False),
    ],
)
def test_gold_is_enough_and_of_the_rest_it_takes_two(found, is_held):
    holds = held([a_suspicion(measure) for measure in found])
    assert bool(holds) == is_held
    assert all(len(hold.evidence) == len(found) for hold in holds)


def test_who_is_held_already_is_not_held_again():
    found = [a_suspicion("gold"), a_suspicion("gold", "expert:2")]
    both = held(found)
    assert len({hold.id for hold in both}) == 2
    assert held_now(both) == {"expert:1", "expert:2"}
    assert held(found, holds=both) == ()
    assert [one.annotator for one in held(found, holds=both[:1])] == ["expert:2"]


def test_what_a_person_lifted_is_proposed_again_on_new_grounds_alone():
    found = [a_suspicion("gold")]
    (hold,) = held(found)
    lifted = changed(hold, is_lifted=True, by="expert:owner", evidence=())
    assert held_now([hold, lifted]) == frozenset()
    assert held_now([hold, lifted, hold]) == {"expert:1"}
    assert held(found, holds=[hold, lifted]) == ()
    more = [*found, a_suspicion("gold-class")]
    (again,) = held(more, holds=[hold, lifted])
    assert [measure for measure, _ in again.evidence] == ["gold-class"]


def test_nothing_is_suspicious_about_nothing():
    assert suspected([]) == ()


@given(trials=st.integers(0, 40), rate=st.floats(0.0, 1.0), hits=st.integers(-1, 41))
def test_chances_are_those_of_the_binomial_distribution(trials, rate, hits):
    terms = [
        comb(trials, n) * rate**n * (1 - rate) ** (trials - n)
        for n in range(trials + 1)
    ]
    few = sum(terms[: max(0, hits + 1)])
    assert at_most(hits, trials, rate) == pytest.approx(few, abs=1e-9)
    many = sum(terms[max(0, hits) :])
    assert at_least(hits, trials, rate) == pytest.approx(many, abs=1e-9)


def test_a_tail_among_many_draws_is_as_the_normal_curve_says():
    assert at_most(50_000, 100_000, 0.5) == pytest.approx(0.50126, abs=1e-4)
    assert np.isclose(at_least(50_500, 100_000, 0.5), 0.00079, atol=2e-5)


@pytest.mark.parametrize(
    "wrong",
    [
        {"least_right": 0.0},
        {"chance": 0.6},
        {"class_cards": 0},
        {"least_answers": 1},
        {"words_a_second": 0.0},
        {"fast_share": 1.0},
    ],
    ids=str,
)
def test_limits_outside_their_range_are_refused(wrong):
    with pytest.raises(SettingsError):
        Limits(**wrong)
