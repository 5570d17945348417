# SPDX-License-Identifier: Apache-2.0
"""What a day of the log says, as one digest: whoever changes a row changes it."""

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path

from maalem.serving.traffic.tables import reading

DAY = 86400.0
GRACE = 7200.0
"""Seconds after its end before a day is closed: longer than any answer takes."""
_PIECE = 2000  # rows hashed before others get their turn

_FIRST = "SELECT min(at) FROM request WHERE at >= ?"
_ROWS = """
SELECT id, at, seconds, operation, path, caller, task, "release", model, threshold,
    arm, status, code, tokens_in, tokens_out,
    place, label, probability, reason
FROM request LEFT JOIN decision ON decision.request = request.id
WHERE at >= ? AND at < ? ORDER BY at, id, place"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One closed day of the log, in UTC.

    Attributes:
        day: ISO 8601 date.
        requests: Requests that came on it.
        digest: SHA-256 of its rows, in hex. Texts are not in it: they may be forgotten.
    """

    day: str
    requests: int
    digest: str


def day_of(path: Path, day: str) -> Iterator[Day | None]:
    """Read a day of the log.

    Args:
        path: The traffic file.
        day: ISO 8601 date.

    Yields:
        Nothing after each piece, and the day at last.

    Raises:
        IntegrityError: The file is damaged.
    """
    begin = datetime.combine(date.fromisoformat(day), time(), UTC).timestamp()
    total, last, whole = 0, None, hashlib.sha256()
    with reading(path) as database:
        rows = _rows(database, begin) if database is not None else iter(())
        for number, row in enumerate(rows, start=1):
            total += row[0] != last
            last = row[0]
            whole.update(f"{json.dumps(row, ensure_ascii=True)}\n".encode())
            if number % _PIECE == 0:
                yield None
    yield Day(day=day, requests=total, digest=whole.hexdigest())


def days_to_close(path: Path, *, after: str, now: float) -> Iterator[str]:
    """Name the days that are over and have rows, in order.

    Args:
        path: The traffic file.
        after: ISO 8601 date of the last that is closed; empty if none is.
        now: Seconds since 1970.
    """
    end = (now - GRACE) // DAY * DAY
    at = _end_of(after) if after else 0.0
    while True:
        with reading(path) as database:
            found = database.execute(_FIRST, (at,)).fetchone()[0] if database else None
        if found is None or found >= end:
            return
        day = datetime.fromtimestamp(found, UTC).date().isoformat()
        yield day
        at = _end_of(day)


def _end_of(day: str) -> float:
    begin = datetime.combine(date.fromisoformat(day), time(), UTC)
    return begin.timestamp() + DAY


def _rows(
    database: sqlite3.Connection, begin: float
) -> Iterator[tuple[str | float | None, ...]]:
    yield from database.execute(_ROWS, (begin, begin + DAY))
