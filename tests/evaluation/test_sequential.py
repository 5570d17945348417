# SPDX-License-Identifier: Apache-2.0
"""Evidence that may be looked at after every answer, and is then still right."""

import math
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from maalem.errors import DataError
from maalem.evaluation.betting import (
    bet_above,
    bet_below,
    confidence_bounds,
    counted,
    stream_of,
)
from maalem.evaluation.sequential import (
    CONTINUE,
    PROMOTE,
    ROLL_BACK,
    Rule,
    compare_pairs,
    compare_streams,
    log_evidence_above,
    log_evidence_not_above,
)

RULE = Rule(alpha=0.05, margin=0.05, least=1)
AT_ONCE = np.array([0.0])


def pairs(worse, better, same=0):
    """Texts on which the challenger alone, the champion alone, or neither, erred."""
    values = np.repeat([1.0, -1.0, 0.0], [worse, better, same])
    return stream_of(values, np.ones(len(values)), low=-1.0, high=1.0, lowest=1.0)


def e_above(stream, mean=0.0):
    return math.exp(bet_above(stream, np.array([mean]))[0])


@pytest.mark.parametrize(
    ("worse", "better"), [(0, 0), (5, 0), (9, 2), (14, 9), (3, 12)]
)
def test_evidence_on_pairs_is_the_mixture_of_robbins(worse, better):
    """One-sided: the coin's bias is uniform on (1/2, 1), so beta integrals give it.

    Source:
        Robbins (1970), "Statistical methods related to the law of the iterated
        logarithm", Annals of Mathematical Statistics 41, section 7: the mixture over a
        uniform bias.
    """
    tosses = worse + better
    whole = special.beta(worse + 1, better + 1)
    upper = special.betainc(better + 1, worse + 1, 0.5)  # the bias is above one half
    expected = 2.0 ** (tosses + 1) * whole * upper
    assert e_above(pairs(worse, better)) == pytest.approx(expected, rel=1e-9)


def test_five_of_five_are_the_evidence_that_is_worked_out_by_hand():
    """The mean of (1 + c)^5 over c in (0, 1) is (2^6 - 1) / 6."""
    assert e_above(pairs(5, 0)) == pytest.approx(63 / 6)


@cache
def e_of_toss(worse, better):
    return e_above(pairs(worse, better))


def test_who_looks_after_every_text_is_wrong_no_more_often_than_alpha():
    """2,000 canaries that are as good as their champions, 150 discordant texts each."""
    tosses = np.random.default_rng(7).random((2000, 150)) < 0.5
    worse = tosses.cumsum(axis=1)
    wrong = 0
    for run in worse:
        wrong += any(e_of_toss(k, n - k) >= 20 for n, k in enumerate(run.tolist(), 1))
    assert wrong / 2000 <= 0.05
    p_value = stats.binom.sf(worse - 1, np.arange(1, 151), 0.5)
    assert (p_value < 0.05).any(axis=1).mean() > 0.2  # what an ordinary test would do


@cache
def is_claimed(test, champion, challenger, trials):
    test, margin = (
        (log_evidence_above, 0.0) if test == "worse" else (log_evidence_not_above, 0.05)
    )
    streams = counted(challenger, trials), counted(champion, trials)
    return test(*streams, by=margin) >= math.log(20)


@pytest.mark.parametrize(("its_rate", "test"), [(0.1, "worse"), (0.15, "not worse")])
def test_two_streams_lead_into_error_no_more_often_than_alpha(its_rate, test):
    """2,000 canaries, as good or worse by the margin, looked at four times."""
    chance = np.random.default_rng(11)
    champion = (chance.random((2000, 400)) < 0.1).cumsum(axis=1).tolist()
    challenger = (chance.random((2000, 400)) < its_rate).cumsum(axis=1).tolist()
    wrong = sum(
        any(is_claimed(test, one[n - 1], other[n - 1], n) for n in (50, 100, 200, 400))
        for one, other in zip(champion, challenger, strict=True)
    )
    assert wrong / 2000 <= 0.05


def drawn_by_doubt(chance, size):
    """Draw texts by their doubt: the challenger errs more in doubt, less elsewhere.

    Over all texts the two err equally often: a fifth of them is in doubt and drawn
    always, the others one in ten times.
    """
    is_doubt = chance.random(size) < 0.2
    chosen = np.where(is_doubt, 1.0, 0.1)
    is_drawn = chance.random(size) < chosen
    goes_wrong = chance.random(size)
    values = np.where(is_doubt, goes_wrong < 0.4, -1.0 * (goes_wrong < 0.1))
    return values[is_drawn], chosen[is_drawn]


