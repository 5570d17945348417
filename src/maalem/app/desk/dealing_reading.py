# SPDX-License-Identifier: Apache-2.0
"""Who has read which version of a guideline."""

from dataclasses import dataclass

from maalem.records import Digest
from maalem.store import Store
from maalem.store.tables import Tables
from maalem.tasks import TaskDefinition


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """That somebody read a version of a guideline.

    Attributes:
        version: Which one.
        at: When, in seconds since 1970.
    """

    version: Digest
    at: float


def last_read(store: Store, person: str, task: TaskDefinition) -> Read | None:
    """Give what somebody read last of a guideline; none if they read what is in force.

    Nor is there any where they have read nothing of it.
    """

    def deed(tables: Tables) -> Read | None:
        query = (
            "SELECT version, read_at FROM guideline_read "
            "WHERE person = ? AND task = ? ORDER BY read_at DESC, version"
        )
        rows = tables.execute(query, (person, task.name)).fetchall()
        if not rows or any(version == task.version for version, _ in rows):
            return None
        return Read(version=rows[0][0], at=rows[0][1])

    return store.look(deed)


def has_read(store: Store, person: str, task: TaskDefinition) -> bool:
    """Tell whether somebody has read the guideline in force."""

    def deed(tables: Tables) -> bool:
        found = tables.execute(
            "SELECT 1 FROM guideline_read WHERE person = ? AND task = ? "
            "AND version = ?",
            (person, task.name, task.version),
        )
        return found.fetchone() is not None

    return store.look(deed)


def note_reading(
    store: Store, person: str, task: TaskDefinition, *, now: float
) -> None:
    """Note that somebody has read the guideline in force; the first time stays."""

    def deed(tables: Tables) -> None:
        tables.execute(
            "INSERT INTO guideline_read (person, task, version, read_at) "
            "VALUES (?, ?, ?, ?) ON CONFLICT (person, task, version) DO NOTHING",
            (person, task.name, task.version, now),
        )

    store.change(deed)
