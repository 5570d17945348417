# SPDX-License-Identifier: Apache-2.0
"""Krippendorff's alpha of numbered ratings, and its interval by resampling items."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maalem.errors import SettingsError

METRICS = ("nominal", "ordinal", "interval")
_CHUNK = 1 << 23  # weights held at once: 64 MB
_UNDEFINED_SHARE = 0.05  # of the draws; more, and what is left is no sample of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """Settings of the interval.

    Attributes:
        level: Confidence level, in (0, 1).
        draws: Bootstrap resamples, at least 200; 1,000 give the ends of a 95 %
            interval to about a fourteenth of its width.
        seed: Of the resampling only.
        min_items: Fewest items for which an interval is given, at least 2; with fewer
            than 20 a percentile interval is too short.
    """

    level: float = 0.95
    draws: int = 1_000
    seed: int = 0
    min_items: int = 20

    def __post_init__(self) -> None:
        checks = (
            ("level", 0.0 < self.level < 1.0, "in (0, 1)"),
            ("draws", self.draws >= 200, "at least 200"),
            ("min_items", self.min_items >= 2, "at least 2"),
        )
        for name, holds, wanted in checks:
            if not holds:
                value = getattr(self, name)
                raise SettingsError(f"{name} must be {wanted}, got {value!r}")


class Ratings:
    """Ratings that stand beside another rating of the same item.

    Items that were rated alike are one pattern, so that what is resampled is as many
    numbers as there are patterns, not items.

    Attributes:
        items: Items with two ratings or more.
        count: Ratings of these items.
        pairs: Pairs of ratings of one item.
    """

    def __init__(
        self,
        items: NDArray[np.intp],
        values: NDArray[np.intp],
        *,
        scale: NDArray[np.float64],
        metric: str,
    ) -> None:
        """Sort ratings by pattern.

        Args:
            items: Number of the item, one per rating, shape (n,).
            values: Number of the value, in [0, len(scale)), shape (n,).
            scale: What each value is worth, ascending; for `interval` alone its size
                matters, shape (values,).
            metric: One of `METRICS`.

        Raises:
            SettingsError: The metric is none of them.
        """
        if metric not in METRICS:
            wanted = ", ".join(METRICS)
            raise SettingsError(f"metric must be one of {wanted}, got {metric!r}")
        self._metric, self._scale = metric, scale
        patterns, self._times = _patterns(items, values)
        self._votes = _count(patterns, len(scale))
        sizes = self._votes.sum(axis=1)
        self.items = int(self._times.sum())
        self.count = int(self._times @ sizes)
        self.pairs = int(self._times @ (sizes * (sizes - 1))) // 2
        self._observed = self._disagreement(sizes)

    def _disagreement(self, sizes: NDArray[np.float64]) -> NDArray[np.float64]:
        """Give what each pattern adds to the observed side, shape (patterns, columns).

        For a fixed difference it is one column. Ordinal differences depend on all
        ratings drawn, so there the pattern's coincidences are kept, one column a pair.
        """
        votes = self._votes
        others = (sizes - 1.0)[:, None]
        if self._metric == "nominal":
            same = (votes * votes).sum(axis=1, keepdims=True)
            unlike: NDArray[np.float64] = (sizes[:, None] ** 2 - same) / others
            return unlike
        if self._metric == "interval":
            first, second = votes @ self._scale, votes @ self._scale**2
            return 2.0 * (sizes * second - first * first)[:, None] / others
        both = votes[:, :, None] * (votes[:, None, :] - np.eye(votes.shape[1]))
        return both.reshape(len(votes), votes.shape[1] ** 2) / others

    def alpha(self) -> float:
        """Give alpha; NaN where one value is all that was said, or there is no pair."""
        return float(self._alphas(self._times[None, :].astype(np.float64))[0])

    def draw(self, drawing: Drawing) -> NDArray[np.float64]:
        """Give alpha of each resample of the items, NaN where undefined."""
        random = np.random.default_rng(drawing.seed)
        rows = max(1, _CHUNK // max(1, len(self._times)))
        shares = self._times / max(1, self.items)
        drawn = [
            self._alphas(random.multinomial(self.items, shares, size=size))
            for size in _sizes(drawing.draws, rows)
        ]
        return np.concatenate(drawn)

    def _alphas(self, times: NDArray[np.generic]) -> NDArray[np.float64]:
        """Give alpha where each pattern counts so often, shape (draws, patterns)."""
        weights = times.astype(np.float64)
        totals = weights @ self._votes
        whole = totals.sum(axis=1)
        observed = weights @ self._observed
        if self._metric == "nominal":
            expected = whole**2 - (totals * totals).sum(axis=1)
            seen = observed[:, 0]
        else:
            is_fixed = self._metric == "interval"
            worth = self._scale[None, :] if is_fixed else _middle_ranks(totals)
            first, second = (totals * worth).sum(axis=1), (totals * worth**2).sum(1)
            expected = 2.0 * (whole * second - first * first)
            seen = observed[:, 0] if is_fixed else _apart(observed, worth)
        with np.errstate(divide="ignore", invalid="ignore"):
            found: NDArray[np.float64] = 1.0 - (whole - 1.0) * seen / expected
        return np.where(expected > 0, found, np.nan)

    def reach(self) -> float:
        """Tell how far alpha falls when all items disagree as much as values can."""
        totals = (self._times @ self._votes).astype(np.float64)
        worth = self._scale
        if self._metric == "ordinal":
            worth = _middle_ranks(totals[None, :])[0]
        gaps = worth[totals > 0]
        most = float(gaps.max() - gaps.min()) ** 2
        spread = (totals @ worth**2) * self.count - (totals @ worth) ** 2
        if self._metric == "nominal":
            most, spread = 1.0, (self.count**2 - totals @ totals) / 2.0
        return most * self.count * (self.count - 1) / (2.0 * float(spread))


def interval(
    ratings: Ratings, drawing: Drawing
) -> tuple[float | None, float | None, str]:
    """Give the ends of alpha's interval, or the reason why there are none.

    Source:
        Percentile interval over whole items with all their ratings, both disagreements
        reckoned anew in each resample: Zapf et al. (2016), "Measuring inter-rater
        reliability for nominal data", BMC Medical Research Methodology 16:93, who find
        its coverage close to what it promises. It deviates from Krippendorff's own
        "Algorithm for bootstrapping a distribution of alpha" (2006), used by Hayes and
        Krippendorff (2007), "Answering the call for a standard reliability measure for
        coding data", Communication Methods and Measures 1: that one draws single pairs
        and keeps the expected disagreement, as if pairs of one item were independent
        and the shares of the values known. Degenerate case: where nobody disagreed,
        every resample is 1; the lower end is then what alpha falls to if items
        disagree at the rate that an event never seen in so many items may still have
        (Clopper and Pearson 1934).
    """
    if ratings.items < drawing.min_items:
        least = drawing.min_items
        reason = f"{ratings.items} items with two ratings, at least {least} are needed"
        return None, None, reason
    drawn = ratings.draw(drawing)
    known = drawn[np.isfinite(drawn)]
    if len(known) < (1.0 - _UNDEFINED_SHARE) * len(drawn):
        share = 1.0 - len(known) / len(drawn)
        reason = f"in {share:.0%} of resamples one value is all that is said"
        return None, None, reason
    tail = (1.0 - drawing.level) / 2
    low, high = (float(one) for one in np.quantile(known, (tail, 1.0 - tail)))
    if low == high == 1.0:
        unseen = 1.0 - tail ** (1.0 / ratings.items)
        low = max(-1.0, 1.0 - unseen * ratings.reach())
    return low, high, ""


def _patterns(
    items: NDArray[np.intp], values: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Give the different ways in which items were rated, and how many items each has.

    Returns:
        Sorted values, -1 where there are fewer, shape (patterns, most ratings); and
        the number of items, shape (patterns,). Items with one rating are left out.
    """
    order = np.lexsort((values, items))
    _, starts, sizes = np.unique(items[order], return_index=True, return_counts=True)
    most = int(sizes.max()) if len(sizes) else 2
    rows = np.full((len(sizes), max(2, most)), -1, dtype=np.intp)
    place = np.arange(len(items)) - np.repeat(starts, sizes)
    rows[np.repeat(np.arange(len(sizes)), sizes), place] = values[order]
    patterns, times = np.unique(rows[sizes > 1], axis=0, return_counts=True)
    return patterns, times


def _count(patterns: NDArray[np.intp], values: int) -> NDArray[np.float64]:
    """Count each value in each pattern, shape (patterns, values)."""
    votes = np.zeros((len(patterns), values))
    for column in patterns.T:
        rows = np.flatnonzero(column >= 0)
        votes[rows, column[rows]] += 1.0
    return votes


def _middle_ranks(totals: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the middle rank of each value; their differences are ordinal distances."""
    ranks: NDArray[np.float64] = np.cumsum(totals, axis=1) - totals / 2.0
    return ranks


def _apart(
    coincidences: NDArray[np.float64], worth: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Sum coincidences times squared differences, shape (draws,)."""
    values = worth.shape[1]
    both = coincidences.reshape(-1, values, values)
    squares = np.einsum("dck,dc->d", both, worth**2)
    crossed = np.einsum("dck,dc,dk->d", both, worth, worth, optimize=True)
    apart: NDArray[np.float64] = 2.0 * (squares - crossed)
    return apart


def _sizes(whole: int, part: int) -> list[int]:
    return [min(part, whole - start) for start in range(0, whole, part)]
