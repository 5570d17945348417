# SPDX-License-Identifier: Apache-2.0
"""Intervals against scipy, and against the truth by simulation."""

import numpy as np
import pytest
import scipy.stats

from maalem.errors import SettingsError
from maalem.evaluation import METRICS, Resampling
from maalem.evaluation.intervals import Resampler, estimate

ACCURACY = METRICS["accuracy"]


def a_table(right):
    """Two labels, gold is always 0, shape (seeds, n, 2)."""
    right = np.atleast_2d(np.asarray(right, dtype=float))
    sure = np.where(right > 0, 0.9, 0.1)
    return np.stack([sure, 1 - sure], axis=-1)


def sampled(right, groups=None, *, metric=ACCURACY, **settings):
    table = a_table(right)
    count = table.shape[1]
    resampling = Resampling(**settings)
    groups = np.arange(count) if groups is None else groups
    resampler = Resampler(groups, resampling=resampling)
    gold, rows = np.zeros(count, dtype=np.intp), np.arange(count)
    return resampler.measure(metric, table, gold, rows=rows), resampling


def interval(right, groups=None, **settings):
    return estimate(*sampled(right, groups, **settings))


def test_single_examples_get_scipys_percentile_interval():
    right = np.random.default_rng(0).random(300) < 0.8
    oracle = scipy.stats.bootstrap(
        (right.astype(float),), np.mean, method="percentile", rng=1
    ).confidence_interval
    got = interval(right, draws=8_000)
    assert got.value == pytest.approx(right.mean())
    assert (got.low, got.high) == pytest.approx((oracle.low, oracle.high), abs=0.006)


def test_copies_are_no_evidence():
    right = np.random.default_rng(0).random(60) < 0.7
    alone = interval(right)
    copied = interval(np.repeat(right, 9), np.repeat(np.arange(60), 9))
    assert (copied.low, copied.high) == pytest.approx((alone.low, alone.high), abs=0.02)
    assert (copied.count, copied.groups) == (540, 60)


def test_groups_of_different_size_give_the_spread_of_a_ratio():
    random = np.random.default_rng(3)
    sizes = random.integers(1, 9, 80)
    groups = np.repeat(np.arange(80), sizes)
    right = random.random(len(groups)) < random.beta(6, 2, 80)[groups]
    one, _ = sampled(right, groups, draws=8_000)
    # Taylor linearisation, Cochran (1977), section 6.3
    residuals = np.bincount(groups, weights=right - right.mean())
    error = np.sqrt(80 / 79 * residuals @ residuals) / len(groups)
    assert one.draws.std() == pytest.approx(error, rel=0.05)


def test_too_few_groups_give_a_value_and_a_reason_and_no_interval():
    got = interval([1, 0, 1, 1] * 10, np.repeat(np.arange(10), 4))
    assert got.value == 0.75
    assert (got.low, got.high) == (None, None)
    assert got.reason == "10 groups, at least 20 are needed"


def test_all_right_is_no_certainty():
    got = interval(np.ones(50))
    assert (got.value, got.high) == (1.0, 1.0)
    assert got.low == pytest.approx(0.025 ** (1 / 50))


def test_two_models_that_never_differ_may_still_differ():
    right = np.random.default_rng(0).random(50) < 0.8
    one, resampling = sampled(right)
    got = estimate(one.minus(one), resampling)
    assert got.value == 0.0
    assert (got.low, got.high) == pytest.approx((-0.0711, 0.0711), abs=1e-4)


def test_a_pair_is_closer_than_its_parts():
    random = np.random.default_rng(1)
    right = random.random(400) < 0.7
    other = right ^ (random.random(400) < 0.05)
    first, resampling = sampled(right)
    second, _ = sampled(other)
    apart = estimate(first, resampling)
    difference = estimate(first.minus(second), resampling)
    assert difference.high - difference.low < 0.6 * (apart.high - apart.low)


def test_seeds_that_differ_widen_the_interval():
    random = np.random.default_rng(2)
    same = np.tile(random.random(400) < 0.8, (3, 1))
    other = np.stack([random.random(400) < share for share in (0.7, 0.8, 0.9)])
    narrow, wide = interval(same), interval(other)
    assert wide.high - wide.low > 1.5 * (narrow.high - narrow.low)


def test_the_spread_of_seeds_is_that_of_their_mean():
    shares = np.array([0.70, 0.78, 0.83, 0.91])
    right = np.stack([np.arange(10_000) < share * 10_000 for share in shares])
    one, _ = sampled(right, np.arange(10_000), draws=3_000)
    items = right.mean(axis=0).var() / 10_000
    spread = shares.var(ddof=1) / 4
    assert one.draws.std() == pytest.approx(np.sqrt(items + spread), rel=0.05)


def test_the_same_seed_gives_the_same_interval():
    right = np.random.default_rng(0).random(100) < 0.8
    assert interval(right, seed=7) == interval(right, seed=7)
    assert interval(right, seed=7) != interval(right, seed=8)


def calibration_of(count, *, shift, seed):
    """Calibration error of a model that says `shift` more than it knows."""
    random = np.random.default_rng(seed)
    sure = random.uniform(0.6, 1.0, count)
    table = np.stack([sure, 1 - sure], axis=-1)[None]
    gold = (random.random(count) > sure - shift).astype(np.intp)
    resampling, rows = Resampling(draws=400, seed=seed), np.arange(count)
    metric = METRICS["calibration-error"]
    one = Resampler(rows, resampling=resampling).measure(metric, table, gold, rows=rows)
    return estimate(one, resampling)


def test_a_calibrated_model_may_have_no_calibration_error():
    got = [calibration_of(300, shift=0.0, seed=seed) for seed in range(40)]
    assert all(0.0 <= one.low <= one.value <= one.high for one in got)
    assert sum(one.low == 0.0 for one in got) >= 35


def test_a_model_that_boasts_has_its_boast_in_the_interval():
    got = [calibration_of(800, shift=0.15, seed=seed) for seed in range(40)]
    assert all(one.low > 0.0 for one in got)
    assert sum(one.low <= 0.15 <= one.high for one in got) >= 35


@pytest.mark.parametrize("groups", [20, 40])
def test_intervals_hold_the_truth_about_as_often_as_they_say(groups):
    random, held, runs, truth = np.random.default_rng(groups), 0, 300, 0.75
    for run in range(runs):
        rates = random.beta(truth * 6, (1 - truth) * 6, groups)
        right = (random.random((groups, 5)) < rates[:, None]).ravel()
        codes = np.repeat(np.arange(groups), 5)
        got = interval(right, codes, draws=400, seed=run)
        held += got.low <= truth <= got.high
    assert held / runs >= (0.90 if groups == 20 else 0.915)


@pytest.mark.parametrize(
    "setting", [{"level": 1.0}, {"level": 0.0}, {"draws": 10}, {"min_groups": 1}]
)
def test_settings_out_of_range_are_refused_by_name(setting):
    with pytest.raises(SettingsError, match=next(iter(setting))):
        Resampling(**setting)
