# SPDX-License-Identifier: Apache-2.0
"""Which passages seen before a new one repeats; a cache file that can be rebuilt."""

import hashlib
import math
import re
import sqlite3
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import numpy as np
from rensa import RMinHash

from maalem.corpus.matching import matching_key, words_of
from maalem.corpus.shingles import jaccard, long_features, short_features
from maalem.errors import DataError
from maalem.records import Digest, Passage

Features = tuple[frozenset[str], frozenset[str]]
Link = tuple[Digest | None, tuple[Digest, ...], Digest]

_BANDS = 28  # with the rows below: 1 % of pairs at the threshold are missed
_MISSED = 0.01
_CHECKED = 64  # candidates verified, those with most bands in common first
_NAMED = re.compile(r"sha256:[0-9a-f]{64}")
_FORMAT = "near-duplicates 1"
_CACHE_KIB = 16_384  # pages of the file held in memory, however large it grows
_SCHEMA = """
CREATE TABLE IF NOT EXISTS about (said TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS passage (
    n INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, key BLOB NOT NULL,
    first INTEGER, leader BLOB NOT NULL, text TEXT);
CREATE INDEX IF NOT EXISTS passage_key ON passage (key, n);
CREATE TABLE IF NOT EXISTS band (
    hash INTEGER NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (hash, n)) WITHOUT ROWID;
"""


