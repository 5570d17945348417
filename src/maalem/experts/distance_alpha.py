# SPDX-License-Identifier: Apache-2.0
"""Krippendorff's alpha of answers that are held against each other by any distance."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from maalem.experts.alpha import Drawing

Matrix: TypeAlias = NDArray[np.float64]
_CHUNK = 1 << 23  # totals held at once: 64 MB


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Ratings of the items that have two or more, as sparse counts.

    Attributes:
        item: Number of the item, shape (entries,).
        value: Number of the value, shape (entries,).
        count: How often that item was given that value, shape (entries,).
        observed: For each item the distances of its pairs, both ways round, over the
            number of its ratings less one, shape (items,).
        values: How many values there are.
        distance: Distances of all values, shape (values, values); none where two
            values are the same or as far apart as can be.
    """

    item: NDArray[np.intp]
    value: NDArray[np.intp]
    count: Matrix
    observed: Matrix
    values: int
    distance: Matrix | None = None


class Apart:
    """Answers beside others to the same items; `interval` resamples them by item.

    Attributes:
        items: Items with two answers or more.
        count: Answers to these items.
        pairs: Pairs of answers to one item.
    """

    def __init__(self, table: Table, *, count: int, pairs: int) -> None:
        """Keep what alpha is reckoned from.

        Args:
            table: The ratings.
            count: Answers to the items with two or more.
            pairs: Pairs of answers to one item.
        """
        self.items = len(table.observed)
        self.count, self.pairs = count, pairs
        self._table = table

    def alpha(self) -> float:
        """Give alpha; NaN where one value is all that was said, or there is no pair."""
        return float(self._alphas(np.ones((1, self.items)))[0])

    def draw(self, drawing: Drawing) -> Matrix:
        """Give alpha of each resample of the items, NaN where undefined."""
        random = np.random.default_rng(drawing.seed)
        shares = np.full(self.items, 1.0 / max(1, self.items))
        rows = max(1, _CHUNK // max(1, self._table.values, self.items))
        drawn = []
        for start in range(0, drawing.draws, rows):
            size = min(rows, drawing.draws - start)
            times = random.multinomial(self.items, shares, size=size)
            drawn.append(self._alphas(times.astype(np.float64)))
        return np.concatenate(drawn)

    def reach(self) -> float:
        """Tell how far alpha falls when all items disagree as much as values can."""
        totals = self._totals(np.ones((1, self.items)))
        whole = float(totals.sum())
        return whole * (whole - 1.0) / float(self._expected(totals)[0])

    def _alphas(self, times: Matrix) -> Matrix:
        """Give alpha where each item counts so often, shape (draws, items)."""
        totals = self._totals(times)
        expected = self._expected(totals)
        seen = times @ self._table.observed
        with np.errstate(divide="ignore", invalid="ignore"):
            found: Matrix = 1.0 - (totals.sum(axis=1) - 1.0) * seen / expected
        return np.where(expected > 0, found, np.nan)

    def _totals(self, times: Matrix) -> Matrix:
        """Count each value, shape (draws, values)."""
        table = self._table
        weights = times[:, table.item] * table.count
        return np.stack(
            [np.bincount(table.value, row, minlength=table.values) for row in weights]
        )

    def _expected(self, totals: Matrix) -> Matrix:
        """Sum the distances of all pairs that could be, shape (draws,)."""
        distance = self._table.distance
        if distance is None:
            whole = totals.sum(axis=1)
            alike: Matrix = whole**2 - (totals * totals).sum(axis=1)
            return alike
        apart: Matrix = ((totals @ distance) * totals).sum(axis=1)
        return apart


def by_distance(
    items: Sequence[Sequence[int]], distance: Matrix | None, *, values: int
) -> Apart:
    """Hold numbered values against each other.

    Args:
        items: For each item the numbers of the values that it was given.
        distance: Distances of all values, shape (values, values), symmetric, 0 on the
            diagonal; none where different values are all as far apart.
        values: How many values there are.

    Source:
        Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability", section D,
        with the given distance in the place of the squared difference; Passonneau
        (2006) does so for sets. For scores on several criteria the distance is the
        mean squared difference, as in Janson and Olsson (2001), "A Measure of
        Agreement for Interval or Nominal Multivariate Observations", Educational and
        Psychological Measurement 61.
    """
    several = [said for said in items if len(said) > 1]
    rows = [_counts(said) for said in several]
    observed = [
        _between(value, count, distance) / (len(said) - 1)
        for said, (value, count) in zip(several, rows, strict=True)
    ]
    sizes = [len(value) for value, _ in rows]
    return Apart(
        Table(
            item=np.repeat(np.arange(len(rows)), sizes),
            value=_joined([value for value, _ in rows]).astype(np.intp),
            count=_joined([count for _, count in rows]),
            observed=np.array(observed),
            values=values,
            distance=distance,
        ),
        count=sum(map(len, several)),
        pairs=sum(len(said) * (len(said) - 1) // 2 for said in several),
    )


def by_characters(items: Sequence[tuple[int, Sequence[NDArray[np.bool_]]]]) -> Apart:
    """Hold marks against each other, character by character.

    Each character of a text is marked or not by each annotator; long texts weigh as
    much as they have characters. Whole items are resampled, since the characters of
    one text are anything but independent.

    Args:
        items: For each item the length of its text, and for each answer which of its
            characters are marked, shape (length,).

    Source:
        Krippendorff (2011), section C, nominal, with the character as the unit.
    """
    several = [(length, said) for length, said in items if len(said) > 1]
    marked = [np.sum(said, axis=0, dtype=np.float64) for _, said in several]
    of = [len(said) for _, said in several]
    observed = [
        float((2.0 * times * (count - times)).sum()) / (count - 1)
        for times, count in zip(marked, of, strict=True)
    ]
    yes = np.array([float(times.sum()) for times in marked])
    whole = np.array([float(len(said) * length) for length, said in several])
    return Apart(
        Table(
            item=np.tile(np.arange(len(several)), 2),
            value=np.repeat(np.arange(2), len(several)),
            count=np.concatenate([yes, whole - yes]),
            observed=np.array(observed),
            values=2,
        ),
        count=sum(of),
        pairs=sum(count * (count - 1) // 2 for count in of),
    )


def matrix_of(
    values: Sequence[object], distance: Callable[[int, int], float]
) -> Matrix:
    """Give the distances of all values, shape (values, values).

    Args:
        values: The different values.
        distance: Gives the distance of two of them, by number.
    """
    found = np.zeros((len(values), len(values)))
    for one in range(len(values)):
        for other in range(one):
            found[one, other] = found[other, one] = distance(one, other)
    return found


def _counts(said: Sequence[int]) -> tuple[NDArray[np.intp], Matrix]:
    value, count = np.unique(np.asarray(said, dtype=np.intp), return_counts=True)
    return value, count.astype(np.float64)


def _between(value: NDArray[np.intp], count: Matrix, distance: Matrix | None) -> float:
    """Sum the distances of all pairs of an item, both ways round."""
    if distance is None:
        return float(count.sum() ** 2 - (count**2).sum())
    return float(count @ distance[np.ix_(value, value)] @ count)


def _joined(parts: Sequence[NDArray[np.generic]]) -> Matrix:
    joined: Matrix = np.concatenate([np.zeros(0), *parts]).astype(np.float64)
    return joined
