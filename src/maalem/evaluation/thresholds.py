# SPDX-License-Identifier: Apache-2.0
"""The lowest threshold with a guaranteed error, tested down from the strictest."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maalem.evaluation.proportions import binomial_at_most, upper_bound

_SPARE = 1.3  # expected cases over the fewest: scouts place a start only roughly
_SCOUTS = 10  # one in ten: widens the bound by 5 %, buys a start free of the testers


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarantee:
    """What the tests on the calibration split allow.

    Attributes:
        threshold: Lowest guaranteed threshold; none if there is none.
        bound: Upper bound of the error at that threshold; none without threshold.
        reason: Why there is none; empty otherwise.
    """

    threshold: float | None = None
    bound: float | None = None
    reason: str = ""


def fewest_cases(accepted_error: float, delta: float) -> int:
    """Give the fewest cases, all answered correctly, that could prove the error.

    Source:
        The n with (1 - accepted_error)^n <= delta; Clopper and Pearson (1934) at no
        error at all.
    """
    return math.ceil(math.log(delta) / math.log1p(-accepted_error))


def fewest_groups(accepted_error: float, delta: float) -> int:
    """Give the fewest calibration groups, scouts included, that could prove it."""
    return -(-_SCOUTS * fewest_cases(accepted_error, delta) // (_SCOUTS - 1))


def scouts_among(groups: int) -> int:
    """Give how many of the groups only say where the tests begin."""
    return -(-groups // _SCOUTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdTest:
    """One threshold in the order of testing.

    Attributes:
        threshold: Answers at or above it would be automatic.
        allotted: Part of delta that this test has even if those before it failed.
    """

    threshold: float
    allotted: float


def candidates(
    scouts: NDArray[np.float64], *, testers: int, accepted_error: float, delta: float
) -> tuple[ThresholdTest, ...]:
    """Give the tests, strictest first, ending with 0 (everything is automatic).

    The thresholds are probabilities of the scouts, so they depend on nothing that the
    testers are or are labelled. Testing starts where half of the cases are to be
    expected, which suits a good model; where there are cases enough it also starts
    further up, which suits a poor one, and delta is shared by the two starts.

    Args:
        scouts: Highest probability per scout, shape (s,).
        testers: Number of cases that the tests will have.
        accepted_error: Error rate among automatic answers, in (0, 1).
        delta: Chance of a false guarantee, in (0, 1).
    """
    ordered = np.sort(scouts)[::-1]
    upper = max(0.25, _SPARE * fewest_cases(accepted_error, delta / 2) / testers)
    lower = max(0.5, _SPARE * fewest_cases(accepted_error, delta) / testers)
    starts = {upper: delta / 2, lower: delta / 2} if upper < 0.4 else {lower: delta}
    allotted: dict[float, float] = {}
    for share, part in starts.items():
        rank = min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)
        found = float(ordered[rank])
        allotted[found] = allotted.get(found, 0.0) + part
    below = [*np.unique(ordered[ordered <= max(allotted)])[::-1].tolist(), 0.0]
    return tuple(
        ThresholdTest(threshold=one, allotted=allotted.get(one, 0.0))
        for one in dict.fromkeys(below)
    )


def lowest_guaranteed(
    tests: tuple[ThresholdTest, ...],
    probabilities: NDArray[np.float64],
    wrong: NDArray[np.bool_],
    *,
    accepted_error: float,
) -> Guarantee:
    """Test thresholds in the given order; what one leaves unspent goes to the next.

    Given how many of n independent cases lie at or above a fixed threshold, the errors
    among them are binomial with the error rate that the threshold really has; so the
    exact binomial tail is a valid p-value of "that rate is above the accepted error",
    whatever the model and however its rate moves with the threshold. A test runs at
    the level it was allotted, and at that of the test before it as well if that one
    passed; so the chance of any false guarantee stays below the sum of what was
    allotted.

    Degenerate cases: with too few cases at or above a start, or with a model that is
    wrong where it is surest, every start fails and there is no threshold. A model
    without any error may pass at 0, and so decide everything.

    Args:
        tests: Strictest first, chosen without looking at these cases.
        probabilities: Highest probability per case, independent cases, shape (n,).
        wrong: Whether the answer is wrong, shape (n,).
        accepted_error: Error rate among automatic answers, in (0, 1).

    Source:
        Angelopoulos, Bates, Candès, Jordan and Lei (2021), "Learn then Test", with
        fixed sequence testing from several starts; Wiens (2003), "A fixed sequence
        Bonferroni procedure for testing multiple endpoints", Pharmaceutical Statistics
        2, for passing on the level; Clopper and Pearson (1934) for the bound.
    """
    best = Guarantee(
        reason=_why_none(tests, probabilities, wrong, accepted_error=accepted_error)
    )
    level = 0.0
    for test in tests:
        level += test.allotted
        cases, errors = _tally(test.threshold, probabilities, wrong)
        if level == 0.0 or binomial_at_most(errors, cases, accepted_error) > level:
            level = 0.0
            continue
        bound = upper_bound(errors, cases, delta=level)
        best = Guarantee(threshold=test.threshold, bound=bound)
    return best


def _why_none(
    tests: tuple[ThresholdTest, ...],
    probabilities: NDArray[np.float64],
    wrong: NDArray[np.bool_],
    *,
    accepted_error: float,
) -> str:
    start = [test for test in tests if test.allotted][-1]
    cases, errors = _tally(start.threshold, probabilities, wrong)
    return (
        f"at {start.threshold:.3f}, where the tests began, {errors} of {cases} cases "
        f"are wrong, which does not prove an error of at most "
        f"{accepted_error:.1%} at delta {start.allotted:g}"
    )


def _tally(
    threshold: float, probabilities: NDArray[np.float64], wrong: NDArray[np.bool_]
) -> tuple[int, int]:
    """Count the automatic cases and the errors among them."""
    is_automatic = probabilities >= threshold
    return int(is_automatic.sum()), int(wrong[is_automatic].sum())
