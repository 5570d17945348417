# SPDX-License-Identifier: Apache-2.0
"""Arabic from a printed page: letters by where they stand become text as it is read."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

_GAP = 0.15  # of a letter's height; measured: spaces 0.22 and more, kerning up to .09
_SAME_LINE = 0.3  # of a letter's height
_RIGHT = frozenset({"R", "AL"})
_NUMBER = frozenset({"EN", "AN"})
_WITHIN_NUMBER = frozenset({"CS", "ES", "ET"})
_MIRROR = str.maketrans("()[]{}<>«»", ")(][}{><»«")


@dataclass(frozen=True, slots=True)
class Glyph:
    """One letter on a page, in points from its lower left corner.

    Attributes:
        text: The letter.
        left: Where it begins.
        right: Where it ends.
        base: The line it stands on.
        height: From the lowest to the highest letter of its font.
    """

    text: str
    left: float
    right: float
    base: float
    height: float


def text_of(glyphs: Sequence[Glyph]) -> str:
    """Read a page's letters line by line, whatever order they were written in.

    Columns side by side are read across; a line is taken for Arabic if most of its
    letters are.

    Source:
        Unicode Standard Annex 9, rules W4, W7, N1 and L4, undone. What they make look
        the same cannot be told apart: a number right of a Latin word belongs to it.
    """
    return "\n".join(map(_read_line, _lines(glyphs)))


def _lines(glyphs: Sequence[Glyph]) -> list[list[Glyph]]:
    lines: list[list[Glyph]] = []
    for glyph in sorted(glyphs, key=lambda one: -one.base):
        if lines and lines[-1][0].base - glyph.base < _SAME_LINE * glyph.height:
            lines[-1].append(glyph)
        else:
            lines.append([glyph])
    return lines


def _read_line(line: list[Glyph]) -> str:
    letters = _spaced(line)
    right = sum(_kind(one) in _RIGHT for one in letters)
    left = sum(_kind(one) == "L" for one in letters)
    runs = _runs(letters)
    if right >= left:
        return _turned(runs)
    return _with_islands(runs)


def _spaced(line: list[Glyph]) -> list[str]:
    """Give the letters from left to right, with their marks, and spaces for gaps."""
    bases = [one for one in line if not unicodedata.combining(one.text)]
    bases.sort(key=lambda one: (one.left, one.right))
    marks: dict[int, str] = {}
    for mark in (one for one in line if unicodedata.combining(one.text)):
        middle = (mark.left + mark.right) / 2
        near = [abs((one.left + one.right) / 2 - middle) for one in bases]
        if near:
            place = near.index(min(near))
            marks[place] = marks.get(place, "") + mark.text
    letters: list[str] = []
    end = bases[0].left if bases else 0.0
    for place, base in enumerate(bases):
        if base.left - end > _GAP * base.height:
            letters.append(" ")
        letters.append(base.text + marks.get(place, ""))
        end = max(end, base.right)
    return letters


def _runs(letters: list[str]) -> list[tuple[str, str]]:
    """Gather what reads from left to right: Latin with all between, and numbers."""
    runs: list[tuple[str, str]] = []
    place = 0
    while place < len(letters):
        kind = _kind(letters[place])
        end = place + 1
        if kind == "L":
            end = _end_of_latin(letters, place)
        elif kind in _NUMBER:
            end = _end_of_number(letters, place)
        name = "right" if kind in _RIGHT else "left" if end > place + 1 else kind
        runs.append((name, "".join(letters[place:end])))
        place = end
    return runs


def _end_of_latin(letters: list[str], place: int) -> int:
    end = place + 1
    while place < len(letters) and _kind(letters[place]) not in _RIGHT | {"AN"}:
        place += 1
        end = place if _kind(letters[place - 1]) in {"L", "EN"} else end
    return end


def _end_of_number(letters: list[str], place: int) -> int:
    while place < len(letters) and _kind(letters[place]) in _NUMBER:
        place += 1
        between = letters[place : place + 2]
        if len(between) == 2 and _kind(between[0]) in _WITHIN_NUMBER:
            place += _kind(between[1]) in _NUMBER
    return place


def _turned(runs: Sequence[tuple[str, str]]) -> str:
    parts = [
        text.translate(_MIRROR) if name not in {"left", "L", "EN", "AN"} else text
        for name, text in reversed(runs)
    ]
    return "".join(parts)


def _with_islands(runs: list[tuple[str, str]]) -> str:
    """Turn only the stretches that begin and end with Arabic."""
    text, place = "", 0
    while place < len(runs):
        end = place + 1
        if runs[place][0] == "right":
            for ahead in range(place, len(runs)):
                if runs[ahead][0] in {"left", "L"}:
                    break
                end = ahead + 1 if runs[ahead][0] == "right" else end
        text += _turned(runs[place:end]) if end > place + 1 else runs[place][1]
        place = end
    return text


def _kind(letter: str) -> str:
    return unicodedata.bidirectional(letter[0])
