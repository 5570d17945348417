# SPDX-License-Identifier: Apache-2.0
"""Every metric against scikit-learn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve
from sklearn.metrics import accuracy_score, f1_score, log_loss

from maalem.evaluation import METRICS
from maalem.evaluation.metrics import BINS, f1_of


def a_table(count, labels=4, seed=0):
    random = np.random.default_rng(seed)
    return random.dirichlet(np.ones(labels), size=count), random.integers(
        0, labels, count
    )


def measured(metric, probabilities, gold):
    return float(metric.finish(metric.columns(probabilities, gold).sum(axis=0)))


CASES = st.tuples(st.integers(2, 60), st.integers(2, 6), st.integers(0, 10_000))


@given(CASES)
def test_accuracy_is_scikit_learns(case):
    table, gold = a_table(*case)
    assert measured(METRICS["accuracy"], table, gold) == pytest.approx(
        accuracy_score(gold, table.argmax(axis=1))
    )


@given(CASES)
def test_macro_f1_is_scikit_learns(case):
    table, gold = a_table(*case)
    assert measured(METRICS["macro-f1"], table, gold) == pytest.approx(
        f1_score(gold, table.argmax(axis=1), average="macro", zero_division=0)
    )


@given(CASES)
def test_log_loss_is_scikit_learns(case):
    table, gold = a_table(*case)
    assert measured(METRICS["log-loss"], table, gold) == pytest.approx(
        log_loss(gold, table, labels=range(table.shape[1]))
    )


def test_a_certain_mistake_has_a_large_and_finite_log_loss():
    table = np.array([[1.0, 0.0], [1.0, 0.0]])
    loss = measured(METRICS["log-loss"], table, np.array([1, 0]))
    assert loss == pytest.approx(log_loss([1, 0], table, labels=[0, 1]), rel=1e-6)


@given(CASES)
def test_the_f1_of_a_class_is_scikit_learns(case):
    table, gold = a_table(*case)
    oracle = f1_score(
        gold, table.argmax(axis=1), average=None, labels=[1], zero_division=np.nan
    )[0]
    assert measured(f1_of(1), table, gold) == pytest.approx(oracle, nan_ok=True)


def test_calibration_error_has_scikit_learns_bins_of_equal_mass():
    table, gold = a_table(700)
    sure = table.max(axis=1)
    right = table.argmax(axis=1) == gold
    truth, said = calibration_curve(right, sure, n_bins=BINS, strategy="quantile")
    edges = np.quantile(sure, np.linspace(0, 1, BINS + 1))
    mass = np.bincount(np.searchsorted(edges[1:-1], sure)) / 700
    assert measured(METRICS["calibration-error"], table, gold) == pytest.approx(
        float(mass @ np.abs(truth - said))
    )


def test_calibration_error_does_not_depend_on_the_order_of_equal_confidences():
    table = np.tile([0.7, 0.2, 0.1], (90, 1))
    gold = np.array([0] * 63 + [1] * 27)
    assert measured(METRICS["calibration-error"], table, gold) == pytest.approx(0.0)


@given(CASES)
def test_a_metric_per_example_has_the_metric_of_the_set_as_its_mean(case):
    table, gold = a_table(*case)
    for metric in (METRICS["accuracy"], METRICS["log-loss"]):
        column = metric.columns(table, gold)[:, 0]
        assert column.mean() == pytest.approx(measured(metric, table, gold))


def test_nothing_to_measure_is_no_zero():
    table, gold = a_table(0)
    accuracy = METRICS["accuracy"]
    assert np.isnan(accuracy.finish(accuracy.columns(table, gold).sum(axis=0)))


def test_every_metric_is_found_by_its_name_and_says_what_it_is():
    for name, metric in METRICS.items():
        assert metric.name == name
        assert metric.description
        assert "\n" not in metric.description
