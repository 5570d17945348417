# SPDX-License-Identifier: Apache-2.0
"""Whether what comes in now is still what the model was taught and examined on."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maalem.errors import DataError

FEWEST = 50
"""Values on each side, below which nothing is said."""
NOTABLE, LARGE = 0.1, 0.25
"""Bounds of the stability index in the practice that it comes from."""
_TINY = (
    0.5  # added to each count, so that a kind seen on one side alone has a logarithm
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """How far one measure lies from where it lay.

    Attributes:
        measure: What was measured, such as `length`.
        before: Values of the reference.
        now: Values of the present.
        size: Largest difference between the two distributions, in [0, 1]; none where
            there are too few values.
        index: Stability index; none where there are too few values.
        p_value: Chance of such a difference where nothing moved, corrected for the
            number of measures and of looks; none where there are too few values.
        has_moved: Whether that is at most 1 - `level`; none where it is not known.
        sentence: What it means.
    """

    measure: str
    before: int
    now: int
    size: float | None
    index: float | None
    p_value: float | None
    has_moved: bool | None
    sentence: str


def shift_of_numbers(
    measure: str,
    reference: Sequence[float],
    present: Sequence[float],
    *,
    tests: int,
    level: float = 0.95,
) -> Shift:
    """Compare two samples of numbers.

    Args:
        measure: Name of the measure.
        reference: Values that were normal.
        present: Values of now.
        tests: How many such comparisons are made in all; see `looks_spent`.
        level: 1 less the chance that any of them alarms where nothing moved.

    Source:
        Smirnov (1948), "Table for estimating the goodness of fit of empirical
        distributions", Annals of Mathematical Statistics 19, for the two-sample test of
        Kolmogorov and Smirnov in its limit. Ties, as of lengths, make its chance too
        large, never too small.
    """
    before, now = np.sort(np.asarray(reference)), np.sort(np.asarray(present))
    if min(len(before), len(now)) < FEWEST:
        return _unknown(measure, len(before), len(now))
    size = largest_gap(before, now)
    edges = np.unique(np.quantile(before, np.linspace(0.1, 0.9, 9)))
    index = stability_index(_counted(edges, before), _counted(edges, now))
    chance = smirnov_tail(size, len(before), len(now))
    return _told(
        measure, (len(before), len(now)), sizes=(size, index),
        p_value=min(1.0, chance * tests), level=level,
    )  # fmt: skip


def shift_of_kinds(
    measure: str,
    reference: Sequence[str],
    present: Sequence[str],
    *,
    tests: int,
    level: float = 0.95,
) -> Shift:
    """Compare how often each kind, such as a language, comes; else as for numbers.

    The share that moved most counts, corrected for the number of kinds.
    """
    if min(len(reference), len(present)) < FEWEST:
        return _unknown(measure, len(reference), len(present))
    before, now = Counter(reference), Counter(present)
    kinds = sorted(before.keys() | now.keys())
    gaps = [
        abs(before[kind] / len(reference) - now[kind] / len(present)) for kind in kinds
    ]
    chance = smirnov_tail(max(gaps), len(reference), len(present)) * len(kinds)
    index = stability_index(
        [before[kind] for kind in kinds], [now[kind] for kind in kinds]
    )
    return _told(
        measure, (len(reference), len(present)), sizes=(max(gaps), index),
        p_value=min(1.0, chance * tests), level=level,
    )  # fmt: skip


def looks_spent(look: int, measures: int) -> int:
    """Give the factor that corrects look number `look`, from 1, at some measures.

    All looks together spend 1, however many there will be: 1 / (k (k + 1)) each.

    Examples:
        >>> sum(1 / looks_spent(look, 1) for look in range(1, 10_000)) < 1
        True
    """
    return measures * look * (look + 1)


def largest_gap(before: NDArray[np.float64], now: NDArray[np.float64]) -> float:
    """Give the largest difference of two empirical distributions; both are sorted."""
    places = np.concatenate([before, now])
    shares = [
        np.searchsorted(one, places, side="right") / len(one) for one in (before, now)
    ]
    return float(np.abs(shares[0] - shares[1]).max())


def smirnov_tail(size: float, before: int, now: int) -> float:
    """Give the chance that two samples of one distribution differ by `size` or more.

    Source:
        Smirnov (1948), as in `shift_of_numbers`: 2 sum (-1)^(k-1) exp(-2 k² x²).
    """
    x = size * math.sqrt(before * now / (before + now))
    if x < 0.2:  # there the tail is 1 to twelve digits, and the sum converges slowly
        return 1.0
    terms = ((-1.0) ** (k - 1) * math.exp(-2.0 * k * k * x * x) for k in range(1, 101))
    return min(1.0, max(0.0, 2.0 * math.fsum(terms)))


def stability_index(reference: Sequence[int], present: Sequence[int]) -> float:
    """Give the population stability index of two tables of counts.

    Raises:
        DataError: They have not the same kinds, or one counts nothing.

    Source:
        Siddiqi (2006), "Credit Risk Scorecards", ch. 9: sum of (a - b) log(a / b) over
        the shares; half a count is added to each cell. It is the symmetric divergence
        of Kullback and Leibler (1951).
    """
    if len(reference) != len(present) or not sum(reference) or not sum(present):
        raise DataError(
            "a stability index wants two tables of the same kinds, none of them empty",
            code="evaluation.drift",
        )
    one, other = (np.asarray(table) + _TINY for table in (reference, present))
    a, b = one / one.sum(), other / other.sum()
    return float(((a - b) * np.log(a / b)).sum())


def _counted(edges: NDArray[np.float64], values: NDArray[np.float64]) -> list[int]:
    """Count values between the tenths of the reference."""
    places = np.searchsorted(edges, values, side="right")
    return [int(one) for one in np.bincount(places, minlength=len(edges) + 1)]


def _unknown(measure: str, before: int, now: int) -> Shift:
    return Shift(
        measure=measure, before=before, now=now, size=None, index=None, p_value=None,
        has_moved=None,
        sentence=f"unknown: {before} before and {now} now, {FEWEST} are needed on each "
        "side",
    )  # fmt: skip


def _told(
    measure: str,
    counts: tuple[int, int],
    *,
    sizes: tuple[float, float],
    p_value: float,
    level: float,
) -> Shift:
    size, index = sizes
    has_moved = p_value <= 1.0 - level
    word = "large" if index >= LARGE else "notable" if index >= NOTABLE else "small"
    says = f"it moved, and the move is {word}" if has_moved else "no move is proved"
    return Shift(
        measure=measure, before=counts[0], now=counts[1], size=size, index=index,
        p_value=p_value, has_moved=has_moved,
        sentence=f"{says}: up to {size:.1%} apart, index {index:.2f}, p {p_value:.2g}",
    )  # fmt: skip
