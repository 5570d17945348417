# SPDX-License-Identifier: Apache-2.0
"""Tables: CSV in its declared dialect, TSV, and Parquet."""

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from arro3.io import read_parquet

from maalem.corpus.encodings import find_encoding
from maalem.corpus.pieces import Given, Piece, Raw, Tick
from maalem.corpus.rows import choose_columns, make_raw
from maalem.errors import DataError

_ROWS_A_TICK = 500


def read_csv(given: Given) -> Iterator[Piece]:
    """Read a table of text with a header; the delimiter is declared, never guessed.

    A row with too few or too many cells, a quote that is not closed or not at a cell's
    border, is a refusal that names the line.

    Raises:
        DataError: There is no header, a column is missing, the encoding is doubtful.
    """
    codec, flags = find_encoding(given.path)
    csv.field_size_limit(given.limits.line_mb << 20)
    with given.path.open(encoding=codec, newline="") as stream:
        for piece in _rows(given, stream):
            yield replace(piece, flags=flags) if isinstance(piece, Raw) else piece


def _rows(given: Given, stream: TextIO) -> Iterator[Piece]:
    tab = given.path.suffix.lower() == ".tsv"
    delimiter = "\t" if tab else given.columns.delimiter
    reader = csv.reader(stream, delimiter=delimiter, strict=True)
    header = _header(reader)
    columns = choose_columns(given.columns, header)
    number, line = 0, reader.line_num + 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            reason = f"the row that begins here is no CSV: {error}"
            yield given.refusal("corpus.csv", reason, place=f"line {line}")
            return
        if cells is None:
            return
        if cells:
            number += 1
            _refuse_many(number, given.limits.rows)
            if len(cells) == len(header):
                row = dict(zip(header, cells, strict=True))
                yield make_raw(given, columns, row, place=f"row {number}")
            else:
                reason = f"{len(cells)} cells, but the header has {len(header)}"
                yield given.refusal("corpus.ragged", reason, place=f"line {line}")
        line = reader.line_num + 1
        if number % _ROWS_A_TICK == 0:
            yield Tick(at=stream.buffer.tell())


def _refuse_many(number: int, most: int) -> None:
    if number > most:
        raise DataError(
            f"there are more than {most} rows",
            hint="raise `rows` in [reading]",
            code="corpus.too-many-rows",
        )


def _header(reader: Iterator[list[str]]) -> list[str]:
    try:
        header = next(reader, [])
    except csv.Error as error:
        raise DataError(f"line 1 is no CSV: {error}", code="corpus.csv") from error
    if not any(header):
        raise DataError("there is no header", code="corpus.columns")
    return header


def read_columns(given: Given) -> Iterator[Piece]:
    """Read a Parquet file, one batch of rows in memory at a time.

    Raises:
        DataError: It is no Parquet file, a column is missing, or there are too many
            rows.
    """
    _refuse_footer(given.path)
    reader = read_parquet(str(given.path))
    columns = choose_columns(given.columns, list(reader.schema.names))
    number = 0
    for batch in reader:
        values = {name: batch[name].to_pylist() for name in columns.named}
        for index in range(batch.num_rows):
            number += 1
            row = {name: _plain(values[name][index]) for name in columns.named}
            _refuse_many(number, given.limits.rows)
            yield make_raw(given, columns, row, place=f"row {number}")
        yield Tick()


def _refuse_footer(path: Path) -> None:
    """Refuse no Parquet file here: the library would end the process."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        start = stream.read(4)
        stream.seek(max(0, size - 8))
        length, end = int.from_bytes(stream.read(4), "little"), stream.read(4)
    if start != b"PAR1" or end != b"PAR1" or length + 12 > size:
        raise DataError("this is no whole Parquet file", code="corpus.unreadable")


def _plain(value: object) -> object:
    return value.isoformat() if hasattr(value, "isoformat") else value
