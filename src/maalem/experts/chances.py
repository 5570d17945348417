# SPDX-License-Identifier: Apache-2.0
"""How probable it is to see so few, or so many, at a given rate."""

import math


def at_most(hits: int, trials: int, rate: float) -> float:
    """Give the chance of at most `hits` in `trials` independent draws at `rate`.

    Source:
        The binomial distribution, summed term by term; exact, as in Clopper and
        Pearson (1934), "The use of confidence or fiducial limits illustrated in the
        case of the binomial", Biometrika 26.

    Examples:
        >>> round(at_most(1, 8, 0.7), 6)
        0.00129
    """
    if hits >= trials or rate <= 0.0:
        return 1.0 if hits >= 0 else 0.0
    if hits < 0 or rate >= 1.0:
        return 0.0
    yes, no = math.log(rate), math.log1p(-rate)
    ways = math.lgamma(trials + 1)
    terms = (
        ways
        - math.lgamma(n + 1)
        - math.lgamma(trials - n + 1)
        + n * yes
        + (trials - n) * no
        for n in range(hits + 1)
    )
    return min(1.0, math.fsum(math.exp(term) for term in terms))


def at_least(hits: int, trials: int, rate: float) -> float:
    """Give the chance of at least `hits` in `trials` independent draws at `rate`.

    Examples:
        >>> round(at_least(7, 8, 0.3), 6)
        0.00129
    """
    return at_most(trials - hits, trials, 1.0 - rate)
