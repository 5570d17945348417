# SPDX-License-Identifier: Apache-2.0
"""No expert stands behind more of a class than the project lets one."""

import pytest
from tests.experts.builders import an_adjudication, an_answer, an_item

from maalem.errors import DataError, SettingsError
from maalem.experts import settle
from maalem.experts.influence import (
    InfluenceCap,
    influences,
    refuse_influence,
    told,
)

CAP = InfluenceCap(least_items=10)


def said_by(*experts, label="Engine", start=0, count=10):
    """Let each expert give the same answer to so many items."""
    return [
        an_answer(an_item(number=number), label, annotator=who)
        for number in range(start, start + count)
        for who in experts
    ]


def judged(answers, adjudications=(), *, cap=CAP):
    golds, _ = settle(answers, adjudications=adjudications)
    found = influences(golds, answers, adjudications=adjudications, cap=cap)
    return {(one.label, one.annotator): one.share for one in found}


def three(count=4):
    """Answers of three experts to as many items each."""
    who = ("expert:a", "expert:b", "expert:c")
    return [
        one
        for number, name in enumerate(who)
        for one in said_by(name, start=number * count, count=count)
    ]


def test_three_who_give_as_much_are_no_finding():
    assert judged(three()) == {}
    assert judged(said_by("expert:a", "expert:b", "expert:c")) == {}


def test_who_answers_most_of_a_class_alone_is_found_with_the_share():
    answers = [*three(count=2), *said_by("expert:a", start=6, count=4)]
    assert judged(answers) == {("Engine", "expert:a"): pytest.approx(0.6)}


def test_what_several_say_together_rests_on_each_by_its_part():
    answers = said_by("expert:a", "expert:b", count=5)
    answers += said_by("expert:a", "expert:c", start=5, count=5)
    assert judged(answers) == {("Engine", "expert:a"): pytest.approx(0.5)}


def test_who_said_something_else_does_not_stand_behind_it():
    answers = said_by("expert:a", "expert:b", count=10)
    answers += said_by("expert:c", label="Bucket", count=10)
    found = judged(answers)
    assert found == {
        ("Engine", "expert:a"): pytest.approx(0.5),
        ("Engine", "expert:b"): pytest.approx(0.5),
    }


def test_who_adjudicates_stands_behind_it_too():
    answers = said_by("expert:a", "expert:b", "expert:c")
    word = [
        an_adjudication(an_item(number=number), "Cab", adjudicator="expert:judge")
        for number in range(10)
    ]
    assert judged(answers, word) == {("Cab", "expert:judge"): 1.0}


def test_a_small_class_and_two_experts_are_not_judged():
    few = said_by("expert:a", count=9)
    few += said_by("expert:b", "expert:c", label="Cab", start=9, count=3)
    assert judged(few) == {}
    two = said_by("expert:a", count=20) + said_by("expert:b", start=20, count=1)
    assert judged(two) == {}


def test_a_column_of_a_file_is_no_expert():
    answers = said_by("column:label", count=20)
    answers += said_by("expert:a", "expert:b", "expert:c", label="Cab", start=20)
    assert judged(answers) == {}


def test_it_is_told_without_names_and_refused_where_the_owner_wants_it():
    answers = [*three(count=2), *said_by("expert:a", start=6, count=4)]
    golds, _ = settle(answers)
    found = influences(golds, answers, cap=CAP)
    (sentence,) = told(found, cap=CAP)
    assert sentence == (
        "one expert stands behind 60% of the 10 settled items of 'Engine', "
        "more than 40%"
    )
    refuse_influence(found, cap=CAP)
    with pytest.raises(DataError) as refused:
        refuse_influence(found, cap=InfluenceCap(least_items=10, enforce=True))
    assert refused.value.code == "dataset.influence"
    refuse_influence((), cap=InfluenceCap(enforce=True))


@pytest.mark.parametrize(
    "wrong", [{"cap": 0.0}, {"cap": 1.1}, {"least_items": 0}, {"least_experts": 1}]
)
def test_a_cap_outside_its_range_is_refused(wrong):
    with pytest.raises(SettingsError):
        InfluenceCap(**wrong)
