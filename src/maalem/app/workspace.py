# SPDX-License-Identifier: Apache-2.0
"""An opened project: its settings, its store and where its folders are."""

import difflib
import re
from collections import deque
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from maalem.app.beginning import first_settings
from maalem.app.noting import has_news, is_due, keep_note
from maalem.app.project import (
    FILE,
    Identity,
    Project,
    parse_project,
    read_project,
)
from maalem.corpus import ColumnMap
from maalem.errors import DataError, SettingsError
from maalem.records import Record
from maalem.store import Store, create_store, open_store
from maalem.store.ledger import ledger_size
from maalem.store.opening import SQLITE
from maalem.tasks import TaskDefinition, load_task
from maalem.tasks.lines import TomlFile

R = TypeVar("R", bound=Record)

_NO_NAME = re.compile(r"[^\w.-]+")  # what a name made from a folder's cannot have


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """An opened project.

    Attributes:
        folder: Where it lies.
        project: Its settings.
        store: Its records, blobs and ledger.
    """

    folder: Path
    project: Project
    store: Store

    def place(self, *parts: str) -> Path:
        """Give a folder inside the project, made if need be."""
        path = self.folder.joinpath(*parts)
        path.mkdir(parents=True, exist_ok=True)
        return path

    def task_names(self) -> list[str]:
        """Name the tasks that are defined, sorted."""
        return sorted(path.stem for path in (self.folder / "tasks").glob("*.toml"))

    def task(self, name: str) -> TaskDefinition:
        """Load the definition of a task.

        Raises:
            SettingsError: There is no such task, or its file is refused.
        """
        path = self.folder / "tasks" / f"{name}.toml"
        if name not in self.task_names():
            known = ", ".join(self.task_names()) or "none yet"
            near = difflib.get_close_matches(name, self.task_names(), n=1)
            way = f"did you mean {near[0]!r}?" if near else ""
            raise SettingsError(
                f"there is no task {name!r}",
                why=f"tasks of this project: {known}",
                hint=way or f"write {path.relative_to(self.folder)}",
                code="task.missing",
            )
        return load_task(path)


def now() -> datetime:
    """Tell the time; the only clock of the product."""
    return datetime.now(UTC)  # noqa: TID251  # the door where time comes in


@contextmanager
def create(
    folder: Path | str,
    *,
    name: str = "",
    columns: ColumnMap | None = None,
    later_from: str | None = None,
    database: str = SQLITE,
) -> Generator[Workspace]:
    """Make a project in a new or empty folder and open it.

    Args:
        folder: Where it shall lie.
        name: Name of the project; the folder's name if left out.
        columns: The column map to write into its settings.
        later_from: ISO 8601 date from which groups form a second exam.
        database: Where records and the ledger are kept, as the setting says it.

    Raises:
        DataError: The folder holds something already.
    """
    folder = Path(folder)
    if folder.exists() and any(folder.iterdir()):
        raise DataError(
            f"{folder} is not empty",
            hint="name a new folder",
            code="project.not-empty",
        )
    name = name or _NO_NAME.sub("-", folder.resolve().name) or Identity().name
    text = first_settings(
        name, columns=columns, later_from=later_from, database=database
    )
    project = parse_project(TomlFile(name=FILE, text=text))
    (folder / "tasks").mkdir(parents=True)
    (folder / FILE).write_text(text, encoding="utf-8")
    store = create_store(
        folder,
        origin=f"maalem/{name}",
        clock=now,
        actor=project.project.owner,
        database=database,
    )
    with store:
        store.append("project.init", details={"name": name})
        yield Workspace(folder=folder, project=project, store=store)
        keep_note(store, folder, now=now())


@contextmanager
def open_workspace(
    folder: Path | str, *, read_only: bool = False
) -> Generator[Workspace]:
    """Open a project; writing takes the lock on its folder.

    Whoever has appended to the ledger leaves a dated checkpoint, if one is due.

    Raises:
        SettingsError: The folder is no project.
        BusyError: Somebody else has it open for writing.
    """
    folder = Path(folder)
    project = read_project(folder)
    store = open_store(
        folder,
        clock=now,
        actor=project.project.owner,
        read_only=read_only,
        database=project.store.database,
    )
    with store:
        before = store.look(ledger_size)
        yield Workspace(folder=folder, project=project, store=store)
        if not read_only and has_news(store, before):
            present = now()
            if is_due(store, folder, project.ledger, now=present):
                keep_note(store, folder, now=present)


def sealed_at(work: Workspace, level: int | None) -> Workspace:
    """Give the workspace with another seal required; the project's if none is given."""
    if level is None:
        return work
    seal = replace(work.project.seal, require=level)
    return replace(work, project=replace(work.project, seal=seal))


def newest(work: Workspace, record_type: type[R], task: str | None = None) -> R | None:
    """Give the record of a kind that was written last, if there is one."""
    last = deque(work.store.find(record_type, task), maxlen=1)
    return last[0] if last else None


def last_deed(work: Workspace, action: str, task: str) -> dict[str, Any] | None:
    """Give the details of the newest deed of a kind about a task, if there is one."""
    found = None
    for entry in work.store.entries(action):
        if entry.details.get("task") == task:
            found = dict(entry.details)
    return found
