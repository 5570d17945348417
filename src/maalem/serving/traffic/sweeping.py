# SPDX-License-Identifier: Apache-2.0
"""What is over age leaves the traffic file for good, and so does what is forgotten."""

import hashlib
import json
import sqlite3
from collections.abc import Callable, Collection, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from maalem.serving.traffic.settings import TrafficSettings
from maalem.serving.traffic.tables import connect, reading, writing

DAY = 86400.0
_PIECE = 500  # requests in one transaction: others write between two

_OVER_AGE = "SELECT id FROM request WHERE at < ? ORDER BY at LIMIT ?"
_WITH_TEXTS = """
SELECT id FROM request WHERE has_texts AND at < ? ORDER BY at LIMIT ?"""
_REMOVE = (
    "DELETE FROM decision WHERE request = ?",
    "DELETE FROM request WHERE id = ?",
)
_EMPTY = (
    "UPDATE decision SET text = NULL, digest = '' WHERE request = ?",
    "UPDATE request SET has_texts = 0 WHERE id = ?",
)
_NOT_TAKEN = """
SELECT number FROM waiting WHERE json_extract(content, '$.at') < ?
ORDER BY number LIMIT ?"""
_LET_GO = ("DELETE FROM waiting WHERE number = ?",)
_HAS_WAITING = "SELECT 1 FROM sqlite_master WHERE name = 'waiting'"
_WORDS = ("text", "input", "comment", "by")  # of what waits
_SAID = """
SELECT request, place, digest, text FROM decision
WHERE digest <> '' AND (request, place) > (?, ?) ORDER BY request, place LIMIT ?"""
_FORGET = """
UPDATE decision SET text = NULL, digest = '' WHERE request = ? AND place = ?"""
_FORGET_WAITING = """
DELETE FROM waiting
WHERE json_extract(content, '$.request') = ? AND json_extract(content, '$.place') = ?"""


@dataclass(slots=True, kw_only=True)
class Swept:
    """What a sweep took away.

    Attributes:
        requests: Requests that were over age.
        texts: Requests whose texts were over age; their answers stay.
        waiting: Answers and feedback that nobody took home before they were over age.
        is_shredded: Whether nothing of it is left in the file's log either; otherwise
            somebody reads what the log has, and the next sweep sees to it.
    """

    requests: int = 0
    texts: int = 0
    waiting: int = 0
    is_shredded: bool = False


def sweep(
    path: Path, settings: TrafficSettings, *, now: float, into: Swept
) -> Iterator[None]:
    """Take away what is over age, in small pieces.

    Args:
        path: The traffic file.
        settings: How long what is kept.
        now: Seconds since 1970.
        into: Counts what went.

    Yields:
        Nothing, after each piece.

    Raises:
        IntegrityError: The file is damaged.
    """
    with closing(connect(path)) as database:
        for query, deeds, days, what in (
            (_OVER_AGE, _REMOVE, settings.keep_days, "requests"),
            (_WITH_TEXTS, _EMPTY, settings.keep_texts_days, "texts"),
            (_NOT_TAKEN, _LET_GO, settings.keep_texts_days, "waiting"),
        ):
            until = now - days * DAY
            while found := database.execute(query, (until, _PIECE)).fetchall():
                with writing(database):
                    for deed in deeds:
                        database.executemany(deed, found)
                setattr(into, what, getattr(into, what) + len(found))
                yield
        into.is_shredded = shred_log(database)


def find_said(
    path: Path, texts: Collection[str], *, holds: Callable[[bytes], bool]
) -> list[tuple[str, int]]:
    """Find the decisions that were asked about some texts, and what waits of them.

    Args:
        path: The traffic file.
        texts: The texts, as they came or as they are kept.
        holds: Tells whether a longer text holds one of them.

    Returns:
        Request and place of each.
    """
    with reading(path) as database:
        if database is None or not texts:
            return []
        digests = {
            hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
            for text in texts
        }
        found, last = [], ("", -1)
        while rows := database.execute(_SAID, (*last, _PIECE)).fetchall():
            found += [
                (request, place)
                for request, place, digest, kept in rows
                if digest in digests
                or (kept and (kept in texts or holds(kept.encode())))
            ]
            last = rows[-1][:2]
        waiting = _find_waiting(database, texts, holds=holds)
        return [*found, *sorted(waiting - {*found})]


def forget_said(path: Path, places: Collection[tuple[str, int]]) -> bool:
    """Empty decisions of their texts, so that the answers alone are left.

    What waits to be taken home of them goes whole.

    Returns:
        Whether nothing of them is left in the file's log either.
    """
    with closing(connect(path)) as database:
        with writing(database):
            database.executemany(_FORGET, places)
            database.executemany(_FORGET_WAITING, places)
        return shred_log(database)


def _find_waiting(
    database: sqlite3.Connection,
    texts: Collection[str],
    *,
    holds: Callable[[bytes], bool],
) -> set[tuple[str, int]]:
    """Find of which answers something waits that says one of some texts."""
    if not database.execute(_HAS_WAITING).fetchone():
        return set()
    found = set()
    for (content,) in database.execute("SELECT content FROM waiting"):
        told = json.loads(content)
        is_said = any(told.get(word) in texts for word in _WORDS)
        if is_said or holds(content.encode()):
            found.add((str(told["request"]), int(told["place"])))
    return found


def shred_log(database: sqlite3.Connection) -> bool:
    """Empty the write-ahead log of what stood in it; tell whether that was possible.

    The pages need nothing: `secure_delete` has filled freed room with zeros.
    """
    is_busy, _, _ = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not is_busy