class NearDuplicateIndex:
    """Links each passage to the earlier ones it repeats, exactly or nearly.

    The similarity is that of `near_duplicate_pairs`. Candidates come from MinHash bands
    and each is verified by its exact Jaccard index, so that no pair below the threshold
    is linked; about 1 % of the pairs right at the threshold are missed. A passage joins
    the cluster of its best match and stays there; clusters never merge.

    What was linked since the last `commit` is undone when the index is closed by an
    exception. Memory does not grow with the number of passages.

    Attributes:
        threshold: Lowest similarity of near duplicates.

    Source:
        Broder (1997), "On the resemblance and containment of documents"; Indyk and
        Motwani (1998), "Approximate nearest neighbors", for the bands.
    """

    def __init__(self, path: Path | None = None, threshold: float = 0.8) -> None:
        """Open or create an index.

        Args:
            path: Its file; none for one that lives as long as the object.
            threshold: In (0.5, 1).

        Raises:
            DataError: The file is of another threshold or format, or no index.
        """
        if not 0.5 < threshold < 1.0:
            raise ValueError(f"threshold must be in (0.5, 1), got {threshold}")
        self.threshold = threshold
        share = 1.0 - _MISSED ** (1.0 / _BANDS)
        self._rows = max(1, math.floor(math.log(share) / math.log(threshold)))
        mixer = np.random.default_rng(7).integers(0, 2**63, self._rows, dtype=np.uint64)
        self._mixer = mixer * np.uint64(2) + np.uint64(1)
        self._places = np.arange(_BANDS, dtype=np.uint64) * np.uint64(2**58 + 3)
        self._database = _open(path, f"{_FORMAT} {threshold}")

    def __enter__(self) -> "NearDuplicateIndex":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.commit()
        self.close()

    def __len__(self) -> int:
        """Passages linked so far, copies included."""
        (count,) = self._database.execute("SELECT count(*) FROM passage").fetchone()
        return int(count)

    def commit(self) -> None:
        """Keep what was linked so far."""
        self._database.commit()

    def rollback(self) -> None:
        """Forget what was linked since the last `commit`."""
        self._database.rollback()

    def close(self) -> None:
        """Close the file; what was not committed is undone."""
        self._database.close()

    def rebuild(self, passages: Iterable[Passage]) -> None:
        """Begin again from stored passages, in the order in which they were stored.

        Call it when `len` is not the number of passages stored: a write was interrupted
        or the file lost. A group is a cluster only if it names a passage linked here.
        """
        self._database.execute("DELETE FROM passage")
        self._database.execute("DELETE FROM band")
        last: tuple[Digest, Digest] | None = None
        for one in passages:  # one leader for all passages of a document, as `cut` gave
            before = last[1] if last and last[0] == one.document else None
            leader = self._leader_of(one) or before
            last = one.document, self.link(one.text, one.id, leader=leader)[2]
        self.commit()

    def _leader_of(self, passage: Passage) -> Digest | None:
        if not _NAMED.fullmatch(passage.group):
            return None
        group = Digest(passage.group)
        known = "SELECT 1 FROM passage WHERE id = ?"
        seen = self._database.execute(known, (_short(group),)).fetchone()
        return group if seen or group == passage.id else None

    def link(self, text: str, id: Digest, *, leader: Digest | None = None) -> Link:  # noqa: A002  # the record's own word
        """Find what a passage repeats, and remember it.

        Asking again for a known id gives the same answer and changes nothing.

        Args:
            text: The passage's text.
            id: The passage's digest.
            leader: The cluster it must belong to; its best match's if left out.

        Returns:
            The first passage with the same matching key, if there is one; the earlier
            near duplicates, nearest first, at most 64, none for a copy; and the first
            passage of its cluster, which is itself if it begins one.
        """
        key = hashlib.blake2b(matching_key(text).encode(), digest_size=16).digest()
        known = self._database.execute(
            "SELECT n, leader FROM passage WHERE id = ?", (_short(id),)
        ).fetchone()
        before = known[0] if known else 2**62
        first = self._database.execute(
            "SELECT n, id, leader FROM passage WHERE key = ? AND n < ?"
            " ORDER BY n LIMIT 1",
            (key, before),
        ).fetchone()
        features = _features(text)
        hashes = [] if first else self._hashes(features)
        near = self._near(features, hashes, before)
        found = first[2] if first else near[0][2] if near else _short(id)
        chosen = known[1] if known else _short(leader) if leader else found
        if not known:
            self._remember((_short(id), key, first and first[0], chosen), text, hashes)
        same = _long(first[1]) if first else None
        return same, tuple(_long(one[1]) for one in near), _long(chosen)

    def _near(
        self, features: Features, hashes: list[int], before: int
    ) -> list[tuple[float, bytes, bytes]]:
        if not hashes:
            return []
        marks = ",".join("?" * len(hashes))
        candidates = self._database.execute(
            f"SELECT n, count(*) AS hits FROM band WHERE hash IN ({marks}) AND n < ?"  # noqa: S608  # marks only
            " GROUP BY n ORDER BY hits DESC, n LIMIT ?",
            (*hashes, before, _CHECKED),
        ).fetchall()
        near = []
        for n, _ in candidates:
            digest, leader, text = self._database.execute(
                "SELECT id, leader, text FROM passage WHERE n = ?", (n,)
            ).fetchone()
            score = max(map(jaccard, features, _features(text)))
            if score >= self.threshold:
                near.append((-score, n, digest, leader))
        return [(-score, digest, leader) for score, _, digest, leader in sorted(near)]

    def _remember(
        self,
        row: tuple[bytes, bytes, int | None, bytes],
        text: str,
        hashes: list[int],
    ) -> None:
        n = self._database.execute(
            "INSERT INTO passage (id, key, first, leader, text) VALUES (?, ?, ?, ?, ?)",
            (*row, text if hashes else None),
        ).lastrowid
        self._database.executemany(
            "INSERT OR IGNORE INTO band VALUES (?, ?)", [(one, n) for one in hashes]
        )

    def _hashes(self, features: Features) -> list[int]:
        hashes: list[int] = []
        for family, some in enumerate(features):
            if some:
                sketch = RMinHash(num_perm=_BANDS * self._rows, seed=family + 1)
                sketch.update(list(some))
                rows = np.array(sketch.digest(), dtype=np.uint64)
                bands = rows.reshape(_BANDS, self._rows) @ self._mixer
                bands += self._places + np.uint64(family)
                hashes += bands.view(np.int64).tolist()
        return hashes


@lru_cache(maxsize=4096)
def _features(text: str) -> Features:
    words = words_of(text)
    return short_features(words), long_features(words)


def _short(digest: Digest) -> bytes:
    return bytes.fromhex(digest.removeprefix("sha256:"))


def _long(digest: bytes) -> Digest:
    return Digest(f"sha256:{digest.hex()}")


def _open(path: Path | None, about: str) -> sqlite3.Connection:
    database = sqlite3.connect(str(path) if path else "", isolation_level="DEFERRED")
    try:
        database.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        database.executescript(_SCHEMA)
        said = database.execute("SELECT said FROM about").fetchone()
        if said is None:
            database.execute("INSERT INTO about VALUES (?)", (about,))
            database.commit()
    except sqlite3.DatabaseError as error:
        database.close()
        raise _refused(path, str(error)) from error
    if said and said[0] != about:
        database.close()
        raise _refused(path, f"it says {said[0]!r}, wanted is {about!r}")
    return database


def _refused(path: Path | None, why: str) -> DataError:
    return DataError(
        f"{path} is not an index of near duplicates as needed here",
        why=why,
        hint="delete the file: it is a cache and is built again",
        code="corpus.index",
    )
