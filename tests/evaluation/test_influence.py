# SPDX-License-Identifier: Apache-2.0
"""What one change of the teaching did to a model."""

import numpy as np
import pytest

from maalem.evaluation import Resampling
from maalem.evaluation.influence import shifts
from maalem.records import Example, LabelScores, digest_of

LABELS = ("Engine", "Bucket")
QUICK = Resampling(draws=400)


def asked(count, *, members=1):
    """Questions whose gold label alternates, some to a group."""
    return [
        Example(
            item=digest_of({"item": number}),
            text=f"report {number}",
            label=LABELS[number % 2],
            group=f"group {number // members}",
            language="en",
            split="calibration",
        )
        for number in range(count)
    ]


def answered(examples, *, wrong=()):
    """Right answers, but for the numbers named."""
    return [
        LabelScores(
            labels=LABELS,
            probabilities=(0.9, 0.1)
            if (one.label == "Engine") is (number not in wrong)
            else (0.1, 0.9),
        )
        for number, one in enumerate(examples)
    ]


def test_a_change_that_moves_no_answer_shifts_nothing():
    examples = asked(60)
    found = shifts(examples, answered(examples), answered(examples), resampling=QUICK)
    assert [one.label for one in found] == [None, *LABELS]
    assert {(one.better, one.worse) for one in found} == {(0, 0)}
    assert not any(one.is_settled for one in found)


def test_harm_to_one_class_shows_there_and_not_in_the_other():
    examples = asked(120)
    harmed = answered(examples, wrong=range(0, 60, 2))
    found = {
        one.label: one
        for one in shifts(examples, harmed, answered(examples), resampling=QUICK)
    }
    engine = found["Engine"]
    assert engine.is_settled
    assert engine.difference.value == pytest.approx(-0.5)
    assert engine.difference.high < 0.0
    assert (engine.better, engine.worse) == (0, 30)
    assert not found["Bucket"].is_settled
    assert found[None].difference.value == pytest.approx(-0.25)


def test_few_groups_are_not_enough_to_tell_however_many_examples_they_have():
    examples = asked(200, members=20)
    harmed = answered(examples, wrong=range(100))
    found = shifts(examples, harmed, answered(examples), resampling=QUICK)
    assert all(one.difference.low is None for one in found)
    assert not any(one.is_settled for one in found)


def test_the_more_annotators_are_looked_at_the_wider_each_interval():
    examples = asked(200)
    harmed = answered(examples, wrong=range(0, 30, 2))

    def width(families):
        found = shifts(
            examples, harmed, answered(examples), resampling=QUICK, families=families
        )
        return [one.difference.high - one.difference.low for one in found]

    assert all(np.array(width(10)) > np.array(width(1)))


def test_chance_alone_seldom_settles_anything():
    """Of 100 harmless changes, at most a few pass for more than chance."""
    examples, random = asked(120), np.random.default_rng(7)
    alarms = 0
    for _ in range(100):
        one, other = (set(random.integers(0, 120, 20).tolist()) for _ in range(2))
        found = shifts(
            examples,
            answered(examples, wrong=one),
            answered(examples, wrong=other),
            resampling=QUICK,
        )
        alarms += any(shift.is_settled for shift in found[1:])
    assert alarms <= 10
