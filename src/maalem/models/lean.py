# SPDX-License-Identifier: Apache-2.0
"""A head leans on items that nobody has answered."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maalem.models.calibration import softmax
from maalem.models.head import Head, fit_head
from maalem.models.weights import FloatArray

SHARE = 0.8  # of the items that a label is likeliest for: those it is surest of
ROUNDS = 2
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
    bring back what is typical of each label. A rare label leans on as large a share of
    its items as a common one: with one bar for all, the common ones crowd it out.

    Args:
        learned: What was learned from the answers alone.
        vectors: Vectors of the answered items, shape (n, dimension).
        numbers: Number of the label of each.
        pool: Vectors of unanswered items.
        strength: Inverse of the penalty of the answers' head.

    Returns:
        The same where there is no head, or no item to lean on.

    Source:
        Lee (2013), "Pseudo-Label: The Simple and Efficient Semi-Supervised Learning
        Method for Deep Neural Networks", at half an answer's weight; the same share of
        each label as in Zou et al. (2018), "Unsupervised Domain Adaptation for Semantic
        Segmentation via Class-Balanced Self-Training". Shares of 0.5 to 0.8 were level.
    """
    if learned.head is None or len(pool) == 0:
        return learned
    head = learned.head
    targets = np.searchsorted(learned.known, np.asarray(numbers, np.int64))
    for _ in range(ROUNDS):
        chances = softmax(head.logits(pool))
        sure = surest(chances)
        head = fit_head(
            np.concatenate([*[vectors] * COPIES, pool[sure]]),
            np.concatenate([*[targets] * COPIES, chances[sure].argmax(axis=1)]),
            classes=len(learned.known),
            strength=strength / COPIES,
            start=head,
            gap=GAP,
        )
    return Learned(labels=learned.labels, known=learned.known, head=head)


def surest(chances: NDArray[np.float64]) -> NDArray[np.int64]:
    """Give the items to lean on: of each label the share that it is surest of.

    Args:
        chances: Probabilities, shape (n, labels).

    Returns:
        Places of the items, label by label, the surest first.
    """
    likeliest, sure = chances.argmax(axis=1), chances.max(axis=1)
    found = []
    for label in range(chances.shape[1]):
        own = np.flatnonzero(likeliest == label)
        order = own[np.argsort(-sure[own], kind="stable")]
        found.append(order[: int(SHARE * len(own))])
    return np.concatenate(found)
