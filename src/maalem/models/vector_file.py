# SPDX-License-Identifier: Apache-2.0
"""Vectors of texts in a cache file, so that a start need not encode all again.

No text stands in it. A vector is found by a digest of the text and of what computed it,
so that another base, or another way to compute it, finds nothing. Whatever is wrong
with the file costs time, never a wrong vector: it is made anew.
"""

import hashlib
import logging
import sqlite3
import threading
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np

from maalem.models.weights import FloatArray
from maalem.records import Digest, digest_of

logger = logging.getLogger(__name__)

MOST = 400_000
"""Vectors kept, the newest: 700 MB of 384 numbers each."""
_FORMAT = 1
_CHECK = 8  # bytes after each vector, which tell a damaged one
_PIECE = 500  # SQLite takes 999 parameters and more
_SCHEMA = """
CREATE TABLE IF NOT EXISTS vector (
    n INTEGER PRIMARY KEY AUTOINCREMENT, key BLOB NOT NULL UNIQUE, row BLOB NOT NULL)
"""


class VectorFile:
    """Keeps the vectors of one encoder; any thread may call any method.

    A process that is killed leaves what there was, or what was being kept besides.
    """

    def __init__(self, path: Path, *, of: Digest, most: int = MOST) -> None:
        """Name a file, which need not be there.

        Args:
            path: The file; its folder is there.
            of: What computes the vectors, as `made_by` names it.
            most: Vectors kept, of all encoders together.
        """
        self._path = path
        self._of = bytes.fromhex(of.removeprefix("sha256:"))
        self._most = most
        self._turn = threading.Lock()

    def read(self, texts: Sequence[str]) -> dict[str, FloatArray]:
        """Give the vectors that are there; a damaged one is not."""
        keys = {self._key(text): text for text in texts}
        found: dict[str, FloatArray] = {}
        with self._opened() as database:
            for key, row in _rows(database, list(keys)):
                if row[-_CHECK:] == _check(key, row[:-_CHECK]):
                    found[keys[key]] = np.frombuffer(row[:-_CHECK], np.float32)
        return found

    def keep(self, vectors: Mapping[str, FloatArray]) -> None:
        """Keep vectors; the oldest beyond the limit are dropped."""
        rows = []
        for text, vector in vectors.items():
            key, content = self._key(text), vector.astype(np.float32).tobytes()
            rows.append((key, content + _check(key, content)))
        with self._opened() as database:
            database.executemany(
                "INSERT OR REPLACE INTO vector (key, row) VALUES (?, ?)", rows
            )
            database.execute(
                "DELETE FROM vector WHERE n <= (SELECT max(n) FROM vector) - ?",
                (self._most,),
            )

    def forget(self, texts: Iterable[str]) -> None:
        """Take vectors out for good: their bytes in the file are overwritten."""
        keys = [(self._key(text),) for text in texts]
        with self._opened() as database:
            database.executemany("DELETE FROM vector WHERE key = ?", keys)

    @contextmanager
    def _opened(self) -> Generator[sqlite3.Connection]:
        """Open the file for one deed; a deed that meets damage leaves no file."""
        with self._turn:
            database = self._connected()
            try:
                with closing(database), database:
                    yield database
            except sqlite3.DatabaseError as error:
                logger.warning("the file of vectors is made anew: %s", error)
                self._path.unlink(missing_ok=True)

    def _connected(self) -> sqlite3.Connection:
        """Open the file, or a new one, or where no file can be had none."""
        try:
            return _connected(self._path)
        except sqlite3.DatabaseError as error:
            logger.warning("the file of vectors is made anew: %s", error)
            self._path.unlink(missing_ok=True)
        try:
            return _connected(self._path)
        except sqlite3.DatabaseError:
            return _connected(Path(":memory:"))

    def _key(self, text: str) -> bytes:
        content = hashlib.sha256(text.encode()).digest()
        return hashlib.blake2b(content, key=self._of, digest_size=32).digest()


def _rows(
    database: sqlite3.Connection, keys: Sequence[bytes]
) -> Iterator[tuple[bytes, bytes]]:
    for start in range(0, len(keys), _PIECE):
        some = keys[start : start + _PIECE]
        marks = ",".join("?" * len(some))
        query = f"SELECT key, row FROM vector WHERE key IN ({marks})"  # noqa: S608  # question marks only
        yield from database.execute(query, some)


def made_by(base: Digest, *, max_tokens: int, backend: str) -> Digest:
    """Name what computes vectors: the same name gives the same vectors.

    Args:
        base: Digest of the base model.
        max_tokens: Longest input in tokens.
        backend: What computes, such as `numpy`.
    """
    return digest_of([_FORMAT, base, max_tokens, backend])


def _connected(path: Path) -> sqlite3.Connection:
    """Open the file; what is lost with the power is computed again, so none waits."""
    database = sqlite3.connect(path)
    try:
        for setting in ("synchronous = OFF", "secure_delete = ON"):
            database.execute(f"PRAGMA {setting}")
        database.execute(_SCHEMA)
    except sqlite3.DatabaseError:
        database.close()
        raise
    return database


def _check(key: bytes, content: bytes) -> bytes:
    return hashlib.blake2b(content, key=key, digest_size=_CHECK).digest()
