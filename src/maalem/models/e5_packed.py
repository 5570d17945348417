# SPDX-License-Identifier: Apache-2.0
"""Reads the file that packs multilingual-e5-small in 4 bits, with numpy alone.

Layout: eight numbers of shape, the Unigram pieces with their scores, a table of
character replacements, a directory of tensors, the tensors. A packed tensor is a row of
blocks of 18 bytes: one half-precision scale and 32 numbers of 4 bits, where the low
halves of the 16 bytes come before the high ones and 8 stands for zero.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from maalem.errors import UnsafeWeightsError, boundary
from maalem.models.weights import FloatArray

MAGIC = b"E5S1\x01\x00\x00\x00"
BLOCK = np.dtype([("scale", "<f2"), ("halves", "u1", 16)])
BLOCK_LENGTH = 32
PIECE = 2**15  # blocks expanded in one go: 4 MiB of floats


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedFile:
    """A packed model in memory.

    Attributes:
        content: The whole file.
        hidden: Length of a vector.
        layers: Number of layers.
        heads: Attention heads.
        inner: Width of the feed-forward part.
        words: Rows of the word table.
        positions: Rows of the position table.
        epsilon: Of every layer norm.
        pieces: The tokenizer's pieces with their log-probabilities.
        unknown: Number of the piece that stands for what is unknown.
        places: First byte and number of bytes of each tensor, and whether it is packed.
    """

    content: bytes
    hidden: int
    layers: int
    heads: int
    inner: int
    words: int
    positions: int
    epsilon: float
    pieces: list[tuple[str, float]]
    unknown: int
    places: dict[str, tuple[int, int, bool]]


class Cursor:
    """Reads a file's numbers one after another."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.place = 0

    def take(self, layout: str) -> tuple[Any, ...]:
        """Read the fields of a `struct` layout, little-endian."""
        values = struct.unpack_from(f"<{layout}", self.content, self.place)
        self.place += struct.calcsize(f"<{layout}")
        return values

    def array(self, dtype: str, count: int) -> np.ndarray[Any, Any]:
        """Read an array."""
        values = np.frombuffer(self.content, dtype, count, self.place)
        self.place += values.nbytes
        return values

    def skip(self, count: int) -> bytes:
        """Read some bytes as they are."""
        self.place += count
        return self.content[self.place - count : self.place]


def read_packed(path: Path) -> PackedFile:
    """Read the packed file; the caller has checked its digest.

    Raises:
        UnsafeWeightsError: It has not the layout that this module reads.
    """
    with boundary(UnsafeWeightsError, f"read {path.name}"):
        cursor = Cursor(path.read_bytes())
        if cursor.skip(8) != MAGIC:
            raise UnsafeWeightsError(f"{path.name} is not a packed encoder")
        hidden, layers, heads, inner, words, positions, _ = cursor.take("7i")
        epsilon, block_length, count, _, _, _, unknown = cursor.take("f6i")
        if block_length != BLOCK_LENGTH:
            raise UnsafeWeightsError(f"{path.name} has blocks of {block_length}")
        pieces = _read_pieces(cursor, count)
        _, table = cursor.take("iI")
        cursor.skip(table)  # the replacements of `e5.DROPPED`, `e5.BLANKS` and NFKC
        return PackedFile(
            content=cursor.content,
            hidden=hidden,
            layers=layers,
            heads=heads,
            inner=inner,
            words=words,
            positions=positions,
            epsilon=float(f"{epsilon:.3g}"),
            pieces=pieces,
            unknown=unknown,
            places=dict(_read_directory(cursor)),
        )


def expand(packed: PackedFile, name: str) -> Iterator[FloatArray]:
    """Give the values of a tensor in order, piece by piece, as flat float32."""
    start, size, is_packed = packed.places[name]
    if not is_packed:
        yield np.frombuffer(packed.content, "<f4", size // 4, start)
        return
    blocks = np.frombuffer(packed.content, BLOCK, size // BLOCK.itemsize, start)
    for first in range(0, len(blocks), PIECE):
        part = blocks[first : first + PIECE]
        halves = part["halves"]
        numbers = np.concatenate([halves & 15, halves >> 4], axis=1).astype(np.float32)
        numbers -= 8
        numbers *= part["scale"].astype(np.float32)[:, None]
        yield numbers.reshape(-1)


def _read_pieces(cursor: Cursor, count: int) -> list[tuple[str, float]]:
    (length,) = cursor.take("Q")
    ends = cursor.array("<u4", count + 1)
    scores = cursor.array("<f4", count).tolist()
    text = cursor.skip(length)
    pairs = zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True)
    pieces = [text[start:end].decode() for start, end in pairs]
    return list(zip(pieces, scores, strict=True))


def _read_directory(cursor: Cursor) -> Iterator[tuple[str, tuple[int, int, bool]]]:
    (count,) = cursor.take("i")
    for _ in range(count):
        (length,) = cursor.take("H")
        name = cursor.skip(length).decode()
        is_packed, _, start, size = cursor.take("BIQQ")
        if start + size > len(cursor.content):
            raise UnsafeWeightsError(f"the tensor {name!r} goes beyond the file")
        yield name, (start, size, bool(is_packed))
