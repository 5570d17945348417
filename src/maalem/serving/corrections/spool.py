# SPDX-License-Identifier: Apache-2.0
"""What processes that only read a project leave for the one that writes it.

It lies in the file of the traffic, and is overwritten once it was taken home.
"""

import json
import sqlite3
from collections.abc import Generator, Iterable
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path

from maalem.errors import IntegrityError, boundary
from maalem.serving.corrections.collector import Found
from maalem.serving.corrections.feedback import Said
from maalem.serving.corrections.reading import read

_PATIENCE = 5.0  # seconds that one process waits for another that writes
_FOUND, _SAID = "found", "said"
_TABLE = """
CREATE TABLE IF NOT EXISTS waiting (
    number INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, content TEXT NOT NULL
)
"""


class Spool:
    """Answers and feedback that wait to be taken home; from any thread and process."""

    def __init__(self, path: Path) -> None:
        """Make the table if need be; the file is there."""
        self.path = path
        with self._writing() as database:
            database.execute(_TABLE)

    def put(self, found: Iterable[Found]) -> None:
        """Leave answers that a person should see."""
        self._leave(_FOUND, [asdict(one) for one in found])

    def say(self, said: Said) -> None:
        """Leave feedback."""
        self._leave(_SAID, [asdict(said)])

    def waiting(self, most: int) -> list[tuple[int, Found | Said]]:
        """Give what waits, the oldest first, each with its number."""
        rows = read(
            self.path,
            "SELECT number, kind, content FROM waiting ORDER BY number LIMIT ?",
            (most,),
            tables=["waiting"],
        )
        return [
            (number, (Found if kind == _FOUND else Said)(**json.loads(content)))
            for number, kind, content in rows
        ]

    def done(self, number: int) -> None:
        """Let go of what was taken home; its text is overwritten."""
        with self._writing() as database:
            database.execute("DELETE FROM waiting WHERE number = ?", (number,))

    def _leave(self, kind: str, several: Iterable[dict[str, object]]) -> None:
        rows = [(kind, json.dumps(one, ensure_ascii=False)) for one in several]
        with self._writing() as database:
            database.executemany(
                "INSERT INTO waiting (kind, content) VALUES (?, ?)", rows
            )

    @contextmanager
    def _writing(self) -> Generator[sqlite3.Connection]:
        with (
            boundary(IntegrityError, f"write {self.path}"),
            closing(sqlite3.connect(self.path, timeout=_PATIENCE)) as database,
            database,
        ):
            database.execute("PRAGMA secure_delete = ON")
            yield database
