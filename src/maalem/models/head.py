# SPDX-License-Identifier: Apache-2.0
"""The classifying head: multinomial logistic regression with an L2 penalty."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maalem.models.calibration import log_loss, softmax
from maalem.models.head_design import Design, Features, design_of

Vector = NDArray[np.float64]
Targets = NDArray[np.int64]

NEWTON_STEPS = 60  # a dozen suffice; more means that the data are separable and free
CONJUGATE_STEPS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A linear head.

    Attributes:
        weights: Shape (features, classes).
        bias: Shape (classes,), summing to 0.
    """

    weights: Vector
    bias: Vector

    def logits(self, features: Features) -> Vector:
        """Score features of shape (n, features), giving shape (n, classes)."""
        if isinstance(features, np.ndarray):
            scores: Vector = features.astype(np.float64) @ self.weights + self.bias
            return scores
        return features.times(self.weights) + self.bias


@dataclass(frozen=True, slots=True, kw_only=True)
class _Point:
    """Where the search stands: parameters, scores, and what follows from them."""

    weights: Vector
    bias: Vector
    scores: Vector
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Problem:
    """Mean loss of a design plus `penalty / 2` times the squared weights."""

    design: Design
    targets: Targets
    penalty: float

    def at(self, weights: Vector, bias: Vector, scores: Vector) -> _Point:
        value = log_loss(scores, self.targets)
        value += 0.5 * self.penalty * float(np.vdot(weights, weights))
        return _Point(weights=weights, bias=bias, scores=scores, value=value)

    def gradient(self, point: _Point, chances: Vector) -> tuple[Vector, Vector]:
        error = chances.copy()
        error[np.arange(len(error)), self.targets] -= 1.0
        error /= len(error)
        upward = self.design.backward(error) + self.penalty * point.weights
        return upward, error.sum(axis=0)

    def bend(
        self, chances: Vector, weights: Vector, bias: Vector
    ) -> tuple[Vector, Vector]:
        """Apply the second derivative to a direction."""
        moved = self.design.forward(weights) + bias
        moved -= (chances * moved).sum(axis=1, keepdims=True)
        moved *= chances / len(chances)
        return self.design.backward(moved) + self.penalty * weights, moved.sum(axis=0)


def fit_head(  # one argument for each thing that decides the optimum
    features: Features | Design,
    targets: Targets,
    *,
    classes: int,
    strength: float,
    start: Head | None = None,
    gap: float = 1e-18,
) -> Head:
    """Fit the head that minimises penalised log-loss; the optimum is unique.

    It minimises `strength * sum of losses + |weights|^2 / 2`; the bias is free. With
    the same strength as `C` it is scikit-learn's optimum for three classes or more
    (its binary form penalises twice as much).

    Args:
        features: One row for each example, shape (n, features), dense or sparse, or a
            design made of it.
        targets: Number of each example's label, shape (n,), every one at least once.
        classes: Number of labels.
        strength: Inverse of the penalty, above 0.
        start: A head to begin from; it changes the way, not the end.
        gap: How far the mean penalised loss may stay above its minimum, in nats, as
            strong convexity bounds it; the default leaves weights exact to 1e-6.

    Source:
        Newton's method with conjugate gradients and a backtracking line search: Nocedal
        and Wright (2006), "Numerical Optimization", algorithm 7.1.
    """
    if len(np.unique(targets)) != classes:
        raise ValueError("every class needs an example: a free bias has no optimum")
    design = features if isinstance(features, Design) else design_of(features)
    penalty = 1.0 / (strength * len(targets))
    problem = _Problem(design=design, targets=targets, penalty=penalty)
    if start is None:
        bias = np.log(np.bincount(targets, minlength=classes) / len(targets))
        weights = np.zeros((design.width, classes))
    else:
        weights, bias = design.inward(start.weights, start.bias)
    point = problem.at(weights, bias, design.forward(weights) + bias)
    for _ in range(NEWTON_STEPS):
        following = _newton_step(problem, point, gap=gap)
        if following is None:
            break
        point = following
    weights, bias = design.outward(point.weights, point.bias)
    return Head(weights=weights, bias=bias - bias.mean())


def _newton_step(problem: _Problem, point: _Point, *, gap: float) -> _Point | None:
    """Go one step down; none where the optimum is as near as wanted."""
    chances = softmax(point.scores)
    upward, upward_bias = problem.gradient(point, chances)
    size = float(np.sqrt((upward**2).sum() + (upward_bias**2).sum()))
    if size <= max(float(np.sqrt(2.0 * problem.penalty * gap)), 1e-14):
        return None
    exactness = min(0.1, np.sqrt(size)) * size  # superlinear near the optimum
    down, down_bias = _conjugate(
        problem, chances, (-upward, -upward_bias), exactness=exactness
    )
    moved = problem.design.forward(down) + down_bias
    slope = float(np.vdot(upward, down) + np.vdot(upward_bias, down_bias))
    length = 1.0
    for _ in range(30):
        following = problem.at(
            point.weights + length * down,
            point.bias + length * down_bias,
            point.scores + length * moved,
        )
        # Near the optimum the gain drowns in rounding: a full step is right there.
        if following.value <= point.value + 1e-4 * length * slope + 1e-15:
            return following
        length /= 2.0
    return None


def _conjugate(
    problem: _Problem,
    chances: Vector,
    aim: tuple[Vector, Vector],
    *,
    exactness: float,
) -> tuple[Vector, Vector]:
    """Solve `second derivative * direction = aim` by conjugate gradients."""
    spread = float((chances * (1.0 - chances)).mean())
    scale = 1.0 / (spread * problem.design.squares[:, None] + problem.penalty)
    rest, rest_bias = aim[0].copy(), aim[1].copy()
    found, found_bias = np.zeros_like(rest), np.zeros_like(rest_bias)
    eased, eased_bias = scale * rest, rest_bias / max(spread, 1e-12)
    along, along_bias = eased.copy(), eased_bias.copy()
    product = float(np.vdot(rest, eased) + np.vdot(rest_bias, eased_bias))
    for _ in range(CONJUGATE_STEPS):
        bent, bent_bias = problem.bend(chances, along, along_bias)
        curve = float(np.vdot(along, bent) + np.vdot(along_bias, bent_bias))
        if curve <= 0.0:  # only the common shift of all biases is flat
            break
        length = product / curve
        found += length * along
        found_bias += length * along_bias
        rest -= length * bent
        rest_bias -= length * bent_bias
        if float((rest**2).sum() + (rest_bias**2).sum()) <= exactness**2:
            break
        eased, eased_bias = scale * rest, rest_bias / max(spread, 1e-12)
        before = product
        product = float(np.vdot(rest, eased) + np.vdot(rest_bias, eased_bias))
        along = eased + (product / before) * along
        along_bias = eased_bias + (product / before) * along_bias
    return found, found_bias
