# SPDX-License-Identifier: Apache-2.0
"""How often a model errs in use, from a sample drawn with known, unequal chances."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maalem.errors import DataError

_STAKES = np.array([0.003, 0.006, 0.012, 0.025, 0.05, 0.1, 0.2, 0.35, 0.6, 0.95])
"""Parts of the capital that are staked, so that some of them fit whatever the rate is;
that there are ten costs log(10) of the evidence at most."""
_STEPS = 60  # halvings: more than a double can tell apart


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """One automatic answer that was drawn for the audit.

    Attributes:
        chosen: Probability with which it was drawn, in (0, 1].
        is_wrong: Whether experts say otherwise; none until they have said.
    """

    chosen: float
    is_wrong: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFinding:
    """The error rate of automatic answers in use.

    Attributes:
        drawn: Answers that were drawn.
        answered: How many of them experts have answered.
        wrong: How many of those were wrong, unweighted.
        estimate: Weighted error rate; none where nothing was answered.
        low: Lower end; none where there is no estimate.
        high: Upper end; likewise.
        level: Confidence level, in (0, 1).
        reason: Why there is no estimate; else empty.
    """

    drawn: int
    answered: int
    wrong: int
    estimate: float | None
    low: float | None
    high: float | None
    level: float
    reason: str = ""


def audit_error(
    audited: Sequence[Audited], *, floor: float, level: float = 0.95
) -> AuditFinding:
    """Estimate how often automatic answers are wrong, those that nobody drew too.

    Each answer weighs 1 / `chosen`, and the weights are divided by their sum (Hájek).
    The interval is right at all times at once: whoever looks every day, and stops when
    the number pleases, is still misled at most 1 - `level` of the time. It assumes that
    whether an answer was drawn rests on nothing but `chosen`, that experts answer the
    drawn ones in an order that has nothing to do with being wrong, and one error rate:
    where the rate moved, it was at or above `low` at some time, and at or below `high`.

    Args:
        audited: What was drawn, answered or not.
        floor: The least probability with which any answer may have been drawn, in
            (0, 1], fixed before anything was answered.
        level: Confidence level, in (0, 1).

    Returns:
        The estimate with its interval; without any where nothing was answered.

    Raises:
        DataError: An answer was drawn with a probability below `floor`, or above 1.

    Source:
        Hájek (1971), "Comment on a paper by D. Basu", for the ratio of weighted sums;
        Waudby-Smith and Ramdas (2024), "Estimating means of bounded random variables by
        betting", JRSS B 86, section 4 and appendix B (a grid of bets, both sides),
        with the ratio's form of Karampatziakis, Mineiro and Ramdas (2021), "Off-policy
        confidence sequences": at the true rate r the terms (error - r) / chosen have
        mean 0, so that no stake gains by them. Stakes here do not follow the data, so
        that the order of answers does not count.
    """
    for one in audited:
        if not floor <= one.chosen <= 1.0:
            raise DataError(
                f"an answer was drawn with probability {one.chosen:g}, outside "
                f"[{floor:g}, 1]",
                code="evaluation.audit",
            )
    told = [one for one in audited if one.is_wrong is not None]
    wrong = sum(bool(one.is_wrong) for one in told)
    if not told:
        reason = "experts have answered none of it yet" if audited else "none was drawn"
        return AuditFinding(
            drawn=len(audited), answered=0, wrong=0, level=level,
            estimate=None, low=None, high=None, reason=reason,
        )  # fmt: skip
    right_weights, right = _weights(told, floor=floor, is_wrong=False)
    wrong_weights, wronged = _weights(told, floor=floor, is_wrong=True)
    bad = float(wrong_weights @ wronged)
    rate = bad / (bad + float(right_weights @ right))
    against = math.log(2.0 / (1.0 - level))

    def is_above(tried: float) -> bool:
        """Tell whether the rate is proved to be above the tried one."""
        gains = wrong_weights * (1.0 - tried) / tried
        return _capital((right_weights, right), (gains, wronged)) >= against

    def is_below(tried: float) -> bool:
        """Tell whether the rate is proved to be below the tried one."""
        gains = right_weights * tried / (1.0 - tried)
        return _capital((wrong_weights, wronged), (gains, right)) >= against

    return AuditFinding(
        drawn=len(audited),
        answered=len(told),
        wrong=wrong,
        estimate=rate,
        low=_edge(is_above, rate, 0.0) if wrong else 0.0,
        high=_edge(is_below, rate, 1.0) if wrong < len(told) else 1.0,
        level=level,
    )


_Counted = tuple[NDArray[np.float64], NDArray[np.float64]]


def _weights(told: Sequence[Audited], *, floor: float, is_wrong: bool) -> _Counted:
    """Give the different weights, in (0, 1], of right or wrong answers, and counts."""
    counts = Counter(one.chosen for one in told if one.is_wrong == is_wrong)
    chosen = np.array(sorted(counts))
    times = np.array([counts[one] for one in sorted(counts)], dtype=np.float64)
    return (floor / chosen if len(chosen) else chosen), times


def _capital(losses: _Counted, gains: _Counted) -> float:
    """Give the logarithm of what all stakes together have become, from 1."""
    lost, won = np.outer(_STAKES, losses[0]), np.outer(_STAKES, gains[0])
    grown = np.log1p(-lost) @ losses[1] + np.log1p(won) @ gains[1]
    most = float(grown.max())
    return most + float(np.log(np.mean(np.exp(grown - most))))


def _edge(is_refused: Callable[[float], bool], inside: float, outside: float) -> float:
    """Find where rates begin to be refused, between one that stands and an end.

    Capital grows with the distance, so that there is one such place; at the estimate
    itself no stake has gained.
    """
    for _ in range(_STEPS):
        middle = 0.5 * (inside + outside)
        if middle in (inside, outside):
            break
        if is_refused(middle):
            outside = middle
        else:
            inside = middle
    return outside
