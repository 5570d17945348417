# SPDX-License-Identifier: Apache-2.0
"""The audit's interval against scipy, and by simulation where scipy has none."""

import numpy as np
import pytest
import scipy.stats

from maalem.errors import DataError
from maalem.evaluation.auditing import Audited, audit_error


def audited(wrong, right, chosen=1.0):
    found = [Audited(chosen=chosen, is_wrong=True)] * wrong
    return found + [Audited(chosen=chosen, is_wrong=False)] * right


def test_where_nothing_was_answered_there_is_no_rate_and_it_is_not_0():
    found = audit_error([Audited(chosen=0.1, is_wrong=None)] * 3, floor=0.1)
    assert (found.drawn, found.answered) == (3, 0)
    assert (found.estimate, found.low, found.high) == (None, None, None)
    assert found.reason


def test_answers_that_were_seldom_drawn_stand_for_more():
    several = audited(2, 8, chosen=0.1) + audited(5, 5, chosen=0.5)
    found = audit_error(several, floor=0.1)
    assert found.estimate == pytest.approx((2 / 0.1 + 5 / 0.5) / (10 / 0.1 + 10 / 0.5))
    assert found.wrong == 7


def test_only_proportions_of_chances_count():
    one = audit_error(audited(3, 40, 0.02) + audited(1, 9, 0.2), floor=0.02)
    other = audit_error(audited(3, 40, 0.05) + audited(1, 9, 0.5), floor=0.05)
    assert (one.low, one.high) == pytest.approx((other.low, other.high))


@pytest.mark.parametrize("rate", [0.01, 0.05, 0.3, 0.5, 0.9])
@pytest.mark.parametrize("count", [20, 200])
def test_equal_chances_miss_the_truth_less_often_than_they_may(rate, count):
    misses = 0.0
    for wrong in range(count + 1):
        found = audit_error(audited(wrong, count - wrong), floor=1.0)
        if not found.low <= rate <= found.high:
            misses += scipy.stats.binom.pmf(wrong, count, rate)
    assert misses <= 0.05


@pytest.mark.parametrize(("wrong", "count"), [(0, 300), (3, 300), (20, 400), (90, 300)])
def test_looking_at_any_time_costs_at_most_double_the_width(wrong, count):
    found = audit_error(audited(wrong, count - wrong), floor=1.0)
    exact = scipy.stats.binomtest(wrong, count).proportion_ci(0.95, method="exact")
    assert found.low <= exact.low <= exact.high <= found.high
    assert found.high - found.low <= 2.0 * (exact.high - exact.low)


def test_weighted_intervals_hold_at_every_look_as_often_as_they_say():
    random, missed, runs = np.random.default_rng(11), 0, 150
    for _ in range(runs):
        near = random.random(3000) < 0.2
        wrong = random.random(3000) < np.where(near, 0.25, 0.02)
        chosen = np.where(near, 0.2, 0.05)
        drawn = random.random(3000) < chosen
        truth = 0.2 * 0.25 + 0.8 * 0.02
        several = [
            Audited(chosen=float(chance), is_wrong=bool(bad))
            for chance, bad in zip(chosen[drawn], wrong[drawn], strict=True)
        ]
        looks = [
            audit_error(several[:last], floor=0.05) for last in (20, 50, 100, 200, 400)
        ]
        missed += any(not one.low <= truth <= one.high for one in looks)
    assert missed / runs <= 0.05


def test_the_estimate_is_not_drawn_to_the_errors_that_were_looked_for():
    random = np.random.default_rng(3)
    near = random.random(60_000) < 0.1
    wrong = random.random(60_000) < np.where(near, 0.4, 0.01)
    chosen = np.where(near, 0.5, 0.05)
    drawn = random.random(60_000) < chosen
    found = audit_error(
        [
            Audited(chosen=float(chance), is_wrong=bool(bad))
            for chance, bad in zip(chosen[drawn], wrong[drawn], strict=True)
        ],
        floor=0.05,
    )
    assert found.estimate == pytest.approx(0.1 * 0.4 + 0.9 * 0.01, abs=0.008)
    assert found.wrong / found.answered > 0.15


@pytest.mark.parametrize("chosen", [0.0, 0.01, 1.5])
def test_a_chance_that_cannot_be_is_refused(chosen):
    with pytest.raises(DataError, match="drawn with probability"):
        audit_error([Audited(chosen=chosen, is_wrong=True)], floor=0.02)
