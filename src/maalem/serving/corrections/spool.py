# SPDX-License-Identifier: Apache-2.0
"""What processes that only read a project leave for the one that writes it.

It lies in the file of the traffic, and is overwritten once it was taken home.
"""

import json
import logging
import sqlite3
from collections.abc import Generator, Iterable
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path

from maalem.errors import IntegrityError, boundary
from maalem.serving.corrections.collector import MOST_LETTERS, MOST_WAITING, Found
from maalem.serving.corrections.feedback import Said, unkept
from maalem.serving.corrections.reading import read
from maalem.serving.traffic.tables import connect, writing

logger = logging.getLogger(__name__)

_FOUND, _SAID = "found", "said"
_SIZE = """
SELECT count(*), coalesce(sum(length(content)), 0) FROM waiting WHERE kind = ?"""


class Spool:
    """Answers and feedback that wait to be taken home; from any thread and process.

    Of either kind as much may wait as may wait in memory.

    Attributes:
        path: The file of the traffic, made when something is left.
        left: Answers that did not wait here, since too many did; the log has them.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.left = 0

    def put(self, found: Iterable[Found]) -> None:
        """Leave answers that a person should see, as many as there is room for."""
        several = [asdict(one) for one in found]
        over = len(several) - self._leave(_FOUND, several)
        if over:
            self.left += over
            logger.warning("%s answers are left to the log: too much waits", over)

    def say(self, said: Said) -> None:
        """Leave feedback.

        Raises:
            RequestError: Too much waits.
        """
        if not self._leave(_SAID, [asdict(said)]):
            logger.error("feedback is refused: too much waits to be taken home")
            raise unkept()

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

    def _leave(self, kind: str, several: Iterable[dict[str, object]]) -> int:
        """Leave what there is room for; tell how many that were."""
        kept: list[tuple[str, str]] = []
        with self._writing() as database:
            number, letters = database.execute(_SIZE, (kind,)).fetchone()
            for one in several:
                content = json.dumps(one, ensure_ascii=False)
                letters += len(content)
                if number + len(kept) >= MOST_WAITING or letters > MOST_LETTERS:
                    break
                kept.append((kind, content))
            database.executemany(
                "INSERT INTO waiting (kind, content) VALUES (?, ?)", kept
            )
        return len(kept)

    @contextmanager
    def _writing(self) -> Generator[sqlite3.Connection]:
        with (
            boundary(IntegrityError, f"write {self.path}"),
            closing(connect(self.path)) as database,
        ):
            database.execute("PRAGMA synchronous = FULL")  # callers were told
            with writing(database):
                yield database
