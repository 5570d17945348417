# SPDX-License-Identifier: Apache-2.0
"""What is measured: each metric is sums over examples and a way to finish them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Codes: TypeAlias = NDArray[np.intp]

BINS = 10  # enough to see the shape, and 50 examples a bin on an exam of 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A metric that can be summed over examples, and so resampled cheaply.

    Attributes:
        name: As in reports and gates.
        description: One line for people.
        columns: From probabilities, shape (n, k), and gold label numbers, shape (n,),
            to what is summed over examples, shape (n, c); for accuracy and log-loss
            column 0 is the metric of each example.
        finish: From the sums, shape (…, c), to the metric, shape (…); NaN where there
            is nothing to measure.
        best: The best value there is.
        worst: The worst value there is; infinite where there is none.
        noise: From resampled and observed sums to what the metric would be of noise
            alone; only for a metric that noise pushes away from its best value.
    """

    name: str
    description: str
    columns: Callable[[Floats, Codes], Floats]
    finish: Callable[[Floats], Floats]
    best: float
    worst: float
    noise: Callable[[Floats, Floats], Floats] | None = None


def _divide(upper: Floats, lower: Floats) -> Floats:
    """Divide, with NaN where there is nothing to divide by."""
    quotient = np.full(upper.shape, np.nan)
    np.divide(upper, lower, out=quotient, where=lower > 0)
    return quotient


def _mean(sums: Floats) -> Floats:
    return _divide(sums[..., 0], sums[..., 1])


def _right(probabilities: Floats, gold: Codes) -> Floats:
    right = probabilities.argmax(axis=1) == gold
    return np.column_stack([right, np.ones(len(gold))]).astype(np.float64)


def _log_loss(probabilities: Floats, gold: Codes) -> Floats:
    """Floor a probability of 0 at the double's epsilon, as scikit-learn does."""
    given = probabilities[np.arange(len(gold)), gold]
    floored = np.clip(given, np.finfo(np.float64).eps, 1.0)
    return np.column_stack([-np.log(floored), np.ones(len(gold))])


def _hits(probabilities: Floats, gold: Codes) -> Floats:
    """Per label: gold, answered, and both, side by side; shape (n, 3k)."""
    unit = np.eye(probabilities.shape[1])
    is_gold, is_answer = unit[gold], unit[probabilities.argmax(axis=1)]
    return np.hstack([is_gold, is_answer, is_gold * is_answer])


def _macro_f1(sums: Floats) -> Floats:
    """Average over the labels that occur as gold or as answer, as scikit-learn does."""
    gold, answered, both = np.split(sums, 3, axis=-1)
    seen = gold + answered > 0
    scores = np.where(seen, 2 * both / np.where(seen, gold + answered, 1.0), 0.0)
    return _divide(scores.sum(axis=-1), seen.sum(axis=-1).astype(np.float64))


def _gaps(probabilities: Floats, gold: Codes) -> Floats:
    """Sum confidence minus correctness within bins; equal confidences share a bin."""
    confidence = probabilities.max(axis=1)
    edges = np.quantile(confidence, np.linspace(0, 1, BINS + 1))[1:-1]
    gap = confidence - (probabilities.argmax(axis=1) == gold)
    in_bin = np.eye(BINS)[np.searchsorted(edges, confidence)]
    return np.column_stack([in_bin * gap[:, None], np.ones(len(gold))])


def _calibration_error(sums: Floats) -> Floats:
    return _divide(np.abs(sums[..., :-1]).sum(axis=-1), sums[..., -1])


def _calibration_noise(sums: Floats, observed: Floats) -> Floats:
    """Measure how far resampling alone moves the bins from where they were."""
    resampled = _divide(sums[..., :-1], sums[..., -1:])
    apart = resampled - _divide(observed[..., :-1], observed[..., -1:])
    return np.asarray(np.abs(apart).sum(axis=-1), dtype=np.float64)


def f1_of(label: int) -> Metric:
    """Give the F1 of one label against the rest, measured on all examples.

    Args:
        label: Number of the label, in the task's order.
    """

    def columns(probabilities: Floats, gold: Codes) -> Floats:
        answered = probabilities.argmax(axis=1) == label
        is_gold = gold == label
        twice = 2.0 * (answered & is_gold)
        return np.column_stack([twice, answered.astype(float) + is_gold])

    return Metric(
        name="f1",
        description=_F1,
        columns=columns,
        finish=_mean,
        best=1.0,
        worst=0.0,
    )


_F1 = "F1 of one class against the rest, on the slice of that class only"

METRICS: Mapping[str, Metric] = MappingProxyType(
    {
        metric.name: metric
        for metric in (
            Metric(
                name="accuracy",
                description="Share of examples answered with the gold label; on a "
                "class slice this is the recall of the class",
                columns=_right,
                finish=_mean,
                best=1.0,
                worst=0.0,
            ),
            Metric(
                name="macro-f1",
                description="F1 of each label that occurs as gold or as answer, "
                "averaged with equal weight",
                columns=_hits,
                finish=_macro_f1,
                best=1.0,
                worst=0.0,
            ),
            Metric(
                name="log-loss",
                description="Mean of minus the natural logarithm of the gold label's "
                "probability; 0 is best",
                columns=_log_loss,
                finish=_mean,
                best=0.0,
                worst=float("inf"),
            ),
            Metric(
                name="calibration-error",
                description="Expected calibration error of the top label: gap between "
                f"confidence and accuracy over {BINS} bins of equal mass; 0 is best",
                columns=_gaps,
                finish=_calibration_error,
                noise=_calibration_noise,
                best=0.0,
                worst=1.0,
            ),
        )
    }
)
"""Every metric of the whole exam and of language slices, by name.

Source:
    Calibration error: Naeini, Cooper and Hauskrecht (2015), "Obtaining well calibrated
    probabilities using Bayesian binning", with the equal-mass bins of Nguyen and
    O'Connor (2015). It is biased upwards on few examples, more so with more bins.
"""
