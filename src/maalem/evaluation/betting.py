# SPDX-License-Identifier: Apache-2.0
"""Bets against a mean: capital that grows is evidence, whenever one looks.

If a mean is at most `m`, nobody who bets that it is above `m` can expect to gain,
however he bets and whenever he stops. So capital of 20 is seen at most once in 20.
"""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from maalem.errors import DataError

Floats = NDArray[np.float64]

_NODES = 32  # stakes between nothing and all; the mixture is exact for short streams
_AT_ONCE = 100_000  # means times numbers: 26 MB of stakes
_TINY = 1e-9  # keeps a stake finite where nearly nothing can be lost
_STEPS = 40  # halvings of an interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """Numbers in a known range, each drawn with a known probability.

    Attributes:
        values: The different numbers, shape (n,).
        weights: One over the probability that each was drawn with, shape (n,).
        counts: How often each came, shape (n,).
        low: The least that a number can be.
        high: The most that it can be.
        heaviest: The largest weight that can come, known before the first came.
    """

    values: Floats
    weights: Floats
    counts: Floats
    low: float
    high: float
    heaviest: float

    @property
    def size(self) -> int:
        """How many numbers came."""
        return int(self.counts.sum())

    @property
    def mean(self) -> float | None:
        """Their mean, weighted so that it is that of all they were drawn from.

        None where nothing came.

        Source:
            Hájek (1971), comment in "Foundations of Statistical Inference".
        """
        weights = self.weights * self.counts
        return float(weights @ self.values / weights.sum()) if self.size else None


def stream_of(
    values: Floats, chosen: Floats, *, low: float, high: float, lowest: float
) -> Stream:
    """Make a stream of numbers.

    Args:
        values: The numbers, shape (n,).
        chosen: Probability that each was drawn with, in (0, 1], shape (n,).
        low: The least that one can be.
        high: The most that one can be.
        lowest: The least probability that anything is drawn with.

    Raises:
        DataError: A number or a probability is outside its range.
    """
    is_sound = bool(
        np.all((values >= low) & (values <= high))
        and np.all((chosen >= lowest) & (chosen <= 1.0))
        and 0.0 < lowest <= 1.0
        and values.shape == chosen.shape
    )
    if not is_sound:
        raise DataError(
            f"a stream has numbers in [{low:g}, {high:g}] that were drawn with "
            f"probabilities in [{lowest:g}, 1]"
        )
    pairs = np.column_stack([values, 1.0 / chosen])
    unique, counts = np.unique(pairs, axis=0, return_counts=True)
    return Stream(
        values=unique[:, 0],
        weights=unique[:, 1],
        counts=counts.astype(np.float64),
        low=low,
        high=high,
        heaviest=1.0 / lowest,
    )


def counted(hits: int, trials: int) -> Stream:
    """Make the stream of so many ones among so many zeros and ones.

    Raises:
        DataError: There are more ones than numbers.
    """
    if not 0 <= hits <= trials:
        raise DataError(f"{hits} of {trials} is no count")
    return Stream(
        values=np.array([0.0, 1.0]),
        weights=np.ones(2),
        counts=np.array([trials - hits, hits], dtype=np.float64),
        low=0.0,
        high=1.0,
        heaviest=1.0,
    )


def bet_above(stream: Stream, means: Floats) -> Floats:
    """Give the logarithm of the capital of who bets that the mean is above `m`.

    It falls as `m` rises. Where the mean is at most `m`, its exponential is expected to
    be at most 1, at every time, whatever came before.

    Args:
        stream: What came.
        means: Values of `m`, shape (k,).

    Returns:
        Shape (k,).

    Source:
        Waudby-Smith and Ramdas (2024), "Estimating means of bounded random variables
        by betting", JRSS B 86, section 4; weights as in Waudby-Smith et al. (2024),
        "Anytime-valid off-policy inference for contextual bandits". Instead of
        following a forecast, the stake is a fixed share of all that may be staked,
        averaged over the uniform distribution of that share (Robbins, 1970): so the
        order in which answers come does not matter.
    """
    parts = math.ceil(len(means) * len(stream.values) / _AT_ONCE)
    if parts > 1 and len(means) > 1:
        few = np.array_split(means, min(parts, len(means)))
        return np.concatenate([bet_above(stream, part) for part in few])
    stakes, prior = _stakes()
    room = np.maximum(means - stream.low, _TINY)[:, None]
    gains = stream.weights * (stream.values - means[:, None])
    gains = np.maximum(
        gains / (stream.heaviest * room), -1.0
    )  # rounding alone is below
    grown = np.log1p(stakes[:, None, None] * gains) @ stream.counts
    top = grown.max(axis=0)
    return np.asarray(top + np.log(prior @ np.exp(grown - top)))


def bet_below(stream: Stream, means: Floats) -> Floats:
    """Give the logarithm of the capital of who bets that the mean is below `m`.

    As `bet_above`; it rises with `m`.
    """
    turned = Stream(
        values=stream.low + stream.high - stream.values,
        weights=stream.weights,
        counts=stream.counts,
        low=stream.low,
        high=stream.high,
        heaviest=stream.heaviest,
    )
    return bet_above(turned, stream.low + stream.high - means)


def confidence_bounds(stream: Stream, *, alpha: float) -> tuple[float, float]:
    """Give bounds on the mean that hold at all times together.

    Args:
        stream: What came; with nothing the bounds are the whole range.
        alpha: Chance that the mean is ever outside, in (0, 1); half for each side.
    """
    price = np.log(2.0 / alpha)
    low = _last(stream, price, is_low=True)
    return low, _last(stream, price, is_low=False)


def _last(stream: Stream, price: float, *, is_low: bool) -> float:
    """Find the outermost mean that is not refuted, from the safe side."""
    bet = bet_above if is_low else bet_below
    refuted, kept = (stream.low, stream.high) if is_low else (stream.high, stream.low)
    for _ in range(_STEPS):
        middle = 0.5 * (refuted + kept)
        if bet(stream, np.array([middle]))[0] >= price:
            refuted = middle
        else:
            kept = middle
    return refuted


@cache
def _stakes() -> tuple[Floats, Floats]:
    """Give shares in (0, 1) and their weights, which sum to 1 (Gauss, Legendre)."""
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    return 0.5 * (nodes + 1.0), 0.5 * weights
