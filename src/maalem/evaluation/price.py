# SPDX-License-Identifier: Apache-2.0
"""What an answer would cost: how many more judged items would settle a gate."""

import math
from dataclasses import dataclass
from statistics import NormalDist

from maalem.records import Comparison

_POWER = 0.8  # the price buys an answer in four of five cases
_MOST_TIMES = 100  # an exam a hundred times as large is no plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What it takes to settle a gate.

    Attributes:
        items: Further judged items; none if no number would settle it.
        reason: A clause that says so.
    """

    items: int | None
    reason: str


def price_of_groups(comparison: Comparison, *, min_groups: int) -> Price:
    """Price an exam with too few groups for any interval.

    Args:
        comparison: On the whole exam.
        min_groups: Fewest groups that are enough.
    """
    known = comparison.difference
    size = known.count / max(1, known.groups)
    items = math.ceil((min_groups - known.groups) * size)
    return Price(
        items=items,
        reason=f"at least {items} more judged items are needed to come to "
        f"{min_groups} groups",
    )


def price_of_answer(comparison: Comparison, *, floor: float, seeds: int) -> Price:
    """Price an interval that lies on both sides of what the gate asks for.

    The variance that more items shrink is the observed one, clustering included. With
    several seeds, the part that not even examples fully alike within groups could
    explain is put down to the seeds, and no number of items shrinks it.

    Args:
        comparison: On the whole exam, with an interval.
        floor: Difference that the gate asks for.
        seeds: Training seeds behind the difference.

    Returns:
        Items for an 80 % chance that the interval leaves the floor behind, if the true
        difference is the one observed; none if that is so near the floor that an exam
        a hundred times as large would not do, or if the seeds alone differ too much.

    Source:
        Sample size for a normal mean, Lachin (1981), "Introduction to sample size
        determination and power analysis for clinical trials"; paired variance as in
        Connor (1987), "Sample size for testing differences in proportions for the
        paired-sample design".
    """
    known = comparison.difference
    assert known.value is not None  # noqa: S101  # the caller has an interval
    gap = known.value - floor
    normal = NormalDist()
    sure = normal.inv_cdf((1 + known.level) / 2)
    wanted = (gap / (sure + normal.inv_cdf(_POWER))) ** 2
    of_items, of_seeds = _variances(comparison, sure=sure, gap=gap, seeds=seeds)
    if 0.0 < of_seeds >= wanted:
        return Price(
            items=None,
            reason="no number of items would settle it: the seeds of the candidate "
            "differ more than that; train it again, or more alike",
        )
    left = wanted - of_seeds
    if of_items >= _MOST_TIMES * left:
        return Price(
            items=None,
            reason=f"even an exam {_MOST_TIMES} times as large would not settle it: "
            f"the observed difference is only {100 * abs(gap):.2g} points from what "
            "the gate asks for",
        )
    items = max(1, math.ceil((of_items / left - 1.0) * known.count))
    end = "ship" if gap > 0 else "don't ship"
    return Price(
        items=items,
        reason=f"if the difference stays what it is, {items} more judged items would "
        f"settle it in four of five cases, with {end}",
    )


def _variances(
    comparison: Comparison, *, sure: float, gap: float, seeds: int
) -> tuple[float, float]:
    """Split the variance of the difference into that of items and that of seeds."""
    known = comparison.difference
    if known.low is None or known.high is None or known.value is None:
        raise ValueError("a difference without interval has no variance")
    side = known.value - known.low if gap > 0 else known.high - known.value
    total = (max(side, (known.high - known.low) / 4) / sure) ** 2
    apart, count = comparison.better + comparison.worse, known.count
    if seeds == 1 or apart == 0:  # without a difference, the interval is of few items
        return total, 0.0
    net = comparison.better - comparison.worse
    independent = (apart - net**2 / count) / count**2
    of_items = min(total, independent * count / known.groups)
    return of_items, total - of_items
