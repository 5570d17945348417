# SPDX-License-Identifier: Apache-2.0
"""Exact bounds on a proportion, for independent and for grouped examples."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_TINY = 1e-300  # keeps the continued fraction away from 0/0
_STEPS = 20_000  # the fraction needs about the root of its largest argument


def incomplete_beta(x: float, a: float, b: float) -> float:
    """Give the regularised incomplete beta function, the beta distribution's CDF.

    Args:
        x: Where, in [0, 1].
        a: First shape, above 0.
        b: Second shape, above 0.

    Source:
        Lentz (1976) for the evaluation of the continued fraction 26.5.8 in
        Abramowitz and Stegun (1964), "Handbook of Mathematical Functions".
    """
    if x <= 0.0 or x >= 1.0:
        return 0.0 if x <= 0.0 else 1.0
    if x > (a + 1.0) / (a + b + 2.0):
        return 1.0 - incomplete_beta(1.0 - x, b, a)
    scale = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    front = scale + a * math.log(x) + b * math.log1p(-x)
    return math.exp(front) * _fraction(x, a, b) / a


def _fraction(x: float, a: float, b: float) -> float:
    """Evaluate the continued fraction from the front, by Lentz's method."""
    upper, lower = 1.0, 1.0 / _away(1.0 - (a + b) * x / (a + 1.0))
    value = lower
    for m in range(1, _STEPS):
        before = value
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            lower = 1.0 / _away(1.0 + term * lower)
            upper = _away(1.0 + term / upper)
            value *= lower * upper
        if abs(value - before) <= 1e-16 * abs(value):
            break
    return value


def _away(number: float) -> float:
    """Keep a divisor away from zero."""
    return number if abs(number) > _TINY else _TINY


def beta_quantile(probability: float, a: float, b: float) -> float:
    """Invert the incomplete beta function by bisection.

    Args:
        probability: In [0, 1].
        a: First shape, above 0.
        b: Second shape, above 0.
    """
    low, high = 0.0, 1.0
    while True:
        middle = 0.5 * (low + high)
        if middle in (low, high) or high - low < 1e-15 * high:
            return middle
        if incomplete_beta(middle, a, b) < probability:
            low = middle
        else:
            high = middle


def binomial_at_most(hits: int, trials: int, rate: float) -> float:
    """Give the chance of at most `hits` successes in `trials` draws at `rate`."""
    if hits >= trials:
        return 1.0
    return 0.0 if hits < 0 else incomplete_beta(1.0 - rate, trials - hits, hits + 1.0)


def upper_bound(hits: float, trials: float, *, delta: float) -> float:
    """Bound a rate from above; the truth is above it at most `delta` of the time.

    Args:
        hits: Successes, in [0, trials]; need not be whole (effective counts).
        trials: Independent draws; with none the bound is 1.
        delta: Chance of failing, in (0, 1).

    Source:
        Clopper and Pearson (1934), "The use of confidence or fiducial limits
        illustrated in the case of the binomial", Biometrika 26.
    """
    if hits >= trials:
        return 1.0
    return beta_quantile(1.0 - delta, hits + 1.0, trials - hits)


def clopper_pearson(hits: float, trials: float, *, level: float) -> tuple[float, float]:
    """Give the two-sided exact interval of a rate.

    Args:
        hits: Successes, in [0, trials]; need not be whole.
        trials: Independent draws.
        level: Confidence level, in (0, 1).

    Source:
        Clopper and Pearson (1934), as in `upper_bound`.
    """
    delta = (1.0 - level) / 2
    low = 1.0 - upper_bound(trials - hits, trials, delta=delta)
    return low, upper_bound(hits, trials, delta=delta)


def student_quantile(probability: float, freedom: float) -> float:
    """Give Student's t quantile for a probability above one half."""
    x = beta_quantile(2.0 * (1.0 - probability), freedom / 2, 0.5)
    return math.sqrt(freedom * (1.0 - x) / x)


def grouped_interval(
    hits: NDArray[np.float64], groups: NDArray[np.intp], *, level: float
) -> tuple[float, float]:
    """Give the interval of a rate when examples come in groups.

    Args:
        hits: 0 or 1 per example, shape (n,), n at least 1.
        groups: Group number per example, shape (n,).
        level: Confidence level, in (0, 1).

    Source:
        Korn and Graubard (1998), "Confidence intervals for proportions with small
        expected number of positive counts estimated from survey data", Survey
        Methodology 24: Clopper-Pearson on the effective number of examples, with
        their correction for degrees of freedom. The design effect is not let below
        1. Where every group has one member it is Clopper-Pearson itself; where all
        hits are equal, or one group is all there is, a group counts once.
    """
    _, codes = np.unique(groups, return_inverse=True)
    count, sizes = len(hits), np.bincount(codes)
    if len(sizes) == count:
        return clopper_pearson(float(hits.sum()), count, level=level)
    rate = float(hits.mean())
    sums = np.bincount(codes, weights=hits - rate)
    effective = _effective(
        float(sums @ sums), count=count, groups=len(sums), rate=rate, level=level
    )
    return clopper_pearson(rate * effective, effective, level=level)


def tabled_interval(
    table: Sequence[tuple[int, int, int]], *, level: float
) -> tuple[float, float]:
    """Give the interval of `grouped_interval` from a count of like groups.

    Args:
        table: Examples of a group, hits among them, and how many groups are so; at
            least one group.
        level: Confidence level, in (0, 1).
    """
    groups = sum(times for _, _, times in table)
    count = sum(size * times for size, _, times in table)
    right = sum(hits * times for _, hits, times in table)
    if groups == count:
        return clopper_pearson(right, count, level=level)
    rate = right / count
    squares = math.fsum(
        times * (hits - rate * size) ** 2 for size, hits, times in table
    )  # fmt: skip
    effective = _effective(squares, count=count, groups=groups, rate=rate, level=level)
    return clopper_pearson(rate * effective, effective, level=level)


def _effective(
    squares: float, *, count: int, groups: int, rate: float, level: float
) -> float:
    """Give the number of independent examples that would tell as much.

    Args:
        squares: Sum over the groups of the squared sum of their residuals.
        count: Examples.
        groups: Groups of them.
        rate: Share of the hits.
        level: Confidence level, in (0, 1).
    """
    spread = rate * (1.0 - rate)
    if groups < 2 or spread == 0.0:
        return float(groups)
    variance = groups / (groups - 1) * squares / count**2
    independent = spread / count
    effective = count * min(1.0, independent / max(variance, _TINY))
    tail = (1.0 + level) / 2
    wide = student_quantile(tail, groups - 1)
    return max(1.0, effective * (student_quantile(tail, count - 1) / wide) ** 2)
