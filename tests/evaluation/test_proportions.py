# SPDX-License-Identifier: Apache-2.0
"""Exact bounds against scipy and published tables."""

from collections import Counter

import numpy as np
import pytest
import scipy.special
import scipy.stats
from hypothesis import assume, given
from hypothesis import strategies as st

from maalem.evaluation.proportions import (
    beta_quantile,
    binomial_at_most,
    clopper_pearson,
    grouped_interval,
    incomplete_beta,
    student_quantile,
    tabled_interval,
    upper_bound,
)

SHAPES = st.floats(0.5, 20_000)
SHARES = st.floats(0.0, 1.0)


@given(SHARES, SHAPES, SHAPES)
def test_the_incomplete_beta_function_is_scipys(x, a, b):
    assert incomplete_beta(x, a, b) == pytest.approx(
        scipy.special.betainc(a, b, x), abs=1e-10
    )


@given(st.floats(1e-6, 1 - 1e-6), SHAPES, SHAPES)
def test_the_beta_quantile_is_scipys(probability, a, b):
    assert beta_quantile(probability, a, b) == pytest.approx(
        scipy.special.betaincinv(a, b, probability), abs=1e-10
    )


@given(st.integers(0, 400), st.integers(0, 400), st.floats(0.001, 0.999))
def test_the_binomial_tail_is_scipys(hits, trials, rate):
    assert binomial_at_most(hits, trials, rate) == pytest.approx(
        scipy.stats.binom.cdf(hits, trials, rate), abs=1e-10
    )


@given(st.floats(0.6, 0.9999), st.integers(1, 500))
def test_students_quantile_is_scipys(probability, freedom):
    assert student_quantile(probability, freedom) == pytest.approx(
        scipy.stats.t.ppf(probability, freedom), rel=1e-8
    )


@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"),
    [
        # Newcombe (1998), Statistics in Medicine 17, table I, method 5
        (81, 263, 0.2527, 0.3676),
        (15, 148, 0.0578, 0.1617),
        (0, 20, 0.0000, 0.1684),
        (1, 29, 0.0009, 0.1776),
    ],
)
def test_clopper_pearson_gives_the_published_table(hits, trials, low, high):
    assert clopper_pearson(hits, trials, level=0.95) == pytest.approx(
        (low, high), abs=5e-5
    )


@given(st.integers(0, 300), st.integers(1, 300), st.sampled_from([0.9, 0.95, 0.99]))
def test_clopper_pearson_is_scipys(hits, trials, level):
    hits = min(hits, trials)
    oracle = scipy.stats.binomtest(hits, trials).proportion_ci(level, method="exact")
    assert clopper_pearson(hits, trials, level=level) == pytest.approx(
        (oracle.low, oracle.high), abs=1e-10
    )


def test_no_draws_bound_nothing():
    assert upper_bound(0, 0, delta=0.05) == 1.0


@pytest.mark.parametrize("rate", [0.02, 0.05, 0.3])
def test_the_upper_bound_is_below_the_truth_at_most_delta_of_the_time(rate):
    trials, delta = 80, 0.05
    misses = sum(
        scipy.stats.binom.pmf(hits, trials, rate)
        for hits in range(trials + 1)
        if upper_bound(hits, trials, delta=delta) < rate
    )
    assert misses <= delta


def test_single_examples_get_clopper_pearson_itself():
    hits = np.array([1.0, 0.0, 1.0, 1.0])
    assert grouped_interval(hits, np.arange(4), level=0.95) == clopper_pearson(
        3, 4, level=0.95
    )


def test_copies_of_a_group_are_no_evidence():
    hits = np.array([1.0, 0.0, 1.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.0, 1.0, 0.0, 1.0])
    alone = grouped_interval(hits, np.arange(12), level=0.95)
    copied = grouped_interval(
        np.repeat(hits, 5), np.repeat(np.arange(12), 5), level=0.95
    )
    assert copied[0] <= alone[0] + 0.01
    assert copied[1] >= alone[1] - 0.01


def test_all_right_in_three_groups_is_no_certainty():
    low, high = grouped_interval(np.ones(300), np.repeat(np.arange(3), 100), level=0.95)
    assert (low, high) == clopper_pearson(3, 3, level=0.95)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1))
def test_a_table_of_like_groups_has_the_interval_of_the_groups(pairs):
    groups = [(right + wrong, right) for right, wrong in pairs if right + wrong]
    assume(groups)
    hits = [one < right for size, right in groups for one in range(size)]
    numbers = [number for number, (size, _) in enumerate(groups) for _ in range(size)]
    table = [(*group, times) for group, times in Counter(groups).items()]
    assert tabled_interval(table, level=0.95) == pytest.approx(
        grouped_interval(np.array(hits, float), np.array(numbers), level=0.95)
    )


def test_grouped_intervals_hold_the_truth_as_often_as_they_say():
    random, held, runs, truth = np.random.default_rng(5), 0, 250, 0.1
    for _ in range(runs):
        rates = random.beta(truth * 4, (1 - truth) * 4, 40)
        hits = (random.random((40, 6)) < rates[:, None]).astype(float).ravel()
        low, high = grouped_interval(hits, np.repeat(np.arange(40), 6), level=0.95)
        held += low <= truth <= high
    assert held / runs >= 0.93
