# SPDX-License-Identifier: Apache-2.0
"""What statements are sent through, whichever database has the tables."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, TypeAlias

Cells: TypeAlias = tuple[Any, ...]
"""A row as the database gives it."""

Phrase: TypeAlias = tuple[tuple[str, ...], bool]
"""Folded words that follow each other, and whether the last may go on."""


class Found(Protocol):
    """What a query found."""

    def __iter__(self) -> Iterator[Cells]:
        """Give the rows, one after the other."""
        ...

    def fetchone(self) -> Cells | None:
        """Give the next row, if there is one."""
        ...

    def fetchall(self) -> list[Cells]:
        """Give all rows that are left."""
        ...

    @property
    def rowcount(self) -> int:
        """How many rows a change has touched."""
        ...


class Tables(Protocol):
    """The tables that may change: people, sessions, leases; nothing of the ledger."""

    def execute(self, query: str, values: Sequence[object] = (), /) -> Found:
        """Run one statement; `?` stands for each value."""
        ...


class Folded(NamedTuple):
    """A passage as it is found.

    Attributes:
        words: Its words in their order, folded: letters, digits and `_` only.
        traits: What else it is looked for by, such as its language: the same letters.
    """

    words: tuple[str, ...]
    traits: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is looked for; all of it must be there.

    Attributes:
        phrases: Words that follow each other.
        traits: Traits.
    """

    phrases: Sequence[Phrase] = ()
    traits: Sequence[str] = ()


class WordTable(Protocol):
    """The full text index of one database; every call is part of a transaction."""

    def add(self, tables: Tables, rows: Sequence[tuple[int, Folded]]) -> None:
        """Add passages by the numbers of their rows."""
        ...

    def erase(self, tables: Tables, rows: Sequence[int]) -> None:
        """Leave no word of some passages; the index may have to begin anew."""
        ...

    def clear(self, tables: Tables) -> None:
        """Take everything out."""
        ...

    def find(
        self, tables: Tables, question: Question, *, after: int, most: int
    ) -> list[Cells]:
        """Give row number and digest of passages beyond a row, in order of the rows."""
        ...
