# SPDX-License-Identifier: Apache-2.0
"""A small traffic file, written as the log and the corrections write it."""

from contextlib import closing
from itertools import count

from maalem.serving.corrections.book import Book
from maalem.serving.traffic.tables import connect, writing


class TrafficFile:
    """Writes rows; every answer is of a request of its own."""

    def __init__(self, folder, *, at=1e10, task="system"):
        self.path = folder / "gateway" / "traffic.sqlite"
        self._at, self._task = at, task
        self._numbers = count()
        connect(self.path).close()
        Book(self.path).correct([])  # its tables are made at first use

    def answer(self, release, *, label="a", arm="champion", name="", status=200):
        """Write one answer; give the id of its request."""
        name = name or f"r{next(self._numbers)}"
        row = (name, self._at, self._task, release, arm, status)
        query = (
            'INSERT INTO request(id, at, task, "release", arm, status, seconds,'
            " operation, path, caller, model, code)"
            " VALUES (?, ?, ?, ?, ?, ?, 0.1, 'classify', '/predict', '', '', '')"
        )
        with closing(connect(self.path)) as database, writing(database):
            database.execute(query, row)
            query = "INSERT INTO decision VALUES (?, 0, ?, 0.9, '', NULL, '')"
            database.execute(query, (name, label))
        return name

    def judge(self, name, *labels, chosen=1.0):
        """Write that experts judged an answer."""
        with closing(connect(self.path)) as database, writing(database):
            database.execute(
                "INSERT INTO audit VALUES (?, 0, 'item', ?, 0.0)", (name, chosen)
            )
            for expert, label in enumerate(labels):
                database.execute(
                    "INSERT INTO correction VALUES (?, 0, ?, ?, ?, 'audit', 0.0)",
                    (name, f"answer {expert}", label, int(label == "a")),
                )

    def complain(self, name):
        """Write that a caller called an answer wrong."""
        with closing(connect(self.path)) as database, writing(database):
            database.execute(
                "INSERT INTO correction VALUES (?, 0, ?, 'b', 0, 'feedback', 0.0)",
                (name, f"said {next(self._numbers)}"),
            )

    def judged(self, release, *, wrong, right, chosen=1.0, arm="champion"):
        """Write so many answers that were judged."""
        for truth in ["b"] * wrong + ["a"] * right:
            self.judge(self.answer(release, arm=arm), truth, chosen=chosen)
