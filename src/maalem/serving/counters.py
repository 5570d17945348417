# SPDX-License-Identifier: Apache-2.0
"""What each key has used, in a file that all processes of a gateway have in memory.

A row is 64 bytes, little-endian: the key's public part, the month, when its buckets are
full again, the texts and tokens of the month, and the last use. Changes are in the page
cache at once, so that no end of a process loses one; a loss of power may lose what the
system had not yet written, some 30 seconds.
"""

import fcntl
import mmap
import os
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

PLACE = Path("gateway", "limits.v1")
"""Where the file is, in a project."""
ROWS = 4096
"""Keys that are counted at once; of more, the one that was not used longest is
forgotten."""
_ROW = struct.Struct("<16sqddqqd")


@dataclass(slots=True, kw_only=True)
class Used:
    """What one key has used.

    Attributes:
        month: Months since the year 0, in UTC; 0 where nothing was used.
        requests_full: When its bucket of requests is full, in seconds since 1970.
        texts_full: The same of texts.
        texts: Texts of that month.
        tokens: Tokens of that month.
        last: When it was used last.
    """

    month: int = 0
    requests_full: float = 0.0
    texts_full: float = 0.0
    texts: int = 0
    tokens: int = 0
    last: float = 0.0


class Counters:
    """Rows that several processes change, one at a time."""

    def __init__(self, path: Path | None, *, rows: int = ROWS) -> None:
        """Open the file, made if need be.

        Args:
            path: The file; none for counters of this process alone.
            rows: How many keys have room.

        Raises:
            OSError: The file cannot be opened, or the disk has no room for it.
        """
        size = rows * _ROW.size
        self._handle = -1 if path is None else _opened(path, size)
        try:
            self._rows = mmap.mmap(self._handle, size)
        except OSError:
            if self._handle >= 0:
                os.close(self._handle)
            raise
        self._places: dict[str, int] = {}
        self._turn = threading.Lock()

    def change(self, key: str, deed: Callable[[Used], T]) -> T:
        """Change the row of a key; nobody else does meanwhile.

        Args:
            key: Its public part, up to 16 bytes.
            deed: Changes the row; it waits for nothing.
        """
        with self._turn:
            self._lock(fcntl.LOCK_EX)
            try:
                place = self._place(key)
                name, *values = _ROW.unpack_from(self._rows, place)
                used = _used(values)
                told = deed(used)
                _ROW.pack_into(self._rows, place, name, *_values(used))
                return told
            finally:
                self._lock(fcntl.LOCK_UN)

    def close(self) -> None:
        """Let go of the file; twice is once."""
        with self._turn:
            self._rows.close()
            if self._handle >= 0:
                os.close(self._handle)
                self._handle = -1

    def _lock(self, deed: int) -> None:
        if self._handle >= 0:
            fcntl.flock(self._handle, deed)

    def _place(self, key: str) -> int:
        """Find the row of a key, or give it one."""
        name = _name(key)
        place = self._places.get(key, -1)
        if place >= 0 and self._rows[place : place + 16] == name:
            return place
        place = self._found(name)
        if place < 0:
            place = self._free()
            _ROW.pack_into(self._rows, place, name, *_values(Used()))
            self._places.clear()  # another key may have lost its row
        self._places[key] = place
        return place

    def _found(self, name: bytes) -> int:
        """Give where the row of a name begins; -1 if there is none."""
        place = self._rows.find(name)
        while place >= 0 and place % _ROW.size:
            place = self._rows.find(name, place + 1)
        return place

    def _free(self) -> int:
        """Give an empty row, or that of the key that was not used longest."""
        place = self._found(bytes(16))
        if place >= 0:
            return place
        ages = enumerate(_ROW.iter_unpack(self._rows[:]))
        number, _ = min(ages, key=lambda one: float(one[1][-1]))
        return number * _ROW.size


def read_counters(path: Path) -> dict[str, Used]:
    """Give what each key has used, beside whoever counts; nothing without a file."""
    if not path.is_file():
        return {}
    whole = path.read_bytes()
    found = {}
    for name, *values in _ROW.iter_unpack(whole[: len(whole) // _ROW.size * _ROW.size]):
        if name.strip(b"\0"):
            found[name.rstrip(b"\0").decode("latin-1")] = _used(values)
    return found


def _opened(path: Path, size: int) -> int:
    """Open the file with all its room on the disk.

    A hole would be filled at the first write into it, and where the disk is full by
    then, the system kills whoever writes into a mapped page (SIGBUS).
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)  # some systems fill holes by writing
        os.posix_fallocate(handle, 0, size)
        fcntl.flock(handle, fcntl.LOCK_UN)
    except OSError:
        os.close(handle)
        raise
    return handle


def _name(key: str) -> bytes:
    return key.encode("latin-1")[:16].ljust(16, b"\0")


def _used(values: list[float]) -> Used:
    month, requests_full, texts_full, texts, tokens, last = values
    return Used(
        month=int(month),
        requests_full=requests_full,
        texts_full=texts_full,
        texts=int(texts),
        tokens=int(tokens),
        last=last,
    )


def _values(used: Used) -> tuple[float, ...]:
    return (
        used.month,
        used.requests_full,
        used.texts_full,
        used.texts,
        used.tokens,
        used.last,
    )
