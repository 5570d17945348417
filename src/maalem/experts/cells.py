# SPDX-License-Identifier: Apache-2.0
"""Tables of text in their declared dialect, and cells that no spreadsheet runs."""

import csv
import re
from collections.abc import Iterator

from maalem.corpus import Refusal
from maalem.corpus.encodings import find_encoding
from maalem.errors import DataError
from maalem.experts.imported import Given
from maalem.experts.rows import Row


def csv_rows(given: Given) -> Iterator[Row | Refusal]:
    """Read a CSV file with a header, in the declared dialect, as text.

    Raises:
        DataError: The encoding is doubtful, or there is no header; `experts.csv`.
    """
    codec, flags = find_encoding(given.path)
    if flags:
        raise DataError(
            f"{given.source} is not UTF-8",
            hint="save the file as UTF-8",
            code="experts.csv",
        )
    csv.field_size_limit(given.mapping.line_mb << 20)
    is_tab = given.path.suffix.lower() == ".tsv"
    with given.path.open(encoding=codec, newline="") as stream:
        reader = csv.reader(
            stream, delimiter="\t" if is_tab else given.mapping.delimiter, strict=True
        )
        header = _header(given, reader)
        line = reader.line_num + 1
        while (cells := _next(given, reader, line)) is not None:
            if isinstance(cells, Refusal):
                yield cells
                return
            row = _row(given, (header, cells), f"line {line}") if cells else None
            line = reader.line_num + 1
            if row is not None:
                yield row
            if isinstance(row, Refusal) and not given.mapping.skip_bad:
                return


def _header(given: Given, reader: Iterator[list[str]]) -> list[str]:
    try:
        header = [_uncover(name) for name in next(reader, [])]
    except csv.Error as error:
        raise DataError(
            f"line 1 of {given.source} is no CSV", why=str(error), code="experts.csv"
        ) from error
    twice = [name for name in header if header.count(name) > 1]
    if not any(header) or twice:
        reason = f"column {twice[0]!r} stands twice" if twice else "it has no header"
        raise DataError(
            f"{given.source} is refused: {reason}",
            hint="give each column one name in the first line",
            code="experts.csv",
        )
    return header


def _next(
    given: Given, reader: Iterator[list[str]], line: int
) -> list[str] | Refusal | None:
    try:
        return next(reader, None)
    except csv.Error as error:
        reason = f"the row that begins here is no CSV: {error}"
        return given.refusal(f"line {line}", "experts.bad-line", reason)


def _row(given: Given, parts: tuple[list[str], list[str]], place: str) -> Row | Refusal:
    header, cells = parts
    if len(cells) != len(header):
        reason = f"{len(cells)} cells, but the header has {len(header)}"
        return given.refusal(place, "experts.bad-line", reason)
    return place, dict(zip(header, map(_uncover, cells), strict=True))


_COVERED = re.compile(r"'+[=+\-@\t\r\n＝＋－＠]")
_RISKY = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")


def cover(cell: str) -> str:
    """Put `'` before a cell that a spreadsheet would take for a formula.

    Source:
        OWASP, "CSV Injection". A cell that has `'` before such a sign already gets one
        more, so that reading takes away exactly what was put there.

    Examples:
        >>> cover("=1+1"), cover("'=1+1"), cover("'tis")
        ("'=1+1", "''=1+1", "'tis")
    """
    return f"'{cell}" if _RISKY.match(cell) else cell


def _uncover(cell: str) -> str:
    return cell[1:] if _COVERED.match(cell) else cell
