# SPDX-License-Identifier: Apache-2.0
"""The interval of alpha, whatever it is reckoned from, by resampling items."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from maalem.experts.alpha import Drawing

_UNDEFINED_SHARE = 0.05  # of the draws; more, and what is left is no sample of them


class Resampled(Protocol):
    """Ratings of which alpha can be reckoned, and again of resampled items."""

    items: int
    count: int
    pairs: int

    def alpha(self) -> float:
        """Give alpha; NaN where it has no value."""

    def draw(self, drawing: Drawing) -> NDArray[np.float64]:
        """Give alpha of each resample of the items, NaN where undefined."""

    def reach(self) -> float:
        """Tell how far alpha falls when all items disagree as much as values can."""


def interval(
    ratings: Resampled, drawing: Drawing
) -> tuple[float | None, float | None, str]:
    """Give the ends of alpha's interval, or the reason why there are none.

    Source:
        Percentile interval over whole items with all their ratings, both disagreements
        reckoned anew in each resample: Zapf et al. (2016), "Measuring inter-rater
        reliability for nominal data", BMC Medical Research Methodology 16:93, who find
        its coverage close to what it promises. It deviates from Krippendorff's own
        "Algorithm for bootstrapping a distribution of alpha" (2006), used by Hayes and
        Krippendorff (2007), "Answering the call for a standard reliability measure for
        coding data", Communication Methods and Measures 1: that one draws single pairs
        and keeps the expected disagreement, as if pairs of one item were independent
        and the shares of the values known. Degenerate case: where nobody disagreed,
        every resample is 1; the lower end is then what alpha falls to if items
        disagree at the rate that an event never seen in so many items may still have
        (Clopper and Pearson 1934).
    """
    if ratings.items < drawing.min_items:
        least = drawing.min_items
        reason = f"{ratings.items} items with two ratings, at least {least} are needed"
        return None, None, reason
    drawn = ratings.draw(drawing)
    known = drawn[np.isfinite(drawn)]
    if len(known) < (1.0 - _UNDEFINED_SHARE) * len(drawn):
        share = 1.0 - len(known) / len(drawn)
        reason = f"in {share:.0%} of resamples one value is all that is said"
        return None, None, reason
    tail = (1.0 - drawing.level) / 2
    low, high = (float(one) for one in np.quantile(known, (tail, 1.0 - tail)))
    if low == high == 1.0:
        unseen = 1.0 - tail ** (1.0 / ratings.items)
        low = max(-1.0, 1.0 - unseen * ratings.reach())
    return low, high, ""
