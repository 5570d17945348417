# SPDX-License-Identifier: Apache-2.0
"""Intervals by resampling whole groups, and seeds where there are several."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maalem.errors import SettingsError
from maalem.evaluation.metrics import Metric
from maalem.records import Estimate

_CHUNK = 256  # groups multiplied at once: 4 MB of weights for 2,000 draws


@dataclass(frozen=True, slots=True, kw_only=True)
class Resampling:
    """Settings of the intervals.

    Attributes:
        level: Confidence level, in (0, 1).
        draws: Bootstrap resamples, at least 200; 2,000 give the ends of a 95 %
            interval to about a twentieth of its width.
        seed: Of the resampling only.
        min_groups: Fewest groups for which an interval is given, at least 2. Twenty is
            where "few clusters" begins: Cameron and Miller (2015), "A practitioner's
            guide to cluster-robust inference", Journal of Human Resources 50, VI;
            with fewer the interval is too short and a gate would ship on luck.
    """

    level: float = 0.95
    draws: int = 2_000
    seed: int = 0
    min_groups: int = 20

    def __post_init__(self) -> None:
        checks = (
            ("level", 0.0 < self.level < 1.0, "in (0, 1)"),
            ("draws", self.draws >= 200, "at least 200"),
            ("min_groups", self.min_groups >= 2, "at least 2"),
        )
        for name, holds, wanted in checks:
            if not holds:
                value = getattr(self, name)
                raise SettingsError(f"{name} must be {wanted}, got {value!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """A number and what it becomes when the exam is drawn again.

    Attributes:
        value: On the exam as it is; NaN where there is nothing to measure.
        draws: On each resample, shape (draws,).
        count: Examples.
        groups: Groups among them.
        least: The least possible value.
        most: The greatest possible value.
        reach: How far one kind of event, were it always to happen, moves the value;
            0 where that is not bounded.
        noise: What noise alone would measure, shape (draws,), for a metric that noise
            pushes away from its best value.
    """

    value: float
    draws: NDArray[np.float64]
    count: int
    groups: int
    least: float
    most: float
    reach: float
    noise: NDArray[np.float64] | None = None

    def minus(self, other: "Sampled") -> "Sampled":
        """Give the paired difference: both were drawn with the same resamples."""
        return Sampled(
            value=self.value - other.value,
            draws=self.draws - other.draws,
            count=self.count,
            groups=self.groups,
            least=self.least - other.most,
            most=self.most - other.least,
            reach=self.reach,
        )


class Resampler:
    """Draws groups with replacement, once, for everything measured on one exam.

    Source:
        Davison and Hinkley (1997), "Bootstrap Methods and their Application",
        section 3.8, strategy 1 (whole groups). Seeds are resampled on their own and
        spread by root(s / (s - 1)), Rao and Wu (1988), "Resampling inference with
        complex survey data", as s draws of s seeds would understate their spread.
    """

    def __init__(self, groups: NDArray[np.intp], *, resampling: Resampling) -> None:
        """Draw.

        Args:
            groups: Group number per example, from 0 without gaps, shape (n,).
            resampling: The settings.
        """
        self._codes = groups
        self._draws = resampling.draws
        self._seed = resampling.seed
        self._times = _draw_groups(int(groups.max()) + 1, resampling)

    def measure(
        self,
        metric: Metric,
        probabilities: NDArray[np.float64],
        gold: NDArray[np.intp],
        *,
        rows: NDArray[np.intp],
        about: NDArray[np.intp] | None = None,
    ) -> Sampled:
        """Measure one metric of one model on some rows, with all resamples.

        Args:
            metric: What to measure.
            probabilities: Shape (seeds, n, labels).
            gold: Gold label numbers, shape (n,).
            rows: Which examples are summed, numbers in [0, n).
            about: Which of them it is about, where that is fewer (the F1 of a rare
                class needs all rows but rests on few); these are counted.
        """
        seeds, subject = len(probabilities), rows if about is None else about
        parts = [metric.columns(one[rows], gold[rows]) for one in probabilities]
        columns = np.concatenate(parts, axis=1)
        kept, codes = np.unique(self._codes[rows], return_inverse=True)
        starts = np.searchsorted(np.sort(codes), np.arange(len(kept)))
        sums = np.add.reduceat(columns[np.argsort(codes)], starts)
        totals = self._resample(kept, sums).reshape(self._draws, seeds, -1)
        weights = self._seed_weights(seeds)
        least, most = sorted((metric.best, metric.worst))
        observed = sums.sum(axis=0).reshape(seeds, -1)
        return Sampled(
            value=float(metric.finish(observed).mean()),
            draws=(metric.finish(totals) * weights).sum(axis=1),
            count=len(subject),
            groups=len(np.unique(self._codes[subject])),
            least=least,
            most=most,
            reach=most - least if np.isfinite(most) else 0.0,
            noise=metric.noise and metric.noise(totals, observed).mean(axis=1),
        )

    def _resample(
        self, kept: NDArray[np.intp], sums: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Sum groups as often as they were drawn, shape (draws, columns)."""
        totals = np.zeros((sums.shape[1], self._draws))
        for start in range(0, len(kept), _CHUNK):
            times = self._times[kept[start : start + _CHUNK]].astype(np.float64)
            totals += sums[start : start + _CHUNK].T @ times
        return np.ascontiguousarray(totals.T)

    def _seed_weights(self, seeds: int) -> NDArray[np.float64]:
        """Give each seed's weight in each draw, shape (draws, seeds)."""
        if seeds == 1:
            return np.ones((self._draws, 1))
        random = np.random.default_rng([self._seed, seeds])
        even = np.full(seeds, 1.0 / seeds)
        times = random.multinomial(seeds, even, size=self._draws)
        weights: NDArray[np.float64] = times / seeds - even
        weights *= np.sqrt(seeds / (seeds - 1))
        weights += even
        return weights


