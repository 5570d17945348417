# SPDX-License-Identifier: Apache-2.0
"""What one change of the teaching did to a model: in all, and class by class."""

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from maalem.evaluation.answers import Answered, read_answers
from maalem.evaluation.intervals import Resampler, Resampling, estimate
from maalem.evaluation.metrics import METRICS
from maalem.evaluation.paired import count_wins
from maalem.records import Estimate, Example, LabelScores

_IN_TAIL = 20  # resamples beyond each end, so that the end is not one resample's luck
_MOST_DRAWS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """How much more often a model is right with something than without it.

    Attributes:
        label: The gold label that it is about; none for all examples together.
        difference: Accuracy with minus accuracy without, paired.
        better: Examples that only the model with it has right.
        worse: Examples that only the model without it has right.
    """

    label: str | None
    difference: Estimate
    better: int
    worse: int

    @property
    def is_settled(self) -> bool:
        """Whether the interval leaves out 0; otherwise there is not enough to tell."""
        low, high = self.difference.low, self.difference.high
        return low is not None and high is not None and (low > 0.0 or high < 0.0)


def shifts(
    examples: Sequence[Example],
    with_it: Sequence[LabelScores],
    without_it: Sequence[LabelScores],
    *,
    resampling: Resampling,
    families: int = 1,
) -> tuple[Shift, ...]:
    """Compare two models on the same examples, clustered by group.

    Args:
        examples: What was asked; never an exam, since this is asked again and again.
        with_it: One answer for each, in order.
        without_it: The same of the other model.
        resampling: Settings of the intervals.
        families: How many such comparisons are looked at together, such as one for
            each annotator; the level of every interval is raised to match.

    Returns:
        First all examples together, then each class that occurs, in the labels' order.
        The intervals of the classes hold together at the level asked for, those of all
        examples by themselves (see `families`).

    Raises:
        DataError: There is no example, or an answer makes no sense.

    Source:
        Koh and Liang (2017), "Understanding Black-box Predictions via Influence
        Functions", ICML, for the question; it is answered here by fitting again.
        Bonferroni's correction over classes and families: Dunn (1961), "Multiple
        Comparisons Among Means". Intervals: see `Resampler` and `estimate`.
    """
    answered = read_answers(examples, {"with": [with_it], "without": [without_it]})
    classes = [int(number) for number in np.unique(answered.gold)]
    measure = _Pair(answered, _raised(resampling, families)).shift
    found = [measure(None)]
    measure = _Pair(answered, _raised(resampling, families * len(classes))).shift
    return (*found, *(measure(number) for number in classes))


def _raised(resampling: Resampling, comparisons: int) -> Resampling:
    """Give the settings with which so many intervals hold together."""
    tail = (1.0 - resampling.level) / comparisons / 2
    draws = min(_MOST_DRAWS, max(resampling.draws, math.ceil(_IN_TAIL / tail)))
    return dataclasses.replace(resampling, level=1.0 - 2 * tail, draws=draws)


class _Pair:
    """Two models, resampled together."""

    def __init__(self, answered: Answered, settings: Resampling) -> None:
        self._answered = answered
        self._settings = settings
        self._resampler = Resampler(answered.groups, resampling=settings)

    def shift(self, number: int | None) -> Shift:
        """Compare them on the examples of one class; on all without a number."""
        gold, tables = self._answered.gold, self._answered.probabilities
        rows = (
            np.arange(len(gold)) if number is None else np.flatnonzero(gold == number)
        )
        measured = {
            name: self._resampler.measure(METRICS["accuracy"], table, gold, rows=rows)
            for name, table in tables.items()
        }
        right = {
            name: table[0][rows].argmax(axis=1) == gold[rows]
            for name, table in tables.items()
        }
        better, worse = count_wins(right["with"], right["without"])
        difference = measured["with"].minus(measured["without"])
        return Shift(
            label=None if number is None else self._answered.labels[number],
            difference=estimate(difference, self._settings),
            better=better,
            worse=worse,
        )
