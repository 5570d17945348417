# SPDX-License-Identifier: Apache-2.0
"""Counts of a dataset arranged as a table: a label a line, something else a column."""

from collections.abc import Iterable
from dataclasses import dataclass

from maalem.dataset.portrait import OTHERS, Counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Cross:
    """Rows counted by label and by something else.

    Attributes:
        columns: What else, as it stands in the data, the largest first.
        rows: Triples of label, counts by column, and rows in all.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[int, ...], int], ...]


def crossed(
    counts: Counts, labels: Iterable[str], *, columns: Iterable[str] = ()
) -> Cross:
    """Arrange counts as a table.

    Args:
        counts: Triples of label, column and rows.
        labels: The labels, in the task's order.
        columns: The columns in their order; by size where none are given.
    """
    cells = {(label, column): count for label, column, count in counts}
    sizes: dict[str, int] = {}
    for _, column, count in counts:
        sizes[column] = sizes.get(column, 0) + count
    found = tuple(columns) or tuple(
        sorted(sizes, key=lambda name: (name == OTHERS, -sizes[name], name))
    )
    return Cross(
        columns=found,
        rows=tuple(
            (label, several, sum(several))
            for label in labels
            if (several := tuple(cells.get((label, name), 0) for name in found))
        ),
    )
