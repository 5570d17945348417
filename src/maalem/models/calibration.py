# SPDX-License-Identifier: Apache-2.0
"""Scores become probabilities, and probabilities become honest."""

import numpy as np
from numpy.typing import NDArray

LOWEST, HIGHEST = (
    0.02,
    50.0,
)  # temperatures beyond these mean that the scores say nothing


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn scores into probabilities.

    Args:
        logits: Finite or minus infinity, at least one finite in a row, shape (n, k).

    Returns:
        Shape (n, k); every row sums to 1.
    """
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    result: NDArray[np.float64] = raised / raised.sum(axis=1, keepdims=True)
    return result


def log_losses(
    logits: NDArray[np.float64], targets: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Give the negative log-probability of each right label, in nats, shape (n,).

    Args:
        logits: Scores, shape (n, k).
        targets: Number of the right label of each row, shape (n,).
    """
    shifted = logits - logits.max(axis=1, keepdims=True)
    total = np.log(np.exp(shifted).sum(axis=1))
    losses: NDArray[np.float64] = total - shifted[np.arange(len(targets)), targets]
    return losses


def log_loss(logits: NDArray[np.float64], targets: NDArray[np.int64]) -> float:
    """Give the mean negative log-probability of the right labels, in nats."""
    return float(log_losses(logits, targets).mean())


def fit_temperature(
    logits: NDArray[np.float64],
    targets: NDArray[np.int64],
    *,
    smoothing: float | None = None,
) -> float:
    """Find the temperature that makes probabilities agree with what is right.

    The negative log-likelihood is convex in the inverse temperature; its derivative is
    brought to zero by bisection.

    Args:
        logits: Scores on examples that the model has not learned from, shape (n, k).
        targets: Number of the right label of each row, shape (n,).
        smoothing: Probability taken from the right label and shared among the others,
            in [0, 1); none takes 1 / (n + 2).

    Returns:
        What to divide scores by, in [0.02, 50]. Without examples, 1. Without smoothing
        and with every answer right the likelihood has no maximum: the lower end.

    Source:
        Guo et al. (2017), "On Calibration of Modern Neural Networks", section 4.2; the
        smoothing of targets is that of Platt (1999), "Probabilistic Outputs for Support
        Vector Machines", section 2.2: few examples cannot promise certainty.
    """
    count, classes = logits.shape
    if count == 0 or classes < 2:
        return 1.0
    taken = 1.0 / (count + 2.0) if smoothing is None else smoothing
    wanted = np.full(logits.shape, taken / (classes - 1))
    wanted[np.arange(count), targets] = 1.0 - taken
    centred = logits - logits.mean(axis=1, keepdims=True)

    def slope(inverse: float) -> float:
        return float(((softmax(centred * inverse) - wanted) * centred).sum())

    low, high = np.log(1.0 / HIGHEST), np.log(1.0 / LOWEST)
    for _ in range(60):  # halves the range to below the precision of a double
        middle = (low + high) / 2.0
        if slope(float(np.exp(middle))) > 0.0:
            high = middle
        else:
            low = middle
    return float(np.exp(-(low + high) / 2.0))
