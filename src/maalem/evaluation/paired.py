# SPDX-License-Identifier: Apache-2.0
"""Tests of two models on the same examples, and of many slices at once."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from maalem.evaluation.proportions import binomial_at_most


def mcnemar(better: int, worse: int) -> float:
    """Test whether two models are right equally often, on the same examples.

    Args:
        better: Examples that only the first model has right, 0 or more.
        worse: Examples that only the second model has right, 0 or more.

    Returns:
        The exact two-sided p-value, in (0, 1]; 1 where the models never differ.

    Source:
        McNemar (1947), "Note on the sampling error of the difference between
        correlated proportions or percentages", Psychometrika 12; exact form as in
        Agresti (2013), "Categorical Data Analysis", 11.1.2. It takes examples as
        independent: where groups have several members the clustered interval of the
        difference is the one to trust.
    """
    return min(1.0, 2.0 * binomial_at_most(min(better, worse), better + worse, 0.5))


def holm(p_values: Sequence[float | None]) -> tuple[float | None, ...]:
    """Adjust p-values so that any false alarm among them stays as rare as one test's.

    Args:
        p_values: In [0, 1]; none where there was no test, which stays none and does
            not count as one.

    Source:
        Holm (1979), "A simple sequentially rejective multiple test procedure",
        Scandinavian Journal of Statistics 6; adjusted values as in Wright (1992).
    """
    tested = [(p, place) for place, p in enumerate(p_values) if p is not None]
    adjusted: list[float | None] = [None] * len(p_values)
    floor = 0.0
    for rank, (p, place) in enumerate(sorted(tested)):
        floor = max(floor, min(1.0, (len(tested) - rank) * p))
        adjusted[place] = floor
    return tuple(adjusted)


def count_wins(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> tuple[int, int]:
    """Count the examples that only the first, and only the second, has right.

    Args:
        first: Whether the first model is right, shape (n,).
        second: The same of the second, shape (n,).
    """
    return int((first & ~second).sum()), int((second & ~first).sum())
