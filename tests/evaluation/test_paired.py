# SPDX-License-Identifier: Apache-2.0
"""Tests of pairs and of many slices, against scipy and published examples."""

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from maalem.evaluation.paired import count_wins, holm, mcnemar

P_VALUES = st.lists(st.one_of(st.none(), st.floats(0, 1)), max_size=30)


def test_mcnemar_gives_the_worked_example():
    # Fay (2010), "Two-sided exact tests and matching confidence intervals", R Journal:
    # the table 21, 9 / 2, 12 has p = 0.06543
    assert mcnemar(9, 2) == pytest.approx(0.06543, abs=5e-6)


def test_mcnemar_gives_agrestis_approval_ratings():
    # Agresti (2013), table 11.1: 150 against 86 change their mind; z = 4.17 squared
    assert mcnemar(86, 150) == pytest.approx(
        scipy.stats.binomtest(86, 236).pvalue, rel=1e-9
    )
    assert mcnemar(86, 150) < 1e-4


@given(st.integers(0, 500), st.integers(0, 500))
def test_mcnemar_is_the_two_sided_binomial_test(better, worse):
    trials = better + worse
    oracle = scipy.stats.binomtest(better, trials).pvalue if trials else 1.0
    assert mcnemar(better, worse) == pytest.approx(oracle, abs=1e-10)


def test_models_that_never_differ_are_not_told_apart():
    assert mcnemar(0, 0) == 1.0


def test_holm_gives_the_worked_example():
    # R, stats::p.adjust(c(0.01, 0.04, 0.03, 0.005), method = "holm")
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.03, 0.06, 0.06, 0.02))


def test_a_slice_without_a_test_costs_nothing():
    assert holm([0.01, None, 0.04]) == (pytest.approx(0.02), None, pytest.approx(0.04))


@given(P_VALUES)
def test_holm_lies_between_the_p_value_and_bonferronis(p_values):
    tested = sum(p is not None for p in p_values)
    for raw, adjusted in zip(p_values, holm(p_values), strict=True):
        if raw is None:
            assert adjusted is None
        else:
            assert raw <= adjusted <= min(1.0, tested * raw) + 1e-12


@given(P_VALUES)
def test_holm_keeps_the_order(p_values):
    pairs = sorted(
        (raw, adjusted)
        for raw, adjusted in zip(p_values, holm(p_values), strict=True)
        if raw is not None
    )
    assert [adjusted for _, adjusted in pairs] == sorted(a for _, a in pairs)


def test_many_slices_without_a_difference_give_a_false_alarm_once_in_twenty():
    random, alarms, runs = np.random.default_rng(2), 0, 400
    for _ in range(runs):
        better = random.binomial(40, 0.5, size=20)
        adjusted = holm([mcnemar(int(b), 40 - int(b)) for b in better])
        alarms += min(adjusted) <= 0.05
    assert alarms / runs <= 0.05 + 0.03


def test_wins_are_counted_on_each_side():
    first = np.array([True, True, False, False, True])
    second = np.array([True, False, True, False, False])
    assert count_wins(first, second) == (2, 1)
