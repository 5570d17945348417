# SPDX-License-Identifier: Apache-2.0
"""What the traffic file knows of two releases: who was judged, complained of, heard.

Other parts write the file; a table that is not there yet is empty.
"""

import sqlite3
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from maalem.errors import EngineError, boundary
from maalem.serving.traffic.tables import FILE

_NEEDED = {"request", "decision", "audit", "correction"}
_JUDGED = """
    SELECT a.request || ' ' || a.place, a.chosen, d.label, c.label, c.is_right, {other}
    FROM audit a
    JOIN request r ON r.id = a.request
    JOIN decision d ON d.request = a.request AND d.place = a.place
    JOIN correction c ON c.request = a.request AND c.place = a.place
        AND c.source = 'audit'
    {joined}
    WHERE r.task = ? AND r."release" = ? AND r.at >= ?
    ORDER BY 1
"""
_SHADOWED = """
    JOIN request s ON s.id IN (r.id || '.shadow', r.id || '.shadow1',
        r.id || '.shadow2', r.id || '.shadow3') AND s."release" = ?
    JOIN decision e ON e.request = s.id AND e.place = a.place
"""
_COMPLAINTS = """
    SELECT COUNT(*), COUNT(c.request) FROM request r
    JOIN decision d ON d.request = r.id
    LEFT JOIN (
        SELECT DISTINCT request, place FROM correction
        WHERE source = 'feedback' AND is_right = 0
    ) c ON c.request = d.request AND c.place = d.place
    WHERE r.task = ? AND r."release" = ? AND r.at >= ? AND r.arm <> 'shadow'
        AND r.status < 400 AND d.label <> ''
"""
_DISAGREEMENT = """
    SELECT COUNT(*), COALESCE(SUM(d.label <> e.label), 0) FROM request s
    JOIN decision e ON e.request = s.id
    JOIN request r ON r.id = substr(s.id, 1, instr(s.id, '.shadow') - 1)
    JOIN decision d ON d.request = r.id AND d.place = e.place
    WHERE s.task = ? AND s.arm = 'shadow' AND s."release" = ? AND r."release" = ?
        AND d.label <> ''
"""
_LOWEST = """
    SELECT MIN(a.chosen) FROM audit a JOIN request r ON r.id = a.request
    WHERE r.task = ?
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A text that experts judged who did not know what was answered.

    Attributes:
        is_wrong: Whether the release that answered erred.
        chosen: Probability with which the text was drawn, in (0, 1].
        is_other_wrong: Whether the shadow erred on the same text; none without one.
    """

    is_wrong: bool
    chosen: float
    is_other_wrong: bool | None = None


class Traffic:
    """Reads the traffic of one task; answers nothing where a table is missing."""

    def __init__(self, database: sqlite3.Connection, task: str) -> None:
        self._database = database
        self._task = task
        query = "SELECT name FROM sqlite_master WHERE type = 'table'"
        self._is_whole = {row[0] for row in database.execute(query)} >= _NEEDED

    def judged(self, release: str, *, since: float) -> list[Judged]:
        """Give the judged answers of a release, since a moment."""
        query = _JUDGED.format(other="NULL", joined="")
        return list(self._rows(query, (self._task, release, since)))

    def judged_pairs(self, champion: str, shadow: str) -> list[Judged]:
        """Give the judged texts that a champion answered and a shadow was asked."""
        query = _JUDGED.format(other="e.label", joined=_SHADOWED)
        return list(self._rows(query, (shadow, self._task, champion, 0.0)))

    def complaints(self, release: str, *, since: float) -> tuple[int, int]:
        """Count the labels of a release, and those that somebody called wrong."""
        return self._counted(_COMPLAINTS, (self._task, release, since))

    def disagreement(self, champion: str, shadow: str) -> tuple[int, int]:
        """Count the texts that both gave a label, and those told apart."""
        return self._counted(_DISAGREEMENT, (self._task, shadow, champion))

    def lowest(self) -> float:
        """Give the least probability that a text of the task was drawn with."""
        if not self._is_whole:
            return 1.0
        (found,) = self._database.execute(_LOWEST, (self._task,)).fetchone()
        return 1.0 if found is None else float(found)

    def _counted(self, query: str, values: tuple[object, ...]) -> tuple[int, int]:
        if not self._is_whole:
            return 0, 0
        whole, some = self._database.execute(query, values).fetchone()
        return int(whole), int(some)

    def _rows(self, query: str, values: tuple[object, ...]) -> Iterator[Judged]:
        if not self._is_whole:
            return
        rows = self._database.execute(query, values)
        for _, group in groupby(rows, key=itemgetter(0)):
            several = list(group)
            _, chosen, answer, _, _, other = several[0]
            truth = _agreed(several)
            if truth is not None:
                yield Judged(
                    is_wrong=truth != answer,
                    chosen=chosen,
                    is_other_wrong=None if other is None else truth != other,
                )


def _agreed(rows: list[tuple[object, ...]]) -> object | None:
    """Give the label that most experts gave; none where two labels have as many.

    An expert who said only that the answer was right gave its label.
    """
    given = Counter(row[3] or (row[2] if row[4] else "") for row in rows)
    (label, most), *others = given.most_common(2)
    is_tied = bool(others) and others[0][1] == most
    return None if is_tied or not label else label


@contextmanager
def open_traffic(folder: Path, task: str) -> Generator[Traffic]:
    """Open the traffic file of a project for reading; without one all is empty.

    Raises:
        EngineError: The file cannot be read.
    """
    path = folder / FILE
    where = f"{path.resolve().as_uri()}?mode=ro" if path.is_file() else ":memory:"
    with (
        boundary(EngineError, "read the traffic"),
        closing(sqlite3.connect(where, uri=True, timeout=10.0)) as database,
    ):
        yield Traffic(database, task)
