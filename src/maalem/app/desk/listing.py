# SPDX-License-Identifier: Apache-2.0
"""A long list shown in parts, of which only what is shown is read."""

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
        is_last: Whether nothing comes after it.
        asked: What else the address says, such as the words searched for.
    """

    rows: tuple[T, ...]
    number: int
    is_last: bool
    asked: Mapping[str, str]

    def query(self, number: int) -> str:
        """Give the address's query for another part."""
        said = {key: value for key, value in self.asked.items() if value}
        return urlencode(said | {"part": str(number)})


def part_of(
    rows: Iterable[T],
    number: int,
    *,
    size: int,
    asked: Mapping[str, str] | None = None,
) -> Part[T]:
    """Cut one part out of a list; what comes after it is not read.

    Args:
        rows: All rows, in order.
        number: Which part, from 1; less is the first.
        size: Rows of a part.
        asked: What else the address says.
    """
    number = max(1, number)
    first = (number - 1) * size
    found = tuple(islice(rows, first, first + size + 1))
    return Part(
        rows=found[:size],
        number=number,
        is_last=len(found) <= size,
        asked=asked or {},
    )
