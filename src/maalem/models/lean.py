# SPDX-License-Identifier: Apache-2.0
"""A head leans on items that nobody has answered."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maalem.models.calibration import softmax
from maalem.models.head import Head, fit_head
from maalem.models.weights import FloatArray

LEANT_ON = 1600  # unanswered items at most: more cost time and change nothing
SURE = (0.5, 0.6)  # probability above which an item is leant on, round by round
COPIES = 2  # an answer weighs as much as two items leant on
GAP = 1e-5  # nats; no probability moves by 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """What a gear knew at one moment; any thread may ask it.

    Attributes:
        labels: Number of labels of the task.
        known: Numbers of the labels that had answers, in ascending order.
        head: The head that tells those labels apart; none if there were fewer than two.
    """

    labels: int
    known: tuple[int, ...]
    head: Head | None

    def chances(self, vectors: FloatArray) -> NDArray[np.float64]:
        """Give the probabilities of vectors, shape (n, labels).

        Labels without an answer get 0; with one label answered it gets 1, and with none
        all are equal.
        """
        chances = np.zeros((len(vectors), self.labels))
        if self.head is not None:
            chances[:, self.known] = softmax(self.head.logits(vectors))
        elif self.known:
            chances[:, self.known] = 1.0
        else:
            chances[:] = 1.0 / self.labels
        return chances


def leaning(
    learned: Learned,
    vectors: FloatArray,
    numbers: Sequence[int],
    *,
    pool: FloatArray,
    strength: float,
) -> Learned:
    """Fit the head again, leaning on those unanswered items of which it is sure.

    Answers that were chosen for being doubtful crowd near the borders; the sure items
    bring back what is typical of each label.

    Args:
        learned: What was learned from the answers alone.
        vectors: Vectors of the answered items, shape (n, dimension).
        numbers: Number of the label of each.
        pool: Vectors of unanswered items, the first of them are leant on first.
        strength: Inverse of the penalty of the answers' head.

    Returns:
        The same where there is no head, or no item to lean on.

    Source:
        Lee (2013), "Pseudo-Label: The Simple and Efficient Semi-Supervised Learning
        Method for Deep Neural Networks": in two rounds, at half an answer's weight,
        where the likeliest label has more than half the probability (0.6 in the second
        round). More rounds were not tried.
    """
    if learned.head is None or len(pool) == 0:
        return learned
    head = learned.head
    targets = np.searchsorted(learned.known, np.asarray(numbers, np.int64))
    for least in SURE:
        chances = softmax(head.logits(pool))
        sure = np.flatnonzero(chances.max(axis=1) > least)[:LEANT_ON]
        head = fit_head(
            np.concatenate([*[vectors] * COPIES, pool[sure]]),
            np.concatenate([*[targets] * COPIES, chances[sure].argmax(axis=1)]),
            classes=len(learned.known),
            strength=strength / COPIES,
            start=head,
            gap=GAP,
        )
    return Learned(labels=learned.labels, known=learned.known, head=head)
