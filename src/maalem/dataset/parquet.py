# SPDX-License-Identifier: Apache-2.0
"""Examples as the rows of a Parquet file, equal bytes for equal examples."""

from collections.abc import Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

from arro3.core import Array, DataType, Field, RecordBatch, Schema, Table, list_array
from arro3.io import read_parquet, write_parquet

from maalem.errors import IntegrityError
from maalem.records import Digest, Example

LISTS = ("annotations", "near")
NULLABLE = ("date", "passage")
COLUMNS = {
    "item": "Digest of the task's name and the passage: the question asked.",
    "text": "The input, as it was shown to the experts.",
    "label": "The settled answer.",
    "group": "What must not stand on both sides of a split.",
    "language": "Language of the text: an ISO 639 code, or und.",
    "split": "teaching, calibration, exam or later.",
    "date": "ISO 8601 date of the document, if known.",
    "annotations": "Digests of the experts' answers behind the label.",
    "rule": "How the label was settled: single, unanimous, majority or adjudicated.",
    "passage": "Digest of the passage of the corpus, if known.",
    "near": "Digests of the passages that are near duplicates of it.",
}
_PANIC = "PanicException"
_ROWS = 8192  # in a batch: the texts of one stay far below Arrow's 2 GB


def write_rows(examples: Sequence[Example], path: Path) -> None:
    """Write examples as they come, one row each.

    With one version of arro3, equal examples give equal bytes: the writer's name is
    fixed and no time is written.
    """
    starts = range(0, max(1, len(examples)), _ROWS)
    batches = [_batch(examples[start : start + _ROWS]) for start in starts]
    table = Table.from_batches(batches, schema=batches[0].schema)
    write_parquet(table, path, compression="zstd(3)", created_by="maalem")


def read_rows(path: Path) -> tuple[Example, ...]:
    """Read the examples that `write_rows` wrote; check the file's digest before.

    Raises:
        IntegrityError: It is no Parquet file, or its columns are others.
    """
    return tuple(row for batch in batches_of(path) for row in _examples(batch))


def batches_of(path: Path) -> Iterator[Any]:
    """Read the record batches of a file, one after the other.

    Raises:
        IntegrityError: It is no Parquet file, or its columns are others.
    """
    try:
        for batch in read_parquet(path, batch_size=_ROWS):
            _refuse_other_columns(batch)
            yield batch
    except BaseException as error:  # arro3 0.9 panics, and a panic is no `Exception`
        is_panic = type(error).__name__ == _PANIC
        if isinstance(error, IntegrityError | GeneratorExit):
            raise
        if not is_panic and not isinstance(error, Exception):
            raise
        raise IntegrityError(
            f"{path.name} is not a Parquet file", why=str(error)
        ) from error


def rows_at(batch: Any, places: Sequence[int]) -> tuple[Example, ...]:  # noqa: ANN401  # arro3 has no stubs
    """Make the examples of some rows of a batch, in the order asked for."""
    return tuple(_examples(batch.take(Array(places, type=DataType.uint64()))))


def _batch(examples: Sequence[Example]) -> RecordBatch:
    fields, arrays = zip(*(_column(name, examples) for name in COLUMNS), strict=True)
    return RecordBatch.from_arrays(list(arrays), schema=Schema(list(fields)))


def _column(name: str, examples: Sequence[Example]) -> tuple[Any, Any]:
    values = [getattr(row, name) for row in examples]
    text = DataType.utf8()
    if name not in LISTS:
        field = Field(name, text, nullable=name in NULLABLE)
        return field, Array(values, type=text)
    ends = [0, *accumulate(len(value) for value in values)]
    parts = Array([one for value in values for one in value], type=text)
    made = list_array(Array(ends, type=DataType.int32()), parts)
    return Field(name, made.type, nullable=False), made


def _examples(batch: Any) -> Iterator[Example]:  # noqa: ANN401  # arro3 has no stubs
    columns = [batch.column(name).to_pylist() for name in COLUMNS]
    for cells in zip(*columns, strict=True):
        row = dict(zip(COLUMNS, cells, strict=True))
        near = tuple(Digest(one) for one in row.pop("near"))
        annotations = tuple(Digest(one) for one in row.pop("annotations"))
        yield Example(annotations=annotations, near=near, **row)


def _refuse_other_columns(batch: Any) -> None:  # noqa: ANN401  # arro3 has no stubs
    if set(batch.schema.names) != set(COLUMNS):
        raise IntegrityError(
            "a Parquet file has other columns than a dataset",
            why=", ".join(batch.schema.names),
        )
