# SPDX-License-Identifier: Apache-2.0
"""Which encoding a text file has."""

import contextlib

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from maalem.corpus.encodings import find_encoding
from maalem.errors import DataError

ALLOWED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@ALLOWED
@given(data=st.binary(max_size=200))
def test_any_bytes_are_decoded_without_holes_or_refused(tmp_path, data):
    path = tmp_path / "x.txt"
    path.write_bytes(data)
    codec = "refused"
    with contextlib.suppress(DataError):
        codec, _ = find_encoding(path)
    if codec != "refused":
        data.decode(codec)


@ALLOWED
@given(text=st.text())
@example(text="\0\x80")
def test_utf8_is_read_as_utf8(tmp_path, text):
    path = tmp_path / "x.txt"
    path.write_bytes(text.encode())
    codec, _ = find_encoding(path)
    if "\0" not in text and not text.startswith("\ufeff"):
        assert codec == "utf-8"


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_decides(tmp_path, codec):
    path = tmp_path / "x.txt"
    path.write_bytes("réparé".encode(codec))
    assert find_encoding(path) == (codec, ())


def test_an_error_beyond_the_first_piece_has_its_true_offset(tmp_path):
    path = tmp_path / "x.txt"
    path.write_bytes("é".encode() * 700_000 + b"\xff rest")
    with pytest.raises(DataError, match="byte 1400000 "):
        find_encoding(path)
