# SPDX-License-Identifier: Apache-2.0
"""A new version of a task: its file and its record, written in one act."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

from maalem.app.workspace import Workspace
from maalem.errors import BusyError, SettingsError
from maalem.records import TaskVersion, digest_bytes
from maalem.tasks import TaskDefinition, load_task, write_task

_TURN = Lock()  # of all who write a task's file
NEW = ""
"""What the file of a new task looked like: it was not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is to be written, and by whom.

    Attributes:
        task: The task as it shall be.
        seen: Fingerprint of the file that its author saw; `NEW` for a new task.
        by: Pseudonym of the author.
        at: ISO 8601 time.
        note: What changed, in words.
        ask_again: Labels whose answers under earlier versions are asked again.
    """

    task: TaskDefinition
    seen: str
    by: str
    at: str
    note: str = ""
    ask_again: tuple[str, ...] = ()


def file_of(work: Workspace, name: str) -> Path:
    """Give the file of a task, there or not."""
    return work.place("tasks") / f"{name}.toml"


def fingerprint(path: Path) -> str:
    """Tell how a file looks now."""
    return digest_bytes(path.read_bytes()) if path.exists() else NEW


def versions_of(work: Workspace, name: str) -> list[TaskVersion]:
    """Give the recorded versions of a task, oldest first."""
    return list(work.store.find(TaskVersion, name))


def write_version(work: Workspace, change: Change) -> TaskVersion:
    """Write a task's file and the record of its version.

    A file that was changed by hand since its author saw it is left as it is. The
    version that the file held is recorded too, if nobody did. What changes only how
    cards are dealt makes no version, but is written.

    Raises:
        BusyError: The file is not what the author saw; code `task.changed`.
    """
    task = change.task
    path = file_of(work, task.name)
    with _TURN:
        if fingerprint(path) != change.seen:
            raise BusyError(
                f"the file of {task.name} was changed meanwhile",
                hint="load it again, and make your change there",
                code="task.changed",
            )
        known = versions_of(work, task.name)
        found = _as_found(work, path, known)
        number = len(known) + len(found) + 1
        version = _version(change, number)
        had = next((one for one in [*known, *found] if one.id == version.id), None)
        staged = path.with_suffix(".toml.partial")
        staged.write_text(version.toml, encoding="utf-8")
        work.store.append(
            "task.write",
            [*found, *([] if had else [version])],
            details={"task": task.name, "version": version.id, "by": change.by},
        )
        staged.replace(path)
    return had or version


def _version(change: Change, number: int) -> TaskVersion:
    return TaskVersion(
        id=change.task.version,
        task=change.task.name,
        number=number,
        toml=write_task(change.task),
        by=change.by,
        at=change.at,
        note=change.note,
        ask_again=change.ask_again,
    )


def _as_found(
    work: Workspace, path: Path, known: list[TaskVersion]
) -> list[TaskVersion]:
    """Give the version that the file holds, where no record knows it."""
    if not path.exists():
        return []
    try:
        task = load_task(path)
    except SettingsError:
        return []  # what no reader takes was never asked
    if task.version in {one.id for one in known}:
        return []
    written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    change = Change(
        task=task,
        seen="",
        by=work.project.project.owner,
        at=written.isoformat(timespec="seconds"),
    )
    return [_version(change, len(known) + 1)]
