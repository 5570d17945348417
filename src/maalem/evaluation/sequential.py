# SPDX-License-Identifier: Apache-2.0
"""Is a challenger worse than the champion, or as good? Asked again after every answer.

Whoever looks at an ordinary test every minute until it says yes ends up wrong. The
numbers here may be looked at whenever one likes, and acted upon the first time.
"""

import math
from dataclasses import dataclass

import numpy as np

from maalem.evaluation.betting import (
    Floats,
    Stream,
    bet_above,
    bet_below,
    confidence_bounds,
)

PROMOTE, ROLL_BACK, CONTINUE = "promote", "roll-back", "continue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """When it is decided.

    Attributes:
        alpha: Chance of ever rolling back a release that is not worse, and of ever
            promoting one that is worse by the margin, each in (0, 0.5).
        margin: By how much more a promoted release may err, in (0, 1).
        least: Judged answers of each below which nothing is decided.
    """

    alpha: float = 0.05
    margin: float = 0.02
    least: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class SequentialFinding:
    """What the answers so far say of a challenger.

    Attributes:
        champion: Judged answers of the champion.
        challenger: Judged answers of the challenger; the same ones, where both were
            asked.
        difference: Error of the challenger less that of the champion; none before both
            have judged answers.
        low: Lower bound of the difference, at all times together.
        high: Upper bound, likewise.
        worse: Evidence that the challenger errs more: an e-value, at least 0.
        not_worse: Evidence that it does not err more by the margin, likewise.
        decision: `promote`, `roll-back` or `continue`.
        missing: About how many more judged answers it takes, where that can be told.
    """

    champion: int
    challenger: int
    difference: float | None
    low: float
    high: float
    worse: float
    not_worse: float
    decision: str
    missing: int | None


def compare_pairs(differences: Stream, rule: Rule) -> SequentialFinding:
    """Compare where both answered the same texts.

    Args:
        differences: Error of the challenger less that of the champion: -1, 0 or 1 for
            each text, in [-1, 1].
        rule: When it is decided.

    Returns:
        The finding. Texts on which both are right, or both wrong, say nothing about who
        is worse, and something about how far.
    """
    low, high = confidence_bounds(differences, alpha=rule.alpha)
    return _finding(
        rule,
        sizes=(differences.size, differences.size),
        difference=differences.mean,
        bounds=(low, high),
        worse=float(bet_above(differences, np.array([0.0]))[0]),
        not_worse=float(bet_below(differences, np.array([rule.margin]))[0]),
    )


def compare_streams(
    champion: Stream, challenger: Stream, rule: Rule
) -> SequentialFinding:
    """Compare where each answered other texts.

    Args:
        champion: Its errors, 0 or 1, in [0, 1].
        challenger: Likewise.
        rule: When it is decided.

    Returns:
        The finding. Evidence that the challenger is worse is the least, over all rates
        `m`, of the capital of who bets that the challenger errs more often than `m`
        times that of who bets that the champion errs less often: were it not worse, for
        one `m` both would lose.

    Source:
        Turner, Ly and Grünwald (2024), "Generic E-variables for exact sequential
        k-sample tests that allow for optional stopping", J. Stat. Plan. Inference 230,
        for testing two streams by e-values, which is done here with products of bets.
        The least is taken over cells of `m`, from below in each.
    """
    # each side of each bound fails with a quarter
    bounds = [
        confidence_bounds(one, alpha=rule.alpha / 2) for one in (champion, challenger)
    ]
    (low, high), (its_low, its_high) = bounds
    means = champion.mean, challenger.mean
    difference = None if None in means else means[1] - means[0]  # type: ignore[operator]  # none is none
    return _finding(
        rule,
        sizes=(champion.size, challenger.size),
        difference=difference,
        bounds=(its_low - high, its_high - low),
        worse=log_evidence_above(challenger, champion, by=0.0),
        not_worse=log_evidence_not_above(challenger, champion, by=rule.margin),
    )


def log_evidence_above(one: Stream, other: Stream, *, by: float) -> float:
    """Give the log evidence that one mean is above another and `by` more."""
    edges = _edges(1.0 - by)
    above, below = bet_above(one, edges + by), bet_below(other, edges)
    return float(np.min(above[1:] + below[:-1]))


def log_evidence_not_above(one: Stream, other: Stream, *, by: float) -> float:
    """Give the log evidence that one mean is not `by` more above another."""
    edges = _edges(1.0 - by)
    below, above = bet_below(one, edges + by), bet_above(other, edges)
    return float(np.min(below[:-1] + above[1:]))


def _edges(end: float) -> Floats:
    """Cut rates into cells, the finer the rarer: rates of errors are small."""
    return np.concatenate(
        [[0.0], np.geomspace(1e-6, 0.05, 120), np.linspace(0.05, end, 180)[1:]]
    )


def _finding(  # what both comparisons have
    rule: Rule,
    *,
    sizes: tuple[int, int],
    difference: float | None,
    bounds: tuple[float, float],
    worse: float,
    not_worse: float,
) -> SequentialFinding:
    price = math.log(1.0 / rule.alpha)
    decision = CONTINUE
    if difference is not None and min(sizes) >= rule.least:
        if worse >= price:
            decision = ROLL_BACK
        elif not_worse >= price and difference <= 0.0:
            decision = PROMOTE
    return SequentialFinding(
        champion=sizes[0],
        challenger=sizes[1],
        difference=difference,
        low=max(-1.0, bounds[0]),
        high=min(1.0, bounds[1]),
        worse=_e_value(worse),
        not_worse=_e_value(not_worse),
        decision=decision,
        missing=_missing(min(sizes), max(worse, not_worse), price, least=rule.least)
        if decision == CONTINUE
        else 0,
    )


def _missing(size: int, grown: float, price: float, *, least: int) -> int | None:
    """Guess how many more answers it takes, if evidence goes on growing as it did."""
    if grown <= 0.0:
        return None
    return max(math.ceil(size * (price / grown - 1.0)), least - size, 1)


def _e_value(log: float) -> float:
    return math.exp(min(log, 700.0))  # a double ends at e^709
