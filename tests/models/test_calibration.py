# SPDX-License-Identifier: Apache-2.0
"""Temperatures are the optimum that scipy finds, and never promise certainty."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
from sklearn.metrics import log_loss as scikit_log_loss

from maalem.models.calibration import fit_temperature, log_loss, softmax


def some_scores(count=200, *, labels=5, scale=1.0, seed=0):
    """Scores whose labels are drawn from their softmax, then scaled."""
    chance = np.random.default_rng(seed)
    logits = chance.normal(size=(count, labels)) * 2.0
    targets = (logits + chance.gumbel(size=logits.shape)).argmax(axis=1)
    return logits * scale, targets


@pytest.mark.parametrize("scale", [0.3, 1.0, 4.0])
@pytest.mark.parametrize("smoothing", [0.0, 0.05])
def test_the_temperature_is_the_optimum_that_scipy_finds(scale, smoothing):
    logits, targets = some_scores(scale=scale)
    wanted = np.full(logits.shape, smoothing / (logits.shape[1] - 1))
    wanted[np.arange(len(targets)), targets] = 1.0 - smoothing

    def loss(log_temperature):
        scaled = logits / np.exp(log_temperature)
        return -(wanted * log_softmax(scaled, axis=1)).sum()

    theirs = np.exp(minimize_scalar(loss, bounds=(-4, 4), method="bounded").x)
    ours = fit_temperature(logits, targets, smoothing=smoothing)
    assert ours == pytest.approx(theirs, rel=1e-3)


def test_scores_that_were_scaled_are_scaled_back():
    logits, targets = some_scores(20_000, scale=3.0)
    assert fit_temperature(logits, targets) == pytest.approx(3.0, rel=0.03)


def test_few_right_answers_promise_no_certainty():
    logits = np.eye(3)[[0, 1, 2, 0]] * 30.0
    targets = np.array([0, 1, 2, 0])
    temperature = fit_temperature(logits, targets)
    assert softmax(logits / temperature).max() < 0.9


def test_without_smoothing_certainty_ends_at_the_lowest_temperature():
    logits = np.eye(3) * 2.0
    lowest = fit_temperature(logits, np.arange(3), smoothing=0.0)
    assert lowest == pytest.approx(0.02, rel=1e-6)


def test_no_example_or_one_label_leaves_scores_as_they_are():
    nothing = np.zeros(0, np.int64)
    assert fit_temperature(np.zeros((0, 3)), nothing) == 1.0
    assert fit_temperature(np.zeros((4, 1)), np.zeros(4, np.int64)) == 1.0


def test_the_loss_is_that_of_scikit_learn():
    logits, targets = some_scores()
    assert log_loss(logits, targets) == pytest.approx(
        scikit_log_loss(targets, softmax(logits), labels=range(5)), rel=1e-9
    )


@given(
    st.lists(
        st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=3), min_size=1, max_size=9
    )
)
def test_probabilities_sum_to_one_whatever_the_scores(rows):
    chances = softmax(np.array(rows))
    assert np.isfinite(chances).all()
    np.testing.assert_allclose(chances.sum(axis=1), 1.0, atol=1e-12)


def test_an_impossible_label_has_probability_zero():
    assert softmax(np.array([[0.0, -np.inf]])).tolist() == [[1.0, 0.0]]
