# SPDX-License-Identifier: Apache-2.0
"""Files as JSON objects: one a line, or an array that is read piece by piece."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, TextIO, TypeAlias

from maalem.corpus import Refusal
from maalem.corpus.lines import strict_object
from maalem.errors import DataError
from maalem.experts.imported import AnnotationMap, Given
from maalem.tasks import TaskDefinition

Row: TypeAlias = tuple[str, Mapping[str, object]]
"""Where it stands, and its keys and values."""

_BOM = b"\xef\xbb\xbf"
_CHUNK = 1 << 16
_SPACE = re.compile(r"[\ufeff \t\r\n]*")
_BOUNDS = json.JSONDecoder(parse_int=len, parse_float=len)  # for where it ends alone


def given_file(
    path: Path,
    *,
    mapping: AnnotationMap | None = None,
    task: TaskDefinition | None = None,
) -> Given:
    """Name a file that is to be read, with how.

    Raises:
        DataError: It is missing or empty.
    """
    given = Given(path=path, mapping=mapping or AnnotationMap(), task=task)
    if not path.is_file():
        raise DataError(f"{given.source} is no file", code="experts.no-file")
    if not first_byte(given):
        raise DataError(f"{given.source} is empty", code="experts.no-file")
    return given


def json_rows(given: Given) -> Iterator[Row | Refusal]:
    """Read one JSON object a line; a bad line is refused by its number.

    Without `skip_bad` the first bad line ends the reading.
    """
    most = given.mapping.line_mb << 20
    with given.path.open("rb") as stream:
        number = 0
        while line := stream.readline(most + 1):
            number += 1
            place = f"line {number}"
            long = len(line) > most
            _skip_rest(stream, line if long else b"\n", most)
            if not long and not line.strip():
                continue
            row = _too_long(given, place) if long else _parsed(given, place, line)
            yield row
            if isinstance(row, Refusal) and not given.mapping.skip_bad:
                return


def _skip_rest(stream: BinaryIO, line: bytes, most: int) -> None:
    while line and not line.endswith(b"\n"):
        line = stream.readline(most)


def _too_long(given: Given, place: str) -> Refusal:
    reason = f"it is longer than {given.mapping.line_mb} MiB"
    return given.refusal(place, "experts.bad-line", reason)


def _parsed(given: Given, place: str, text: bytes) -> Row | Refusal:
    try:
        return place, strict_object(text.removeprefix(_BOM))
    except DataError as error:
        return given.refusal(place, "experts.bad-line", error.message)


def array_rows(given: Given) -> Iterator[Row | Refusal]:
    """Read the objects of a JSON array one at a time, never the whole file at once."""
    number = 0
    try:
        with given.path.open(
            encoding="utf-8", errors="surrogateescape", newline=""
        ) as stream:  # so that bytes that are not UTF-8 are refused where they stand
            for text in _elements(_Window(stream), given.mapping.line_mb << 20):
                number += 1
                row = _parsed(
                    given,
                    f"task {number}",
                    text.encode("utf-8", "surrogateescape"),
                )
                yield row
                if isinstance(row, Refusal) and not given.mapping.skip_bad:
                    return
    except DataError as error:
        place = f"task {number + 1}"
        yield given.refusal(place, "experts.bad-line", error.message)


def _elements(window: "_Window", most: int) -> Iterator[str]:
    """Cut an array into its elements.

    Raises:
        DataError: It is no array, is broken or ends in its middle, goes on after its
            end, or has an element of more than `most` characters.
    """
    window.take("[", "the file is no JSON array")
    if window.peek() != "]":
        yield window.element(most)
    while window.peek() == ",":
        window.take(",", "")
        yield window.element(most)
    window.take("]", "the array is broken, or ends in the middle")
    if window.peek():
        raise DataError("the file goes on after its array")


class _Window:
    """The part of a file that is being looked at."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._text = ""
        self._at = 0

    def peek(self) -> str:
        """Give the next character that is no space; empty at the end."""
        while True:
            space = _SPACE.match(self._text, self._at)
            self._at = space.end() if space else self._at
            if self._at < len(self._text) or not self._fill():
                return self._text[self._at : self._at + 1]

    def take(self, mark: str, otherwise: str) -> None:
        """Step over a character that must come next."""
        if self.peek() != mark:
            raise DataError(otherwise)
        self._at += 1

    def element(self, most: int) -> str:
        """Step over one JSON value and give its text."""
        self.peek()
        while True:
            try:
                _, end = _BOUNDS.raw_decode(self._text, self._at)
            except RecursionError as error:
                raise DataError("it is nested deeper than 64") from error
            except ValueError as error:
                if len(self._text) - self._at > most:
                    raise _too_big(most) from error
                if not self._fill():
                    reason = "it is no JSON, or the file ends in the middle of it"
                    raise DataError(reason) from error
            else:
                begin, self._at = self._at, end
                if end - begin > most:
                    raise _too_big(most)
                return self._text[begin:end]

    def _fill(self) -> bool:
        """Read on; as much again as there is, so that a long value costs no square."""
        more = self._stream.read(max(_CHUNK, len(self._text) - self._at))
        self._text = self._text[self._at :] + more
        self._at = 0
        return bool(more)


def _too_big(most: int) -> DataError:
    return DataError(f"it is longer than {most >> 20} MiB")


def first_byte(given: Given) -> str:
    """Give the first character of a file that is no space; empty if there is none."""
    with given.path.open("rb") as stream:
        return stream.read(_CHUNK).removeprefix(_BOM).lstrip()[:1].decode("latin-1")
