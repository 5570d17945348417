# SPDX-License-Identifier: Apache-2.0
"""Who has read which version of a guideline."""

from maalem.store import Store
from maalem.store.tables import Tables
from maalem.tasks import TaskDefinition


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
