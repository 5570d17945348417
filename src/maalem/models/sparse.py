# SPDX-License-Identifier: Apache-2.0
"""Matrices that are mostly zero, as far as a linear head needs them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

COMMON = 32  # entries of a column above which a dense product is cheaper


@dataclass(frozen=True, slots=True, kw_only=True)
class SparseRows:
    """A matrix kept as the entries of its rows (CSR).

    Attributes:
        starts: First entry of each row and the end of the last, shape (rows + 1,).
        columns: Column of each entry, in [0, width), shape (entries,).
        values: Value of each entry, shape (entries,).
        width: Number of columns.
    """

    starts: NDArray[np.int64]
    columns: NDArray[np.int64]
    values: NDArray[np.float64]
    width: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return len(self.starts) - 1, self.width

    def times(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """Multiply by a dense matrix of shape (width, k), giving shape (rows, k)."""
        result = np.zeros((self.shape[0], matrix.shape[1]))
        # A row without entries would take its neighbour's sum, so it is left at zero.
        filled = np.flatnonzero(np.diff(self.starts))
        if len(filled):
            # Column by column: the gather then stays inside the second-level cache.
            for place in range(matrix.shape[1]):
                parts = np.ascontiguousarray(matrix[:, place])[self.columns]
                parts *= self.values
                result[filled, place] = np.add.reduceat(parts, self.starts[filled])
        return result

    def gram(self) -> NDArray[np.float64]:
        """Give the products of every two rows, shape (rows, rows).

        Columns with many entries are multiplied as a dense matrix, the others entry by
        entry.
        """
        rows = self.shape[0]
        turned = self.transposed()
        counts = np.diff(turned.starts)
        common = turned.take(np.flatnonzero(counts > COMMON))
        dense = np.zeros(common.shape)
        lines = np.repeat(np.arange(common.shape[0]), np.diff(common.starts))
        dense[lines, common.columns] = common.values
        rare = turned.take(np.flatnonzero(counts <= COMMON))
        lengths = np.diff(rare.starts)
        partners = np.repeat(lengths, lengths)
        first = np.repeat(np.repeat(rare.starts[:-1], lengths), partners)
        ramp = np.arange(partners.sum()) - np.repeat(
            np.cumsum(partners) - partners, partners
        )
        other = first + ramp
        cells = np.repeat(rare.columns, partners) * rows + rare.columns[other]
        products = np.repeat(rare.values, partners) * rare.values[other]
        summed = np.bincount(cells, weights=products, minlength=rows * rows)
        result: NDArray[np.float64] = summed.reshape(rows, rows) + dense.T @ dense
        return result

    def transposed(self) -> "SparseRows":
        """Give the same entries, rows and columns exchanged."""
        rows = np.repeat(np.arange(self.shape[0]), np.diff(self.starts))
        order = np.argsort(self.columns, kind="stable")
        counts = np.bincount(self.columns, minlength=self.width)
        return SparseRows(
            starts=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            columns=rows[order],
            values=self.values[order],
            width=self.shape[0],
        )

    def take(self, rows: NDArray[np.int64]) -> "SparseRows":
        """Give some of the rows, in the order asked for."""
        lengths = np.diff(self.starts)[rows]
        starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        shift = np.repeat(self.starts[rows] - starts[:-1], lengths)
        places = np.arange(starts[-1]) + shift
        return SparseRows(
            starts=starts,
            columns=self.columns[places],
            values=self.values[places],
            width=self.width,
        )

    def unit(self) -> "SparseRows":
        """Give every row with length 1; a row of zeros stays as it is."""
        squares = np.zeros(self.shape[0])
        rows = np.repeat(np.arange(self.shape[0]), np.diff(self.starts))
        np.add.at(squares, rows, self.values**2)
        lengths = np.where(squares > 0.0, np.sqrt(squares), 1.0)
        return SparseRows(
            starts=self.starts,
            columns=self.columns,
            values=self.values / lengths[rows],
            width=self.width,
        )


def sparse_rows(
    rows: Sequence[tuple[NDArray[np.int64], NDArray[np.float64]]], *, width: int
) -> SparseRows:
    """Put rows of columns and values together.

    Args:
        rows: For each row its columns, each at most once, and their values.
        width: Number of columns.
    """
    lengths = [len(columns) for columns, _ in rows]
    return SparseRows(
        starts=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        columns=np.concatenate([np.zeros(0, np.int64), *(c for c, _ in rows)]),
        values=np.concatenate([np.zeros(0), *(v for _, v in rows)]),
        width=width,
    )
