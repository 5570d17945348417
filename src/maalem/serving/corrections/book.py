# SPDX-License-Identifier: Apache-2.0
"""What was taken home of which answer, in the file of the gateway's traffic.

It keeps no text: the questions made of texts are items of the store, which can forget.
"""

import sqlite3
from collections.abc import Generator, Iterable
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from maalem.errors import IntegrityError, boundary
from maalem.records import Digest
from maalem.serving.traffic.tables import connect, writing

CASE, AUDIT, FEEDBACK = "case", "audit", "feedback"
NEW, OVER, LOST = "new", "over", "lost"

_TABLES = """
CREATE TABLE IF NOT EXISTS taken (
    request TEXT NOT NULL, place INTEGER NOT NULL, task TEXT NOT NULL,
    kind TEXT NOT NULL, item TEXT, outcome TEXT NOT NULL, at REAL NOT NULL,
    label TEXT NOT NULL, "release" TEXT NOT NULL,
    is_settled INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (request, place)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS taken_task ON taken (task, at);
CREATE TABLE IF NOT EXISTS audit (
    request TEXT NOT NULL, place INTEGER NOT NULL, item TEXT, chosen REAL NOT NULL,
    at REAL NOT NULL, PRIMARY KEY (request, place)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS correction (
    request TEXT NOT NULL, place INTEGER NOT NULL, annotation TEXT NOT NULL,
    label TEXT NOT NULL, is_right INTEGER NOT NULL, source TEXT NOT NULL,
    at REAL NOT NULL, PRIMARY KEY (request, place, source, annotation)
) WITHOUT ROWID;
"""
_TAKE = """
INSERT INTO taken (request, place, task, kind, item, outcome, at, label, "release")
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (request, place) DO UPDATE
SET item = excluded.item, outcome = excluded.outcome WHERE item IS NULL
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """One answer of the gateway that was taken up.

    Attributes:
        request: Id of the request.
        place: Number of the text in it.
        task: Name of the task.
        kind: `case`, `audit` or `feedback`.
        item: The question that was made of it, or that was there; none where there is
            no question, and `outcome` says why.
        outcome: `new`; `again`: asked already for another answer; `known`: a question
            of the corpus; `exam`: so near a text that is examined on that it may not
            teach; `over`: more than the settings allow; `empty`; `erased`; `lost`: its
            text is kept nowhere; `no-task`: the task is gone, or asks otherwise.
        at: When the answer was given, in seconds since 1970.
        label: The answer.
        release: Digest of the release that gave it.
        chosen: With what chance it was drawn for the audit; none for what was not.
    """

    request: str
    place: int
    task: str
    kind: str
    item: Digest | None
    outcome: str
    at: float
    label: str
    release: str = ""
    chosen: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What somebody says of an answer that was given.

    Attributes:
        request: Id of the request.
        place: Number of the text in it.
        annotation: The annotation that says it.
        label: What is right.
        is_right: Whether the answer said so.
        source: `feedback`, or `audit` for the settled word of experts.
        at: When, in seconds since 1970.
    """

    request: str
    place: int
    annotation: Digest
    label: str
    is_right: bool
    source: str
    at: float


class Book:
    """The tables of corrections; from any thread, each deed by its own connection.

    Each deed makes them if need be, so that a disk that is full when a gateway opens
    keeps nothing off that comes later. It raises an `IntegrityError` where the file
    cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def make(self) -> None:
        """Make the tables if need be."""
        with self._writing():
            pass

    def take(self, taken: Iterable[Taken]) -> None:
        """Write down what was taken up; a question that was made stays."""
        with self._writing() as database:
            for one in taken:
                database.execute(
                    _TAKE,
                    (one.request, one.place, one.task, one.kind, one.item, one.outcome,
                     one.at, one.label, one.release),
                )  # fmt: skip
                if one.chosen is not None:
                    database.execute(
                        "INSERT OR IGNORE INTO audit VALUES (?, ?, ?, ?, ?)",
                        (one.request, one.place, one.item, one.chosen, one.at),
                    )

    def correct(self, corrections: Iterable[Correction]) -> None:
        """Write down corrections; one that is there stays as it was."""
        rows = [
            (one.request, one.place, one.annotation, one.label, int(one.is_right),
             one.source, one.at)
            for one in corrections
        ]  # fmt: skip
        with self._writing() as database:
            database.executemany(
                "INSERT OR IGNORE INTO correction VALUES (?, ?, ?, ?, ?, ?, ?)", rows
            )

    def settle(self, task: str, items: Iterable[Digest]) -> None:
        """Write down which questions experts have settled."""
        with self._writing() as database:
            database.executemany(
                "UPDATE taken SET is_settled = 1 WHERE item = ? AND task = ?",
                [(item, task) for item in items],
            )

    @contextmanager
    def _writing(self) -> Generator[sqlite3.Connection]:
        with (
            boundary(IntegrityError, f"write {self.path}"),
            closing(connect(self.path)) as database,
        ):
            database.execute("PRAGMA synchronous = FULL")  # callers were told
            database.executescript(_TABLES)
            with writing(database):
                yield database
