# SPDX-License-Identifier: Apache-2.0
"""Features in the form in which a head is fitted fastest, its optimum unmoved."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from maalem.models.sparse import SparseRows

Vector = NDArray[np.float64]
Features: TypeAlias = NDArray[np.float32] | NDArray[np.float64] | SparseRows


@dataclass(frozen=True, slots=True, kw_only=True)
class Axes:
    """How dense features were turned: `(features - mean) @ turn`, an isometry.

    Attributes:
        mean: Mean of the features, shape (features,).
        turn: Principal axes, orthonormal columns, shape (features, width).
    """

    mean: Vector
    turn: Vector


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """Features ready to be fitted.

    Attributes:
        rows: Shape (n, width), dense or sparse.
        columns: The same, transposed, where it is sparse.
        squares: Mean square of each column, shape (width,): the diagonal of the second
            derivative but for the penalty.
        axes: How dense features were turned; none if they were not.
    """

    rows: Vector | SparseRows
    columns: SparseRows | None
    squares: Vector
    axes: Axes | None

    @property
    def width(self) -> int:
        """Number of columns."""
        return int(self.rows.shape[1])

    def forward(self, weights: Vector) -> Vector:
        """Give `rows @ weights`, shape (n, k)."""
        if isinstance(self.rows, SparseRows):
            return self.rows.times(weights)
        result: Vector = self.rows @ weights
        return result

    def backward(self, errors: Vector) -> Vector:
        """Give `rows.T @ errors`, shape (width, k)."""
        if self.columns is not None:
            return self.columns.times(errors)
        assert isinstance(self.rows, np.ndarray)  # noqa: S101  # for the type checker
        result: Vector = self.rows.T @ errors
        return result

    def inward(self, weights: Vector, bias: Vector) -> tuple[Vector, Vector]:
        """Turn a head of the features into one of this design."""
        if self.axes is None:
            return weights.copy(), bias.copy()
        return self.axes.turn.T @ weights, bias + self.axes.mean @ weights

    def outward(self, weights: Vector, bias: Vector) -> tuple[Vector, Vector]:
        """Turn a head of this design into one of the features."""
        if self.axes is None:
            return weights, bias
        turned = self.axes.turn @ weights
        return turned, bias - self.axes.mean @ turned


def design_of(features: Features) -> Design:
    """Bring features into the form in which they are fitted.

    Dense features are centred and turned into their principal axes: the bias takes up
    the shift, a turn keeps the penalty, and the second derivative becomes almost
    diagonal, so that a few conjugate gradients solve it. Sparse ones stay as they are.

    Args:
        features: Shape (n, features).
    """
    if isinstance(features, SparseRows):
        columns = features.transposed()
        squares = np.zeros(features.width)
        np.add.at(squares, features.columns, features.values**2)
        return Design(
            rows=features,
            columns=columns,
            squares=squares / max(1, features.shape[0]),
            axes=None,
        )
    dense = np.asarray(features, np.float64)
    axes = _principal_axes(dense)
    rows = (dense - axes.mean) @ axes.turn
    squares = (rows**2).mean(axis=0)
    return Design(rows=rows, columns=None, squares=squares, axes=axes)


def _principal_axes(dense: Vector) -> Axes:
    mean = dense.mean(axis=0)
    centred = dense - mean
    if dense.shape[0] >= dense.shape[1]:
        return Axes(mean=mean, turn=np.linalg.eigh(centred.T @ centred)[1])
    # With fewer rows than columns the optimum lies in the span of the rows.
    lengths, mixes = np.linalg.eigh(centred @ centred.T)
    kept = lengths > max(float(lengths[-1]), 1e-300) * 1e-12
    turn = centred.T @ (mixes[:, kept] / np.sqrt(lengths[kept]))
    return Axes(mean=mean, turn=np.linalg.qr(turn)[0] if turn.size else turn)


def take_rows(features: Features, places: NDArray[np.int64]) -> Features:
    """Give some of the rows, in the order asked for."""
    if isinstance(features, SparseRows):
        return features.take(places)
    return features[places]
