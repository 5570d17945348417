# SPDX-License-Identifier: Apache-2.0
"""When further answers buy less than the owner asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

FURTHER = 100  # answers, the unit of `Asking.stop_gain`
FEWEST_POINTS = 4  # the curve has three unknowns
FEWEST_ANSWERS = 50
SLOPES = np.geomspace(0.1, 2.0, 25)  # beyond: a straight line, or a step
DRAWS = 500  # interval ends to about a tenth of the interval

Vector = NDArray[np.float64]


class Advice(StrEnum):
    """What an owner is told about asking further."""

    GO_ON = "go on"
    MAY_STOP = "may stop"
    TOO_EARLY = "too early to tell"


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePoint:
    """How good the quick gear was at one moment, on answers it had not learned from.

    Attributes:
        answers: Answers it had been taught.
        right: Judged answers that it foretold.
        judged: Answers it was judged on, at least 1.
    """

    answers: int
    right: int
    judged: int

    def __post_init__(self) -> None:
        if not (self.answers >= 0 and 0 <= self.right <= self.judged > 0):
            raise ValueError(f"not a point of a learning curve: {self}")

    @property
    def accuracy(self) -> float:
        """Share of the judged answers that it foretold."""
        return self.right / self.judged


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What a further hundred answers promise.

    Attributes:
        advice: Whether to go on.
        gain: Expected gain of accuracy; none where it is too early to say.
        low: Lower end of its interval.
        high: Upper end of its interval.
        reason: One sentence with the numbers.
    """

    advice: Advice
    gain: float | None
    low: float | None
    high: float | None
    reason: str


def look_ahead(
    curve: Sequence[CurvePoint],
    *,
    stop_gain: float,
    level: float = 0.9,
    seed: int = 0,
) -> Outlook:
    """Tell what a further hundred answers promise, and whether to go on.

    Asking may stop where even the upper end of the interval lies below `stop_gain`; it
    goes on where the lower end reaches it; between them it is too early to tell.

    Args:
        curve: Points of the learning curve, in any order; of points with as many
            answers the last one counts.
        stop_gain: Accuracy that a further hundred answers must promise, in [0, 1).
        level: Confidence level of the interval, in (0, 1).
        seed: Of the resampling only.

    Returns:
        The outlook. With fewer than four points, or fewer than 50 answers, it is too
        early and there is no number.

    Source:
        The inverse power law `accuracy = top - drop * answers ** -slope`, fitted with
        the points weighted: Figueroa et al. (2012), "Predicting sample size required
        for classification performance", BMC Medical Informatics and Decision Making
        12:8. Points are weighted by how many answers they were judged on. The interval
        is a parametric bootstrap, once with independent points and once with points
        that share the answers judged before; it reaches to the outer ends of both,
        since the truth lies between. A curve that falls promises no gain: `drop` is
        never below 0.
    """
    points = sorted({one.answers: one for one in curve}.values(), key=_answers)
    last = points[-1].answers if points else 0
    if len(points) < FEWEST_POINTS or last < FEWEST_ANSWERS:
        reason = (
            f"{len(points)} points up to {last} answers; {FEWEST_POINTS} points and "
            f"{FEWEST_ANSWERS} answers are needed"
        )
        return Outlook(
            advice=Advice.TOO_EARLY, gain=None, low=None, high=None, reason=reason
        )
    answers = np.array([max(one.answers, 1) for one in points], np.float64)
    judged = np.array([one.judged for one in points], np.int64)
    right = np.array([one.right for one in points], np.float64)
    # One right and one wrong more: a point without errors is not known exactly.
    fair = (right + 1.0) / (judged + 2.0)
    gain = float(_gains(answers, (right / judged)[None], judged)[0])
    ends = [
        np.quantile(_gains(answers, drawn, judged), [0.5 - level / 2, 0.5 + level / 2])
        for drawn in _draws(fair, judged, seed=seed)
    ]
    low = float(min(pair[0] for pair in ends))
    high = float(max(pair[1] for pair in ends))
    advice = _advice(low, high, stop_gain)
    reason = (
        f"a further {FURTHER} answers promise {gain:+.3f} of accuracy "
        f"({low:+.3f} to {high:+.3f}), asked for are {stop_gain:+.3f}"
    )
    return Outlook(advice=advice, gain=gain, low=low, high=high, reason=reason)


def _draws(
    fair: Vector, judged: NDArray[np.int64], *, seed: int
) -> tuple[Vector, Vector]:
    """Draw curves with independent points, and with points that share answers."""
    chance = np.random.default_rng(seed)
    size = (DRAWS, len(judged))
    apart = chance.binomial(judged, fair, size=size) / judged
    grown = np.maximum.accumulate(judged)
    added = np.diff(grown, prepend=0)
    steps = chance.normal(0.0, 1.0, size) * np.sqrt(added * fair * (1.0 - fair))
    return apart, fair + np.cumsum(steps, axis=1) / grown


def _answers(point: CurvePoint) -> int:
    return point.answers


def _advice(low: float, high: float, stop_gain: float) -> Advice:
    if high < stop_gain:
        return Advice.MAY_STOP
    return Advice.GO_ON if low >= stop_gain else Advice.TOO_EARLY


def _gains(answers: Vector, accuracies: Vector, judged: NDArray[np.int64]) -> Vector:
    """Fit each row of accuracies, shape (draws, points); give what it promises.

    For a given slope the best top and drop are a weighted straight line, so the slope
    alone is searched for.
    """
    weights = judged / judged.sum()
    best = np.full(len(accuracies), np.inf)
    gains = np.zeros(len(accuracies))
    mean = accuracies @ weights
    for slope in SLOPES:
        falls = answers**-slope
        away = falls - falls @ weights
        spread = float(weights @ away**2)
        drop = np.maximum(-(accuracies - mean[:, None]) @ (weights * away) / spread, 0)
        errors = accuracies - mean[:, None] + drop[:, None] * away
        losses = errors**2 @ weights
        last = answers[-1]
        promised = drop * (last**-slope - (last + FURTHER) ** -slope)
        gains = np.where(losses < best, promised, gains)
        best = np.minimum(best, losses)
    return gains
