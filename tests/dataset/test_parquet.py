# SPDX-License-Identifier: Apache-2.0
"""Examples survive Parquet, and other tools read it."""

import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dataset.builders import an_example, some_examples

from maalem.dataset.parquet import COLUMNS, read_rows, write_rows
from maalem.errors import IntegrityError
from maalem.records import digest_of, to_json

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(TEXTS, TEXTS, st.none() | TEXTS, st.integers(0, 3))))
def test_any_text_survives(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("rows") / "rows.parquet"
    examples = tuple(
        an_example(
            n,
            text=text,
            group=group,
            date=date,
            passage=None,
            near=tuple(digest_of(one) for one in range(near)),
        )
        for n, (text, group, date, near) in enumerate(rows)
    )
    write_rows(examples, path)
    assert read_rows(path) == examples


def test_equal_examples_give_equal_bytes(tmp_path):
    paths = [tmp_path / name for name in ("a.parquet", "b.parquet")]
    for path in paths:
        write_rows(some_examples(), path)
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_more_rows_than_a_batch_holds_survive(tmp_path):
    examples = tuple(an_example(number) for number in range(8193))
    write_rows(examples, tmp_path / "rows.parquet")
    assert read_rows(tmp_path / "rows.parquet") == examples


def test_pyarrow_reads_the_same_rows(tmp_path):
    path = tmp_path / "rows.parquet"
    write_rows(some_examples(), path)
    table = pq.read_table(path)
    assert table.column_names == list(COLUMNS)
    assert table.to_pylist() == [to_json(example) for example in some_examples()]


def test_pandas_reads_the_same_texts(tmp_path):
    path = tmp_path / "rows.parquet"
    write_rows(some_examples(), path)
    frame = pd.read_parquet(path)
    assert list(frame["text"]) == [example.text for example in some_examples()]
    assert frame["date"].isna().all()


def test_the_columns_are_the_fields_of_an_example():
    assert set(COLUMNS) == set(to_json(an_example()))


@pytest.mark.parametrize("content", [b"", b"PAR1", b"item,text\n", b"PAR1" * 20])
def test_what_is_no_parquet_is_refused(tmp_path, content):
    path = tmp_path / "rows.parquet"
    path.write_bytes(content)
    with pytest.raises(IntegrityError):
        read_rows(path)


def test_other_columns_are_refused(tmp_path):
    path = tmp_path / "rows.parquet"
    pd.DataFrame({"text": ["a"]}).to_parquet(path)
    with pytest.raises(IntegrityError):
        read_rows(path)
