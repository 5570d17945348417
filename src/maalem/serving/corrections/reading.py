# SPDX-License-Identifier: Apache-2.0
"""What is known of the gateway's answers that were taken up; nothing is written."""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, TypeAlias

from maalem.errors import IntegrityError, boundary
from maalem.evaluation.auditing import Audited
from maalem.records import Digest
from maalem.serving.corrections.book import AUDIT, FEEDBACK, NEW, Taken

_PATIENCE = 5.0  # seconds to wait for whoever changes the file's form
_NAMES = "SELECT name FROM sqlite_master WHERE type = 'table'"

Row: TypeAlias = tuple[Any, ...]


def read(
    path: Path, query: str, values: Iterable[str | float], *, tables: Iterable[str]
) -> list[Row]:
    """Read from the file of the traffic; where it lacks a table there is nothing yet.

    Args:
        path: The file; it need not be there.
        query: What is asked.
        values: For its question marks.
        tables: The tables that it reads.

    Raises:
        IntegrityError: The file is damaged.
    """
    if not path.is_file() or not path.stat().st_size:
        return []
    address = f"{path.absolute().as_uri()}?mode=ro"
    with (
        boundary(IntegrityError, f"read {path}"),
        closing(sqlite3.connect(address, uri=True, timeout=_PATIENCE)) as database,
    ):
        there = {name for (name,) in database.execute(_NAMES)}
        if not there.issuperset(tables):
            return []
        return database.execute(query, tuple(values)).fetchall()


def find_taken(path: Path, request: str, place: int) -> Taken | None:
    """Give what was taken of one answer, if it was."""
    rows = read(
        path,
        'SELECT task, kind, item, outcome, at, label, "release" FROM taken'
        " WHERE request = ? AND place = ?",
        (request, place),
        tables=["taken"],
    )
    for task, kind, item, outcome, at, label, release in rows:
        return Taken(
            request=request, place=place, task=task, kind=kind, item=item,
            outcome=outcome, at=at, label=label, release=release,
        )  # fmt: skip
    return None


def open_questions(path: Path, task: str) -> int:
    """Count the questions that wait for experts."""
    query = "SELECT count(DISTINCT item) FROM taken WHERE task = ? AND NOT is_settled"
    return sum(count for (count,) in read(path, query, (task,), tables=["taken"]))


def new_since(path: Path, task: str, kind: str, *, since: float) -> int:
    """Count the new questions of a kind since a time."""
    query = "SELECT count(*) FROM taken WHERE task = ? AND kind = ? AND at >= ?"
    query += " AND outcome = ?"
    values = (task, kind, since, NEW)
    return sum(count for (count,) in read(path, query, values, tables=["taken"]))


def is_asked(path: Path, task: str, item: Digest) -> bool:
    """Tell whether a question was taken up before for another answer."""
    query = "SELECT 1 FROM taken WHERE task = ? AND item = ? LIMIT 1"
    return bool(read(path, query, (task, item), tables=["taken"]))


def questions(path: Path, task: str) -> tuple[Digest, ...]:
    """Give the questions of a task that came from the gateway, the most urgent first.

    First what somebody complained of, then the others, the newest first; settled ones
    stand among them. Nothing in the order tells an audited answer from a case.
    """
    rows = read(
        path,
        "SELECT item, item IN (SELECT item FROM taken JOIN correction"
        " USING (request, place) WHERE source = ?) AS is_said, max(at) AS last"
        " FROM taken WHERE task = ? AND item IS NOT NULL GROUP BY item"
        " ORDER BY is_said DESC, last DESC, item",
        (FEEDBACK, task),
        tables=["taken", "correction"],
    )
    return tuple(Digest(item) for item, *_ in rows)


def audited_items(path: Path, task: str) -> frozenset[Digest]:
    """Name the questions that the audit asks; nobody may be shown a suggestion."""
    query = "SELECT item FROM taken WHERE task = ? AND kind = ? AND item IS NOT NULL"
    rows = read(path, query, (task, AUDIT), tables=["taken"])
    return frozenset(Digest(item) for (item,) in rows)


def counts(path: Path, task: str) -> Mapping[str, Counter[str]]:
    """Count what was taken up of a task, by kind and outcome."""
    found: dict[str, Counter[str]] = {}
    query = "SELECT kind, outcome, count(*) FROM taken WHERE task = ?"
    query += " GROUP BY kind, outcome ORDER BY kind, outcome"
    for kind, outcome, count in read(path, query, (task,), tables=["taken"]):
        found.setdefault(kind, Counter())[outcome] = count
    return found


def said(path: Path, task: str) -> tuple[int, int]:
    """Count the feedback on a task's answers, and how much of it agrees."""
    query = "SELECT count(*), coalesce(sum(is_right), 0) FROM correction"
    query += " JOIN taken USING (request, place) WHERE task = ? AND source = ?"
    for count, agreeing in read(
        path, query, (task, FEEDBACK), tables=["taken", "correction"]
    ):
        return count, agreeing
    return 0, 0


def unsettled(path: Path, task: str) -> Iterator[Taken]:
    """Give the audited answers of which experts have not settled what is right."""
    rows = read(
        path,
        "SELECT request, place FROM audit JOIN taken USING (request, place)"
        " WHERE task = ? AND audit.item IS NOT NULL AND NOT EXISTS ("
        " SELECT 1 FROM correction WHERE correction.request = audit.request"
        " AND correction.place = audit.place AND source = ?)",
        (task, AUDIT),
        tables=["taken", "audit", "correction"],
    )
    found = (find_taken(path, request, place) for request, place in rows)
    return (one for one in found if one is not None)


def audited(
    path: Path, task: str, *, since: float, release: str = ""
) -> tuple[Audited, ...]:
    """Give what was drawn for the audit, and what experts said of it.

    What has no question, since it stands in the exam or was too much for the day, is
    left out, also where somebody complained of it later: neither rests on whether the
    answer was right.

    Args:
        path: The file.
        task: Name of the task.
        since: Seconds since 1970.
        release: Digest of the release that answered; empty for all.
    """
    rows = read(
        path,
        "SELECT chosen, is_right FROM audit JOIN taken USING (request, place)"
        " LEFT JOIN correction ON correction.request = audit.request"
        " AND correction.place = audit.place AND correction.source = ?"
        " WHERE task = ? AND audit.at >= ? AND audit.item IS NOT NULL"
        ' AND ? IN ("release", ?) ORDER BY audit.at, audit.request, audit.place',
        (AUDIT, task, since, release, ""),
        tables=["taken", "audit", "correction"],
    )
    return tuple(
        Audited(chosen=chosen, is_wrong=None if is_right is None else not is_right)
        for chosen, is_right in rows
    )
