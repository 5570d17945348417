# SPDX-License-Identifier: Apache-2.0
"""A long list shown in parts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Generic, TypeVar
from urllib.parse import urlencode

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part(Generic[T]):
    """One part of a long list.

    Attributes:
        rows: What it shows.
        number: Which part, from 1.
        pages: How many parts there are, at least 1.
        asked: What else the address says, such as the words searched for.
    """

    rows: tuple[T, ...]
    number: int
    pages: int
    asked: Mapping[str, str]

    def query(self, number: int) -> str:
        """Give the address's query for another part."""
        said = {key: value for key, value in self.asked.items() if value}
        return urlencode(said | {"part": str(number)})


def part_of(
    rows: Iterable[T],
    number: int,
    *,
    count: int,
    size: int,
    asked: Mapping[str, str] | None = None,
) -> Part[T]:
    """Cut one part out of a list; a number outside it gives the nearest part.

    Args:
        rows: All rows, in order; only those up to the part's end are asked for.
        number: Which part, from 1.
        count: How many rows there are.
        size: Rows of a part.
        asked: What else the address says.
    """
    pages = max(1, -(-count // size))
    number = min(max(1, number), pages)
    first = (number - 1) * size
    shown = tuple(islice(rows, first, first + size))
    return Part(rows=shown, number=number, pages=pages, asked=asked or {})
