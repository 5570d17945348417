# SPDX-License-Identifier: Apache-2.0
"""Drift against scipy; too few values say nothing."""

import numpy as np
import pytest
import scipy.stats

from maalem.errors import DataError
from maalem.evaluation.drift import (
    FEWEST,
    LARGE,
    NOTABLE,
    largest_gap,
    looks_spent,
    shift_of_kinds,
    shift_of_numbers,
    smirnov_tail,
    stability_index,
)


def test_the_largest_gap_is_scipys():
    random = np.random.default_rng(0)
    before, now = random.integers(0, 30, 80).astype(float), random.normal(15, 9, 130)
    oracle = scipy.stats.ks_2samp(before, now).statistic
    assert largest_gap(np.sort(before), np.sort(now)) == pytest.approx(oracle)


@pytest.mark.parametrize("size", [0.0, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0])
@pytest.mark.parametrize(("before", "now"), [(50, 50), (400, 90), (5000, 3000)])
def test_the_tail_is_scipys(size, before, now):
    oracle = scipy.stats.kstwobign.sf(size * np.sqrt(before * now / (before + now)))
    assert smirnov_tail(size, before, now) == pytest.approx(oracle, abs=1e-10)


def test_the_index_is_the_divergence_both_ways():
    before, now = [400, 300, 200, 100], [250, 250, 250, 250]
    one, other = np.array(before) + 0.5, np.array(now) + 0.5
    oracle = scipy.stats.entropy(one, other) + scipy.stats.entropy(other, one)
    assert stability_index(before, now) == pytest.approx(oracle)
    assert stability_index(now, now) == 0.0


def test_tables_that_cannot_be_compared_are_refused():
    for before, now in (([1], [1, 2]), ([0, 0], [1, 2])):
        with pytest.raises(DataError, match="stability index"):
            stability_index(before, now)


def test_what_moved_is_seen_and_what_stayed_is_not():
    random = np.random.default_rng(1)
    before, same = random.normal(40, 9, 600), random.normal(40, 9, 400)
    moved = shift_of_numbers("length", before, same + 9, tests=6)
    stayed = shift_of_numbers("length", before, same, tests=6)
    assert (moved.has_moved, stayed.has_moved) == (True, False)
    assert moved.index > LARGE
    assert stayed.index < NOTABLE
    assert "moved" in moved.sentence
    assert "no move" in stayed.sentence


def test_a_language_that_comes_anew_is_seen():
    before = ["fr"] * 300 + ["en"] * 200
    now = ["fr"] * 60 + ["en"] * 40 + ["ar"] * 40
    found = shift_of_kinds("language", before, now, tests=6)
    assert found.has_moved
    assert found.size == pytest.approx(40 / 140)
    assert not shift_of_kinds("language", before, before[::4], tests=6).has_moved


def test_too_few_values_are_unknown_and_no_calm():
    few = ["fr"] * (FEWEST - 1)
    for found in (
        shift_of_kinds("language", few * 9, few, tests=1),
        shift_of_numbers("length", [3.0] * 99, [3.0] * (FEWEST - 1), tests=1),
    ):
        assert (found.has_moved, found.p_value, found.size) == (None, None, None)
        assert found.sentence.startswith("unknown")


def test_looking_every_week_alarms_falsely_less_often_than_it_may():
    random, alarmed, runs = np.random.default_rng(7), 0, 100
    for _ in range(runs):
        before = random.random(200)
        alarmed += any(
            shift_of_numbers(
                "confidence", before, random.random(100), tests=looks_spent(look, 1)
            ).has_moved
            for look in range(1, 11)
        )
    assert alarmed / runs <= 0.05
