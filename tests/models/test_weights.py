# SPDX-License-Identifier: Apache-2.0
"""A safetensors file is believed only where every byte says the same."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file
from tests.models.builders import a_safetensors_file

from maalem.errors import UnsafeWeightsError
from maalem.models.weights import (
    HEADER_LIMIT,
    read_places,
    read_tensors,
    refuse_unsafe_tensors,
    write_tensors,
)

FLOAT = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}
NEXT = {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]}


def entry(start: int, end: int, *, dtype: str = "F32", shape: object = (1,)):
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


BAD_FILES = {
    "empty": (None, b"", None, "truncated"),
    "huge header": ({}, b"", HEADER_LIMIT + 1, "huge-header"),
    "header of 2^63 bytes": ({}, b"", 2**63, "huge-header"),
    "header beyond the file": ({}, b"", 4000, "truncated"),
    "header is no JSON": (b"{", b"", None, "header"),
    "header is a pickle": (b"\x80\x04K\x01.", b"", None, "header"),
    "header nested 100,000 deep": (b"[" * 100_000, b"", None, "header"),
    "header is a list": ([], b"", None, "header"),
    "entry without meaning": ({"a": 1}, b"", None, "header"),
    "type not known": ({"a": entry(0, 4, dtype="X9")}, b"0000", None, "header"),
    "negative length": ({"a": entry(0, 4, shape=[-1])}, b"0000", None, "header"),
    "length is a boolean": ({"a": entry(0, 4, shape=[True])}, b"0000", None, "header"),
    "negative offset": ({"a": entry(-4, 0)}, b"0000", None, "header"),
    "hole between": ({"a": FLOAT, "b": entry(8, 12)}, bytes(12), None, "hole"),
    "hole at the start": ({"a": entry(4, 8)}, bytes(8), None, "hole"),
    "overlap": ({"a": entry(0, 8, shape=[2]), "b": NEXT}, bytes(8), None, "overlap"),
    "two on one place": ({"a": FLOAT, "b": FLOAT}, bytes(4), None, "overlap"),
    "overflow": (
        {"a": entry(0, 4, shape=[2**31, 2**33])},
        b"0000",
        None,
        "overflow",
    ),
    "product that wraps to 4": (
        {"a": entry(0, 4, shape=[2**32, 2**32, 1])},
        b"0000",
        None,
        "overflow",
    ),
    "shape and range differ": ({"a": entry(0, 8)}, bytes(8), None, "shape"),
    "range ends before it starts": ({"a": entry(4, 0)}, bytes(4), None, "shape"),
    "trailing": ({"a": FLOAT}, bytes(5), None, "trailing"),
    "truncated": ({"a": FLOAT}, bytes(3), None, "truncated"),
    "duplicate key": (
        b'{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{}}',
        bytes(4),
        None,
        "duplicate-key",
    ),
    "NaN": ({"a": FLOAT}, np.float32("nan").tobytes(), None, "not-finite"),
    "infinity": ({"a": FLOAT}, np.float32("inf").tobytes(), None, "not-finite"),
    "NaN in half precision": (
        {"a": entry(0, 2, dtype="F16")},
        np.float16("nan").tobytes(),
        None,
        "not-finite",
    ),
    "NaN in bfloat16": (
        {"a": entry(0, 2, dtype="BF16")},
        b"\xc0\x7f",
        None,
        "not-finite",
    ),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_an_unsound_file_is_refused_with_its_code(name, tmp_path):
    header, content, length, code = BAD_FILES[name]
    path = tmp_path / "model.safetensors"
    if header is None:
        path.write_bytes(content)
    else:
        a_safetensors_file(path, header, content, length=length)
    with pytest.raises(UnsafeWeightsError) as refusal:
        refuse_unsafe_tensors(path)
    assert refusal.value.code == f"weights.{code}"
    assert refusal.value.why


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.float64])
def test_what_the_library_writes_is_read_equally(dtype, tmp_path):
    random = np.random.default_rng(0)
    tensors = {
        "a": random.normal(size=(3, 5)).astype(dtype),
        "empty": np.zeros((0, 4), dtype),
        "scalar": np.array(2.5, dtype),
    }
    path = tmp_path / "model.safetensors"
    save_file(tensors, path, metadata={"format": "pt"})
    read = read_tensors(path)
    assert set(read) == set(tensors)
    for name, tensor in tensors.items():
        np.testing.assert_array_equal(read[name], tensor.astype(np.float32))


def test_bfloat16_is_widened_exactly(tmp_path):
    header = {"a": entry(0, 4, dtype="BF16", shape=[2])}
    path = a_safetensors_file(tmp_path / "m.safetensors", header, b"\x80\x3f\x20\xc0")
    assert read_tensors(path)["a"].tolist() == [1.0, -2.5]


@given(shapes=st.lists(st.lists(st.integers(0, 4), max_size=3), max_size=5))
def test_what_we_write_the_library_reads(shapes, tmp_path_factory):
    path = tmp_path_factory.mktemp("w") / "model.safetensors"
    tensors = {
        f"t{place}": np.arange(int(np.prod(shape)), dtype=np.float32).reshape(shape)
        for place, shape in enumerate(shapes)
    }
    write_tensors(
        path, [(name, t.shape, lambda t=t: [t]) for name, t in tensors.items()]
    )
    read = load_file(path)
    assert {name: value.tolist() for name, value in read.items()} == {
        name: value.tolist() for name, value in tensors.items()
    }
    assert len(read_places(path)) == len(tensors)


def test_equal_tensors_give_equal_bytes(tmp_path):
    values = np.linspace(0, 1, 12, dtype=np.float32).reshape(3, 4)
    for name in ("one", "two"):
        write_tensors(
            tmp_path / name, [("a", (3, 4), lambda: [values[:2], values[2:]])]
        )
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
