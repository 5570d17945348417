# SPDX-License-Identifier: Apache-2.0
"""Features in the form in which a head is fitted fastest, its optimum unmoved."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from maalem.models.sparse import SparseRows

Vector = NDArray[np.float64]
Features: TypeAlias = NDArray[np.float32] | NDArray[np.float64] | SparseRows


SMALL = 2500  # sparse rows up to which their products are taken: 50 MB, and 4 s


@dataclass(frozen=True, slots=True, kw_only=True)
class Axes:
    """How dense features were turned: `(features - mean) @ turn`, an isometry.

    Attributes:
        mean: Mean of the features, shape (features,).
        turn: Principal axes, orthonormal columns, shape (features, width).
    """

    mean: Vector
    turn: Vector

    def inward(self, weights: Vector) -> Vector:
        """Give weights of the features along the axes."""
        return self.turn.T @ weights

    def outward(self, weights: Vector) -> Vector:
        """Give weights along the axes as weights of the features."""
        return self.turn @ weights


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The same for sparse features, whose axes are mixtures of rows.

    Attributes:
        mean: Mean of the features, shape (features,).
        rows: The features.
        columns: The features, transposed.
        mixes: How rows make an axis, shape (rows, width).
    """

    mean: Vector
    rows: SparseRows
    columns: SparseRows
    mixes: Vector

    def inward(self, weights: Vector) -> Vector:
        """Give weights of the features along the axes."""
        return self.mixes.T @ self.rows.times(weights)

    def outward(self, weights: Vector) -> Vector:
        """Give weights along the axes as weights of the features."""
        return self.columns.times(self.mixes @ weights)


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """Features ready to be fitted.

    Attributes:
        rows: Shape (n, width), dense or sparse.
        columns: The same, transposed, where it is sparse.
        squares: Mean square of each column, shape (width,): the diagonal of the second
            derivative but for the penalty.
        axes: How features were turned; none if they were not.
    """

    rows: Vector | SparseRows
    columns: SparseRows | None
    squares: Vector
    axes: Axes | Span | None

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
        return self.axes.inward(weights), bias + self.axes.mean @ weights

    def outward(self, weights: Vector, bias: Vector) -> tuple[Vector, Vector]:
        """Turn a head of this design into one of the features."""
        if self.axes is None:
            return weights, bias
        turned = self.axes.outward(weights)
        return turned, bias - self.axes.mean @ turned


def design_of(features: Features) -> Design:
    """Bring features into the form in which they are fitted.

    Features are centred and turned into their principal axes: the bias takes up the
    shift, a turn keeps the penalty, and the second derivative becomes almost diagonal,
    so that a few conjugate gradients solve it. Many sparse rows stay as they are.

    Args:
        features: Shape (n, features).
    """
    if isinstance(features, SparseRows):
        small = features.shape[0] <= SMALL
        return _spanned(features) if small else _untouched(features)
    dense = np.asarray(features, np.float64)
    axes = _principal_axes(dense)
    return _turned((dense - axes.mean) @ axes.turn, axes)


def extended(design: Design, features: NDArray[np.float32]) -> Design | None:
    """Add rows to a design of dense features without turning the old ones again.

    Any centre and any whole set of axes will do, so those of the old rows serve.

    Returns:
        None where the axes do not span all features, as with few rows: make a new one.
    """
    axes, old = design.axes, design.rows
    if not isinstance(axes, Axes) or not isinstance(old, np.ndarray):
        return None
    if axes.turn.shape[0] != axes.turn.shape[1]:
        return None
    new = (features.astype(np.float64) - axes.mean) @ axes.turn
    return _turned(np.concatenate([old, new]), axes)


def _turned(rows: Vector, axes: Axes | Span) -> Design:
    return Design(rows=rows, columns=None, squares=(rows**2).mean(axis=0), axes=axes)


def _untouched(features: SparseRows) -> Design:
    squares = np.zeros(features.width)
    np.add.at(squares, features.columns, features.values**2)
    return Design(
        rows=features,
        columns=features.transposed(),
        squares=squares / max(1, features.shape[0]),
        axes=None,
    )


def _spanned(features: SparseRows) -> Design:
    count = features.shape[0]
    columns = features.transposed()
    products = features.gram()
    products -= products.mean(axis=0)
    products -= products.mean(axis=1, keepdims=True)
    lengths, mixes = _eigen(products)
    mixes -= mixes.mean(axis=0)  # the same as centring the features
    axes = Span(
        mean=columns.times(np.full((count, 1), 1.0 / count))[:, 0],
        rows=features,
        columns=columns,
        mixes=mixes / np.sqrt(lengths),
    )
    return _turned(mixes * np.sqrt(lengths), axes)


def _principal_axes(dense: Vector) -> Axes:
    mean = dense.mean(axis=0)
    centred = dense - mean
    if dense.shape[0] >= dense.shape[1]:
        return Axes(mean=mean, turn=np.linalg.eigh(centred.T @ centred)[1])
    # With fewer rows than columns the optimum lies in the span of the rows.
    lengths, mixes = _eigen(centred @ centred.T)
    turn = centred.T @ (mixes / np.sqrt(lengths))
    return Axes(mean=mean, turn=np.linalg.qr(turn)[0] if turn.size else turn)


def _eigen(products: Vector) -> tuple[Vector, Vector]:
    """Give the eigenvalues that are not zero but for rounding, and their vectors."""
    lengths, mixes = np.linalg.eigh(products)
    kept = lengths > max(float(lengths[-1]), 1e-300) * 1e-12
    return lengths[kept], mixes[:, kept]


def take_rows(features: Features, places: NDArray[np.int64]) -> Features:
    """Give some of the rows, in the order asked for."""
    if isinstance(features, SparseRows):
        return features.take(places)
    return features[places]
