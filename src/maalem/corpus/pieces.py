# SPDX-License-Identifier: Apache-2.0
"""What a reader of one file format is given, and the pieces it gives back."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from maalem.corpus.report import Refusal
from maalem.corpus.settings import ColumnMap, ReadLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One file to read.

    Attributes:
        path: Where it lies now; for a member of an archive, where it was unpacked.
        source: Its name as added; a member's stands behind its archive's and a slash.
        columns: Which column is what.
        limits: What it may cost.
        scratch: A folder to unpack into, removed afterwards.
        depth: How many archives it lies in.
    """

    path: Path
    source: str
    columns: ColumnMap
    limits: ReadLimits
    scratch: Path
    depth: int = 0

    def refusal(self, code: str, reason: str, *, place: str = "") -> Refusal:
        """Refuse this file or a place in it."""
        return Refusal(source=self.source, place=place, code=code, reason=reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """A document as its file has it, not cleaned yet.

    Attributes:
        source: As in `Given`.
        place: `row 17`, `line 3`, or empty for the whole file.
        text: Its text.
        group: What the mapped group column says.
        date: ISO 8601.
        label: What the mapped label column says.
        fields: Other mapped columns.
        flags: What the format's reader noticed.
    """

    source: str
    place: str
    text: str
    group: str | None = None
    date: str | None = None
    label: str | None = None
    fields: tuple[tuple[str, str], ...] = ()
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A sign of life: what follows has its seconds anew.

    Attributes:
        at: Bytes of the file read so far.
    """

    at: int = 0


Piece: TypeAlias = Raw | Refusal | Tick
Reader: TypeAlias = Callable[[Given], Iterator[Piece]]

EMPTY = "corpus.empty"
"""The one refusal of a row that is no fault of its file."""


def whole_or_nothing(given: Given, read: Reader) -> Iterator[Piece]:
    """Give a table's rows if all are good, or else the first bad one alone.

    The file is read twice, so that nothing of it is kept before it is known to be
    good; with `skip_bad` it is read once, and bad rows stand beside good ones.
    """
    if not given.limits.skip_bad:
        for piece in read(given):
            if isinstance(piece, Refusal) and piece.code != EMPTY:
                reason = f"{piece.reason}; nothing of this file was read"
                yield given.refusal(piece.code, reason, place=piece.place)
                return
            if isinstance(piece, Tick):
                yield Tick()
    yield from read(given)
