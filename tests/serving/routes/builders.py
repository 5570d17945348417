# SPDX-License-Identifier: Apache-2.0
"""A small traffic file, written as the log and the corrections write it."""

import sqlite3
from contextlib import closing
from itertools import count

TABLES = """
CREATE TABLE IF NOT EXISTS request(id TEXT PRIMARY KEY, at REAL, seconds REAL,
    operation, path, caller, task, "release", model, threshold REAL, arm,
    status INTEGER, code, tokens_in INTEGER, tokens_out INTEGER);
CREATE TABLE IF NOT EXISTS decision(request, place INTEGER, label, probability REAL,
    reason, text, digest, PRIMARY KEY (request, place));
CREATE TABLE IF NOT EXISTS audit(request, place, item, chosen REAL, at REAL,
    PRIMARY KEY (request, place));
CREATE TABLE IF NOT EXISTS correction(request, place, annotation, label,
    is_right INTEGER, source, at REAL);
"""


class TrafficFile:
    """Writes rows; every answer is of a request of its own."""

    def __init__(self, folder, *, at=1e10):
        self.path = folder / "gateway" / "traffic.sqlite"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._at = at
        self._numbers = count()
        with self._open() as database:
            database.executescript(TABLES)

    def answer(self, release, *, label="a", arm="champion", name="", task="system"):
        """Write one answer; give the id of its request."""
        name = name or f"r{next(self._numbers)}"
        row = (name, self._at, task, release, arm, 200)
        query = (
            'INSERT INTO request(id, at, task, "release", arm, status)'
            " VALUES (?, ?, ?, ?, ?, ?)"
        )
        with self._open() as database, database:
            database.execute(query, row)
            query = "INSERT INTO decision(request, place, label) VALUES (?, 0, ?)"
            database.execute(query, (name, label))
        return name

    def judge(self, name, *labels, chosen=1.0):
        """Write that experts judged an answer."""
        with self._open() as database, database:
            database.execute(
                "INSERT INTO audit VALUES (?, 0, 'item', ?, 0.0)", (name, chosen)
            )
            for label in labels:
                database.execute(
                    "INSERT INTO correction VALUES (?, 0, '', ?, NULL, 'audit', 0.0)",
                    (name, label),
                )

    def complain(self, name):
        """Write that a caller called an answer wrong."""
        with self._open() as database, database:
            database.execute(
                "INSERT INTO correction VALUES (?, 0, '', 'b', 0, 'feedback', 0.0)",
                (name,),
            )

    def judged(self, release, *, wrong, right, chosen=1.0, arm="champion"):
        """Write so many answers that were judged."""
        for truth in ["b"] * wrong + ["a"] * right:
            self.judge(self.answer(release, arm=arm), truth, chosen=chosen)

    def _open(self):
        return closing(sqlite3.connect(self.path))
