# SPDX-License-Identifier: Apache-2.0
"""A stop rule that says what it does not know."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maalem.tasks.stopping import Advice, CurvePoint, look_ahead

COUNTS = (50, 75, 100, 150, 200, 300, 400, 600, 800)


def a_curve(top, drop, slope, *, counts=COUNTS, judged=100_000):
    return [
        CurvePoint(
            answers=count,
            right=round(judged * (top - drop * count**-slope)),
            judged=judged,
        )
        for count in counts
    ]


def test_it_finds_the_gain_of_a_curve_that_follows_the_law():
    outlook = look_ahead(a_curve(0.9, 2.0, 0.5), stop_gain=0.002)
    promised = 2.0 * (800**-0.5 - 900**-0.5)
    assert outlook.gain == pytest.approx(promised, rel=0.05)
    assert outlook.low < promised < outlook.high


def test_a_steep_curve_goes_on():
    outlook = look_ahead(a_curve(0.9, 2.0, 0.5), stop_gain=0.002)
    assert outlook.advice is Advice.GO_ON
    assert f"{outlook.gain:+.3f}" in outlook.reason


def test_a_flat_curve_may_stop():
    flat = a_curve(0.9, 0.0, 1.0, judged=1_000_000)
    assert look_ahead(flat, stop_gain=0.002).advice is Advice.MAY_STOP


def test_a_falling_curve_promises_no_gain():
    falling = list(a_curve(0.9, 0.5, 0.5))
    rights = [one.right for one in falling][::-1]
    turned = [
        CurvePoint(answers=one.answers, right=right, judged=one.judged)
        for one, right in zip(falling, rights, strict=True)
    ]
    assert look_ahead(turned, stop_gain=0.002).gain == 0.0


def test_few_judged_answers_are_too_early_to_tell():
    outlook = look_ahead(a_curve(0.9, 0.8, 0.5, judged=40), stop_gain=0.002)
    assert outlook.advice is Advice.TOO_EARLY
    assert outlook.low < 0.002 < outlook.high


@pytest.mark.parametrize("counts", [(), (50, 100, 200), (10, 20, 30, 40)])
def test_a_short_curve_has_no_number(counts):
    outlook = look_ahead(a_curve(0.9, 0.5, 0.5, counts=counts), stop_gain=0.0)
    assert outlook.advice is Advice.TOO_EARLY
    assert outlook.gain is outlook.low is outlook.high is None


def test_the_last_point_of_a_count_counts():
    wrong = [CurvePoint(answers=400, right=1, judged=100_000)]
    right = a_curve(0.9, 2.0, 0.5)
    assert look_ahead(wrong + right, stop_gain=0.1) == look_ahead(right, stop_gain=0.1)


@pytest.mark.parametrize(("right", "judged"), [(2, 1), (-1, 3), (0, 0)])
def test_an_impossible_point_is_refused(right, judged):
    with pytest.raises(ValueError, match="not a point"):
        CurvePoint(answers=5, right=right, judged=judged)


@given(st.integers(0, 2**32 - 1), st.floats(0.0, 0.1))
def test_the_interval_orders_itself_and_the_advice_follows(seed, stop_gain):
    chance = np.random.default_rng(seed)
    curve = [
        CurvePoint(answers=count, right=int(chance.binomial(60, 0.6)), judged=60)
        for count in COUNTS
    ]
    outlook = look_ahead(curve, stop_gain=stop_gain, seed=seed)
    assert 0.0 <= outlook.low <= outlook.high
    assert (outlook.advice is Advice.MAY_STOP) == (outlook.high < stop_gain)
    assert (outlook.advice is Advice.GO_ON) == (outlook.low >= stop_gain)


def test_the_interval_holds_the_true_gain_as_often_as_it_says():
    truth = 0.8 * (800**-0.5 - 900**-0.5)
    held = 0
    for seed in range(60):
        chance = np.random.default_rng(seed)
        curve = [
            CurvePoint(
                answers=one.answers,
                right=int(chance.binomial(400, one.accuracy)),
                judged=400,
            )
            for one in a_curve(0.85, 0.8, 0.5)
        ]
        outlook = look_ahead(curve, stop_gain=0.002, seed=seed)
        held += outlook.low <= truth <= outlook.high
    assert held >= 48