def _draw_groups(groups: int, resampling: Resampling) -> NDArray[np.uint8]:
    """Count how often each group is drawn, shape (groups, draws).

    A count above 255 has no chance worth the name once there are two groups or more.
    """
    random = np.random.default_rng(resampling.seed)
    times = np.empty((groups, resampling.draws), dtype=np.uint8)
    for draw in range(resampling.draws):
        drawn = random.integers(0, groups, groups)
        times[:, draw] = np.bincount(drawn, minlength=groups)
    return times


def estimate(sampled: Sampled, resampling: Resampling) -> Estimate:
    """Give the percentile interval, or the reason why there is none.

    Args:
        sampled: Value and resamples.
        resampling: Level and fewest groups.

    Source:
        Efron and Tibshirani (1993), "An Introduction to the Bootstrap", ch. 13. A
        metric that noise pushes away from its best value, such as calibration error,
        is pushed once more by resampling: its lower end is the basic one of Davison and
        Hinkley (1997), section 5.2.1, or 0 where noise alone may give as much, and its
        upper end leaves the push uncorrected. Degenerate case: where every resample
        gives the same number (all right, or no two models differ), the interval is
        what an event never seen in so many groups may still have as its rate (Clopper
        and Pearson 1934).
    """
    drawn = sampled.draws[np.isfinite(sampled.draws)]
    low = high = None
    reason = ""
    if not np.isfinite(sampled.value) or not len(drawn):
        reason = "there is nothing to measure"
    elif sampled.groups < resampling.min_groups:
        least = resampling.min_groups
        reason = f"{sampled.groups} groups, at least {least} are needed"
    else:
        low, high = _ends(sampled, drawn, resampling.level)
    return Estimate(
        value=sampled.value if np.isfinite(sampled.value) else None,
        low=low,
        high=high,
        level=resampling.level,
        count=sampled.count,
        groups=sampled.groups,
        reason=reason,
    )


def _ends(
    sampled: Sampled, drawn: NDArray[np.float64], level: float
) -> tuple[float, float]:
    """Give the ends of the interval, inside what the metric can be."""
    tail = (1.0 - level) / 2
    low, high = (float(end) for end in np.quantile(drawn, (tail, 1.0 - tail)))
    value = sampled.value
    if sampled.noise is not None:
        low, high = 2 * value - high, value + high - float(np.median(drawn))
        low = min(value, low)
        low = sampled.least if value <= np.quantile(sampled.noise, level) else low
    if np.ptp(drawn) < 1e-12:
        unseen = 1.0 - tail ** (1.0 / sampled.groups)
        slack = unseen * sampled.reach
        low, high = value - slack, value + slack
    return max(sampled.least, low), min(sampled.most, high)
