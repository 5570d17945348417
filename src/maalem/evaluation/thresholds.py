# SPDX-License-Identifier: Apache-2.0
"""The lowest threshold with a guaranteed error, tested down from the strictest."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maalem.evaluation.proportions import binomial_at_most, upper_bound

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


def candidates(
    scouts: NDArray[np.float64], *, testers: int, fewest: int
) -> tuple[float, ...]:
    """Give the thresholds to test, strictest first, ending with 0 (everything).

    They are probabilities of the scouts, so they depend on nothing that the testers
    are or are labelled. The first is where a quarter of the testers, and twice the
    fewest that could prove anything, are to be expected: testing from further up
    stops at one unlucky error.

    Args:
        scouts: Highest probability per scout, shape (s,).
        testers: Number of cases that the tests will have.
        fewest: Fewest cases that could prove the error.
    """
    ordered = np.sort(scouts)[::-1]
    wanted = max(1.2 * fewest, testers / 4, min(2.0 * fewest, testers / 2))
    share = min(1.0, wanted / testers)
    first = min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)
    return (*np.unique(ordered[first:])[::-1].tolist(), 0.0)


def lowest_guaranteed(
    thresholds: tuple[float, ...],
    probabilities: NDArray[np.float64],
    wrong: NDArray[np.bool_],
    *,
    accepted_error: float,
    delta: float,
) -> Guarantee:
    """Test thresholds in the given order and stop at the first that fails.

    Given how many of n independent cases lie at or above a fixed threshold, the errors
    among them are binomial with the error rate that the threshold really has; so the
    exact binomial tail is a valid p-value of "that rate is above the accepted error",
    whatever the model and however its rate moves with the threshold. Testing in an
    order fixed beforehand, each at the full `delta`, keeps the chance of any false
    guarantee below `delta`.

    Degenerate cases: with fewer than `fewest_cases` at or above the first threshold, or
    with a model that is wrong where it is surest, the first test fails and there is no
    threshold, even if a lower one would have passed. A model without any error may
    pass at 0, and so decide everything.

    Args:
        thresholds: Strictest first, chosen without looking at these cases.
        probabilities: Highest probability per case, independent cases, shape (n,).
        wrong: Whether the answer is wrong, shape (n,).
        accepted_error: Error rate among automatic answers, in (0, 1).
        delta: Chance of a false guarantee, in (0, 1).

    Source:
        Angelopoulos, Bates, Candès, Jordan and Lei (2021), "Learn then Test", with
        fixed sequence testing; Bauer (1991), "Multiple testing in clinical trials",
        for the latter; Clopper and Pearson (1934) for the bound.
    """
    passed = None
    for threshold in thresholds:
        cases, errors = _tally(threshold, probabilities, wrong)
        if binomial_at_most(errors, cases, accepted_error) > delta:
            break
        passed = threshold
    if passed is None:
        cases, errors = _tally(thresholds[0], probabilities, wrong)
        return Guarantee(
            reason=f"no threshold could be guaranteed: at {thresholds[0]:.3f}, the "
            f"strictest one tested, {errors} of {cases} cases are wrong, which does "
            f"not prove an error of at most {accepted_error:.1%} at delta {delta:g}"
        )
    cases, errors = _tally(passed, probabilities, wrong)
    return Guarantee(threshold=passed, bound=upper_bound(errors, cases, delta=delta))


def _tally(
    threshold: float, probabilities: NDArray[np.float64], wrong: NDArray[np.bool_]
) -> tuple[int, int]:
    """Count the automatic cases and the errors among them."""
    is_automatic = probabilities >= threshold
    return int(is_automatic.sum()), int(wrong[is_automatic].sum())
