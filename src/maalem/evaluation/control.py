# SPDX-License-Identifier: Apache-2.0
"""A control on the exam itself: who learned from shuffled labels must know nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from maalem.evaluation.answers import read_answers
from maalem.evaluation.intervals import Resampler, Resampling, estimate
from maalem.evaluation.metrics import METRICS
from maalem.records import Estimate, Example, LabelScores


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """What a model that was taught shuffled labels knew of the true ones.

    Attributes:
        accuracy: Its accuracy on the true labels.
        chance: The best that an answer without knowledge can reach: the share of the
            most frequent gold label.
        is_clean: Whether the accuracy falls to chance; none where there is no interval.
        reason: What it means, as a sentence.
    """

    accuracy: Estimate
    chance: float
    is_clean: bool | None
    reason: str


def shuffled_control(
    examples: Sequence[Example],
    answers: Sequence[LabelScores],
    *,
    resampling: Resampling | None = None,
) -> Control:
    """Check that a model taught on shuffled labels answers no better than chance.

    Args:
        examples: The exam with its true labels.
        answers: Of a model taught on the teaching split with its labels shuffled.
        resampling: Settings of the interval; none takes the defaults.

    Returns:
        Clean if the interval of the accuracy reaches down to chance. If it does not,
        something besides the labels tells the answer: the exam leaks.

    Raises:
        DataError: An answer is missing or makes no sense.
    """
    settings = resampling or Resampling()
    answered = read_answers(examples, {"shuffled": [answers]})
    sampled = Resampler(answered.groups, resampling=settings).measure(
        METRICS["accuracy"],
        answered.probabilities["shuffled"],
        answered.gold,
        rows=np.arange(len(examples)),
    )
    accuracy = estimate(sampled, settings)
    chance = float(np.bincount(answered.gold).max() / len(examples))
    if accuracy.low is None:
        return Control(
            accuracy=accuracy, chance=chance, is_clean=None, reason=accuracy.reason
        )
    is_clean = accuracy.low <= chance
    says = (
        "falls to chance" if is_clean else "knows what it cannot know: the exam leaks"
    )
    return Control(
        accuracy=accuracy,
        chance=chance,
        is_clean=is_clean,
        reason=f"taught on shuffled labels, the model {says} (accuracy at least "
        f"{accuracy.low:.1%}, chance {chance:.1%})",
    )