def test_weights_undo_that_doubtful_answers_are_judged_more_often():
    chance = np.random.default_rng(3)
    wrong, naive = 0, 0
    for _ in range(500):
        values, chosen = drawn_by_doubt(chance, 1000)
        for last in range(40, len(values), 60):
            given = values[:last], chosen[:last]
            stream = stream_of(*given, low=-1.0, high=1.0, lowest=0.1)
            if e_above(stream) >= 20:
                wrong += 1
                break
        same = np.ones(len(values))
        naive += e_above(stream_of(values, same, low=-1, high=1, lowest=1)) >= 20
    assert wrong / 500 <= 0.05
    assert naive / 500 > 0.9
    assert stream.mean == pytest.approx(0.0, abs=0.2)


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 50))
@settings(max_examples=30)
def test_the_order_of_answers_does_not_matter(worse, better, same):
    values = np.repeat([1.0, -1.0, 0.0], [worse, better, same])
    np.random.default_rng(0).shuffle(values)
    shuffled = stream_of(values, np.ones(len(values)), low=-1.0, high=1.0, lowest=1.0)
    assert e_above(shuffled, 0.1) == pytest.approx(
        e_above(pairs(worse, better, same), 0.1)
    )


@given(st.integers(0, 40), st.integers(1, 40))
@settings(max_examples=30)
def test_the_less_is_claimed_the_more_evidence_there_is(hits, more):
    stream = counted(hits, hits + more)
    means = np.linspace(0.0, 1.0, 41)
    assert np.all(np.diff(bet_above(stream, means)) <= 1e-9)
    assert np.all(np.diff(bet_below(stream, means)) >= -1e-9)


def test_bounds_hold_the_truth_at_all_times_in_nearly_all_runs():
    chance = np.random.default_rng(5)
    missed = 0
    for _ in range(60):
        hits = (chance.random(600) < 0.08).cumsum()
        looks = (confidence_bounds(counted(int(hits[n - 1]), n), alpha=0.1)
                 for n in (30, 150, 600))  # fmt: skip
        missed += any(not low <= 0.08 <= high for low, high in looks)
    assert missed / 60 <= 0.1


def test_bounds_close_in_on_the_mean_of_many():
    low, high = confidence_bounds(counted(800, 10_000), alpha=0.05)
    assert 0.06 < low < 0.08 < high < 0.10


def test_with_nothing_judged_nothing_is_known():
    assert confidence_bounds(counted(0, 0), alpha=0.05) == (0.0, 1.0)
    found = compare_streams(counted(0, 0), counted(0, 0), RULE)
    assert found.difference is None
    assert (found.worse, found.not_worse) == pytest.approx((1.0, 1.0), rel=0.2)
    assert (found.decision, found.missing) == (CONTINUE, None)
    assert (found.low, found.high) == (-1.0, 1.0)


def test_a_challenger_that_errs_much_more_is_rolled_back():
    assert compare_pairs(pairs(20, 2, 60), RULE).decision == ROLL_BACK
    found = compare_streams(counted(5, 200), counted(40, 200), RULE)
    assert found.decision == ROLL_BACK
    assert 0 < found.low < 35 / 200 < found.high


def test_a_challenger_that_errs_less_is_promoted():
    assert compare_pairs(pairs(1, 20, 300), RULE).decision == PROMOTE
    found = compare_streams(counted(120, 400), counted(40, 400), RULE)
    assert found.decision == PROMOTE


def test_one_that_is_within_the_margin_but_errs_more_waits():
    found = compare_pairs(pairs(6, 5, 1500), RULE)
    assert found.not_worse >= 20
    assert found.decision == CONTINUE


def test_nothing_is_decided_on_fewer_answers_than_were_asked_for():
    rule = Rule(alpha=0.05, margin=0.05, least=500)
    found = compare_pairs(pairs(20, 2, 60), rule)
    assert found.worse >= 20
    assert (found.decision, found.missing) == (CONTINUE, 500 - 82)


def test_what_is_missing_is_told_from_how_evidence_grew():
    found = compare_pairs(pairs(6, 1, 43), RULE)
    grown = math.log(found.worse)
    assert found.missing == math.ceil(50 * (math.log(20) / grown - 1))


@pytest.mark.parametrize(
    ("values", "chosen"), [([2.0], [1.0]), ([0.5], [0.01]), ([0.5], [1.5])]
)
def test_numbers_outside_their_range_are_refused(values, chosen):
    with pytest.raises(DataError):
        stream_of(np.array(values), np.array(chosen), low=0.0, high=1.0, lowest=0.1)


def test_more_hits_than_trials_are_refused():
    with pytest.raises(DataError):
        counted(3, 2)
