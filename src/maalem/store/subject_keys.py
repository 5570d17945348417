# SPDX-License-Identifier: Apache-2.0
"""The keys that texts are encrypted under: random, one a document, in one small file.

The file is an array of 32 bytes a key. A key is destroyed by zeros in its place, so
that no log, index or freed page of a database ever has a copy of it.
"""

import os
import secrets
import stat
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from threading import Lock

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from maalem.errors import IntegrityError, SettingsError
from maalem.store.durable import make_folder, write_whole

SUBJECT_KEYS = Path("keys", "subject.keys")
"""Where the keys lie in a store's folder."""

_WIDTH = 32  # bytes: AES-256
_HEAD = b"maalem subject keys, version 1\n".ljust(_WIDTH, b"\0")
_GONE = bytes(_WIDTH)  # no random key is this one
_KEPT = 4096  # ciphers at hand; some 3 MB


class LostKeyError(Exception):
    """A key was destroyed, or never was in the file."""


class SubjectKeys:
    """Keys by their numbers, from 1; one writer, any number of readers.

    A number is never given twice, as long as no older copy of the file takes its place.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None
        self._opening = Lock()
        self.cipher = lru_cache(maxsize=_KEPT)(self._cipher)

    @property
    def last(self) -> int:
        """The highest number given; 0 in a new file."""
        size = self._path.stat().st_size if self._path.exists() else 0
        return max(0, -(-size // _WIDTH) - 1)  # a torn end was given to nobody

    def make(self, count: int) -> range:
        """Make new keys, and give their numbers; they are on the disk then."""
        if not self._path.exists():
            make_folder(self._path.parent)
            write_whole(self._path, _HEAD, mode=0o600)
        first = self.last + 1
        self._write(secrets.token_bytes(count * _WIDTH), first)
        return range(first, first + count)

    def destroy(self, numbers: Iterable[int]) -> None:
        """Write zeros over keys, and force them to the disk; twice is once."""
        for number in numbers:
            if self._key(number) != _GONE:
                self._write(_GONE, number)
        self.cipher.cache_clear()

    def close(self) -> None:
        """Let go of the file and of the keys at hand; twice is once."""
        self.cipher.cache_clear()
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def _cipher(self, number: int) -> AESGCM:
        key = self._key(number)
        if len(key) < _WIDTH or key == _GONE:
            raise LostKeyError(number)
        return AESGCM(key)

    def _key(self, number: int) -> bytes:
        with self._opening:
            if self._handle is None:
                self._handle = self._opened()
        return os.pread(self._handle, _WIDTH, number * _WIDTH)

    def _opened(self) -> int:
        try:
            handle = os.open(self._path, os.O_RDONLY)
        except OSError as error:
            raise IntegrityError(
                f"the keys of texts {self._path} cannot be read",
                why=str(error),
                hint="restore the file from the backup of your keys",
                code="store.text-keys",
            ) from error
        mode = stat.S_IMODE(os.fstat(handle).st_mode)
        if mode & 0o077:
            os.close(handle)
            raise SettingsError(
                f"the keys of texts {self._path} have mode {mode:04o}",
                why="others than their owner may read or write them",
                hint=f"chmod 600 {self._path}",
                code="store.key-open",
            )
        return handle

    def _write(self, content: bytes, number: int) -> None:
        handle = os.open(self._path, os.O_WRONLY)
        try:
            offset = number * _WIDTH
            while content:
                written = os.pwrite(handle, content, offset)
                content, offset = content[written:], offset + written
            os.fsync(handle)
        finally:
            os.close(handle)
