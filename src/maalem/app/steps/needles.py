# SPDX-License-Identifier: Apache-2.0
"""Whether a file holds one of many strings of bytes, however many they are."""

import mmap
from collections.abc import Collection, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_HEAD = 8  # bytes of a string by which it is looked for first
_PIECE = 1 << 22  # bytes of a file that are looked at together
_PAIRS = 1 << 16


class Needles:
    """Strings of bytes that are looked for all at once.

    Looking takes about as long for ten thousand strings as for ten: what cannot be the
    beginning of one is passed over by its first two bytes, then by its first eight.
    """

    def __init__(self, several: Collection[bytes]) -> None:
        """Prepare to look for some strings.

        Args:
            several: The strings, each of at least eight bytes.

        Raises:
            ValueError: One is shorter.
        """
        if any(len(one) < _HEAD for one in several):
            raise ValueError(f"a string must have at least {_HEAD} bytes")
        self._whole = frozenset(several)
        self._lengths: dict[int, set[int]] = {}
        for one in several:
            head = int.from_bytes(one[:_HEAD], "little")
            self._lengths.setdefault(head, set()).add(len(one))
        self._heads = np.array(sorted(self._lengths), np.dtype("<u8"))
        self._may_begin = np.zeros(_PAIRS, np.bool_)
        self._may_begin[self._heads & np.uint64(_PAIRS - 1)] = True
        self._longest = max(map(len, several), default=0)

    def are_in(self, path: Path) -> bool:
        """Tell whether a file holds one of the strings."""
        if not self._whole or path.stat().st_size < _HEAD:
            return False
        with (
            path.open("rb") as stream,
            mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content,
        ):
            return any(
                self.are_within(content[start : start + _PIECE + self._longest])
                for start in range(0, len(content), _PIECE)
            )

    def are_within(self, piece: bytes) -> bool:
        """Tell whether some bytes hold one of the strings."""
        return any(
            piece[place : place + length] in self._whole
            for place, head in self._begun(piece)
            for length in self._lengths[head]
        )

    def _begun(self, piece: bytes) -> Iterator[tuple[int, int]]:
        """Give the places where a string may begin, each with its first eight bytes."""
        if len(piece) < _HEAD:
            return
        bytes_read: NDArray[np.uint8] = np.frombuffer(piece, np.uint8)
        pairs = bytes_read[:-1].astype(np.uint16) | (
            bytes_read[1:].astype(np.uint16) << np.uint16(8)
        )
        places = np.flatnonzero(self._may_begin[pairs[: len(piece) - _HEAD + 1]])
        windows = np.lib.stride_tricks.sliding_window_view(bytes_read, _HEAD)
        heads = np.ascontiguousarray(windows[places]).view(np.dtype("<u8")).ravel()
        found = np.isin(heads, self._heads)
        yield from zip(places[found].tolist(), heads[found].tolist(), strict=True)
