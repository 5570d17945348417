# SPDX-License-Identifier: Apache-2.0
"""Tensors on disk: a safetensors file is checked byte range by byte range, then read.

The format is a length in 8 bytes, a JSON header, and the tensors one after another.
Nothing here knows a model; everything here distrusts the file.
"""

import json
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from maalem.errors import UnsafeWeightsError

FloatArray: TypeAlias = NDArray[np.float32]

HEADER_LIMIT = (
    8 * 2**20
)  # 50,000 tensors need about 6 MiB; a larger header is an attack
PIECE = 2**22  # elements looked at in one go, so that checking is flat in memory
SIZES = {
    "F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1,
    "U64": 8, "U32": 4, "U16": 2, "U8": 1, "BOOL": 1,
}  # fmt: skip
FLOATS = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorPlace:
    """Where a tensor lies in its file.

    Attributes:
        name: Name in the header.
        dtype: Type in the format's words, such as `F32`.
        shape: Length of each axis.
        start: First byte, counted from the start of the file.
        end: Byte after the last.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    start: int
    end: int


def read_places(path: Path) -> tuple[TensorPlace, ...]:
    """Check a safetensors file's structure and say where each tensor lies.

    Every byte of the file belongs to the header or to exactly one tensor.

    Returns:
        The tensors in the order of their bytes.

    Raises:
        UnsafeWeightsError: The header is too large, no JSON object or names a tensor
            twice; a range overlaps another, leaves a hole, differs from its shape or
            goes beyond the file; or bytes are left over.

    Source:
        The safetensors format, README of huggingface/safetensors, section "Format".
    """
    size = path.stat().st_size
    with path.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        if size < 8:
            raise _refusal(path, "truncated", f"it has {size} bytes")
        if length > HEADER_LIMIT:
            raise _refusal(path, "huge-header", f"the header claims {length:,} bytes")
        if length > size - 8:
            raise _refusal(path, "truncated", "the header ends after the file")
        header = _read_header(path, stream.read(length))
    header.pop("__metadata__", None)
    places = [_read_place(path, entry, 8 + length) for entry in header.items()]
    places.sort(key=lambda place: (place.start, place.end))
    _refuse_gaps(path, places, 8 + length)
    return tuple(places)


def refuse_unsafe_tensors(path: Path) -> None:
    """Refuse a safetensors file that lies about its shape or holds NaN or infinity.

    Raises:
        UnsafeWeightsError: As `read_places`, or a weight is not a finite number.
    """
    for place in read_places(path):
        if place.dtype in FLOATS:
            _refuse_not_finite(path, place, _map_tensor(path, place))


def read_tensors(path: Path) -> dict[str, FloatArray]:
    """Read the floating tensors of a safetensors file after checking it.

    Returns:
        Read-only arrays of 32-bit floats by name; what lies as F32 on disk is mapped,
        not copied.

    Raises:
        UnsafeWeightsError: As `refuse_unsafe_tensors`.
    """
    tensors = {}
    for place in read_places(path):
        if place.dtype in FLOATS:
            raw = _map_tensor(path, place)
            _refuse_not_finite(path, place, raw)
            tensors[place.name] = _widen(place, raw).reshape(place.shape)
    return tensors


Filler: TypeAlias = Callable[[], Iterable[FloatArray]]
"""Gives a tensor's values in order, in pieces."""


def write_tensors(
    path: Path, tensors: Sequence[tuple[str, tuple[int, ...], Filler]]
) -> None:
    """Write a safetensors file of 32-bit floats, one piece in memory at a time.

    The same tensors give the same bytes.

    Args:
        path: The file to write.
        tensors: Name, shape and values of each tensor, in the order of the file.
    """
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    start = 0
    for name, shape, _ in tensors:
        end = start + 4 * math.prod(shape)
        offsets = [start, end]
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": offsets}
        start = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # the format's readers like aligned tensors
    with path.open("wb") as stream:
        stream.write(len(text).to_bytes(8, "little") + text)
        for _, _, filler in tensors:
            for piece in filler():
                stream.write(np.ascontiguousarray(piece, "<f4").data)


def _refusal(path: Path, code: str, reason: str) -> UnsafeWeightsError:
    return UnsafeWeightsError(
        f"{path.name} is not a safetensors file that can be trusted",
        why=reason,
        hint="fetch the model again from where it was published",
        code=f"weights.{code}",
    )


def _read_header(path: Path, text: bytes) -> dict[str, Any]:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise _refusal(path, "duplicate-key", f"{twice!r} stands there twice")
        return dict(pairs)

    try:
        header = json.loads(text, object_pairs_hook=unique)
    except (ValueError, RecursionError) as error:
        raise _refusal(path, "header", "the header is not JSON") from error
    if not isinstance(header, dict):
        raise _refusal(path, "header", "the header is not an object")
    return header


def _read_place(path: Path, entry: tuple[str, Any], base: int) -> TensorPlace:
    name, fields = entry
    fields = fields if isinstance(fields, dict) else {}
    dtype, shape = fields.get("dtype"), _whole(fields.get("shape"))
    offsets = _whole(fields.get("data_offsets"))
    if dtype not in SIZES or shape is None or offsets is None or len(offsets) != 2:
        raise _refusal(path, "header", f"the entry of {name!r} has no clear meaning")
    start, end = offsets
    wanted = math.prod(shape) * SIZES[dtype]
    if wanted > 2**62 or end > 2**62:
        raise _refusal(path, "overflow", f"{name!r} claims more bytes than can be")
    if end - start != wanted:
        reason = f"{name!r} has {end - start:,} bytes, its shape needs {wanted:,}"
        raise _refusal(path, "shape", reason)
    return TensorPlace(
        name=name, dtype=dtype, shape=shape, start=base + start, end=base + end
    )


def _whole(values: object) -> tuple[int, ...] | None:
    if not isinstance(values, list):
        return None
    numbers = tuple(v for v in values if type(v) is int and v >= 0)
    return numbers if len(numbers) == len(values) else None


def _refuse_gaps(path: Path, places: Sequence[TensorPlace], start: int) -> None:
    for place in places:
        if place.start > start:
            raise _refusal(path, "hole", f"bytes before {place.name!r} belong to none")
        if place.start < start:
            reason = f"{place.name!r} shares bytes with another tensor"
            raise _refusal(path, "overlap", reason)
        start = place.end
    size = path.stat().st_size
    if start > size:
        raise _refusal(path, "truncated", f"{start - size:,} bytes are missing")
    if start < size:
        raise _refusal(path, "trailing", f"{size - start:,} bytes belong to no tensor")


def _map_tensor(path: Path, place: TensorPlace) -> NDArray[Any]:
    dtype, count = np.dtype(FLOATS[place.dtype]), math.prod(place.shape)
    if count == 0:
        return np.zeros(0, dtype)
    return np.memmap(path, dtype, "r", place.start, (count,))


def _widen(place: TensorPlace, raw: NDArray[Any]) -> FloatArray:
    if place.dtype == "BF16":
        return (raw.astype("<u4") << 16).view("<f4")
    return np.asarray(raw).astype(np.float32, copy=False)


def _refuse_not_finite(path: Path, place: TensorPlace, raw: NDArray[Any]) -> None:
    for first in range(0, raw.size, PIECE):
        if not np.isfinite(_widen(place, raw[first : first + PIECE])).all():
            reason = f"{place.name!r} holds NaN or infinity"
            raise _refusal(path, "not-finite", reason)
