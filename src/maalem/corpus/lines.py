# SPDX-License-Identifier: Apache-2.0
"""JSON Lines, read strictly: what two readers could take differently is refused."""

import json
from collections.abc import Iterator
from typing import NoReturn

from maalem.corpus.pieces import Given, Piece, Tick
from maalem.corpus.rows import choose_columns, make_raw
from maalem.errors import DataError

_DEPTH = 64
_LINES_A_TICK = 500


def read_json_lines(given: Given) -> Iterator[Piece]:
    """Read one JSON object a line; a line that is refused says why, by its number.

    Refused are: bytes that are not UTF-8, `NaN` and `Infinity`, a key that stands
    twice, a depth of more than 64, an integer of more than 4,300 digits, half of a
    surrogate pair, a line longer than the limit, and anything but an object.

    Raises:
        DataError: There are too many lines.
    """
    most = given.limits.line_mb << 20
    with given.path.open("rb") as stream:
        number = 0
        while line := stream.readline(most + 1):
            number += 1
            place = f"line {number}"
            if len(line) > most:
                reason = f"the line is longer than {given.limits.line_mb} MiB"
                yield given.refusal("corpus.jsonl", reason, place=place)
                while line and not line.endswith(b"\n"):
                    line = stream.readline(most)
            elif line.strip():
                yield _piece(given, line.removeprefix(b"\xef\xbb\xbf"), place)
            if number > given.limits.rows:
                raise DataError(
                    f"there are more than {given.limits.rows} lines",
                    hint="raise `rows` in [reading]",
                    code="corpus.too-many-rows",
                )
            if number % _LINES_A_TICK == 0:
                yield Tick(at=stream.tell())


def _piece(given: Given, line: bytes, place: str) -> Piece:
    try:
        row = strict_object(line)
        columns = given.columns
        if not columns.text:
            columns = choose_columns(given.columns, list(row))
    except DataError as error:
        return given.refusal(error.code, error.message, place=place)
    missing = [name for name in columns.text if name not in row]
    if missing:
        reason = f"there is no key {missing[0]!r}"
        return given.refusal("corpus.columns", reason, place=place)
    made: Piece = make_raw(given, columns, row, place=place)
    return made


def strict_object(line: bytes) -> dict[str, object]:
    """Parse one JSON object.

    Raises:
        DataError: It is refused; code `corpus.jsonl`, or `corpus.encoding`.
    """
    try:
        text = line.decode()
        value = json.loads(
            text, parse_constant=_no_constant, object_pairs_hook=_no_twin
        )
        if "\\ud" in text or "\\uD" in text:
            json.dumps(value, ensure_ascii=False).encode()
    except UnicodeDecodeError as error:
        raise DataError(
            f"byte {error.start} of the line is not UTF-8", code="corpus.encoding"
        ) from error
    except UnicodeEncodeError as error:
        raise _bad("half of a surrogate pair stands in it") from error
    except (ValueError, RecursionError) as error:
        raise _bad(f"it is no JSON: {str(error)[:120]}") from error
    if not isinstance(value, dict):
        raise _bad("it is no JSON object")
    if text.count("{") + text.count("[") > _DEPTH and _depth(value) > _DEPTH:
        raise _bad(f"it is nested deeper than {_DEPTH}")
    return value


def _depth(value: object) -> int:
    """Measure nesting layer by layer: no recursion, however deep."""
    depth, layer = 0, [value]
    while layer := [one for one in layer if isinstance(one, dict | list)]:
        depth += 1
        inner: list[object] = []
        for one in layer:
            inner += one.values() if isinstance(one, dict) else one
        layer = inner
    return depth


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _no_twin(pairs: list[tuple[str, object]]) -> dict[str, object]:
    value = dict(pairs)
    if len(value) < len(pairs):
        names = [name for name, _ in pairs]
        twin = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"key {twin[:40]!r} stands twice")
    return value


def _bad(reason: str) -> DataError:
    return DataError(reason, code="corpus.jsonl")
