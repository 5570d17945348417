# SPDX-License-Identifier: Apache-2.0
"""Where a project stands in the loop, and the next command."""

from dataclasses import dataclass

from maalem.app.workspace import Workspace, newest
from maalem.records import (
    Annotation,
    Dataset,
    Document,
    EvalReport,
    Item,
    Passage,
    Record,
    Release,
    TrainingRun,
    Verdict,
)

STATIONS: tuple[tuple[str, type[Record]], ...] = (
    ("documents", Document),
    ("passages", Passage),
    ("items", Item),
    ("annotations", Annotation),
    ("datasets", Dataset),
    ("training runs", TrainingRun),
    ("exams", EvalReport),
    ("releases", Release),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Where a project stands.

    Attributes:
        name: Name of the project.
        counts: Pairs of station and number, in the order of the loop.
        tasks: Names of the tasks.
        verdict: What the last gate said; none if there was none.
        next_command: What to do next.
    """

    name: str
    counts: tuple[tuple[str, int], ...]
    tasks: tuple[str, ...]
    verdict: str | None
    next_command: str


def status(work: Workspace) -> Status:
    """Count what each station holds and name the next command."""
    counts = tuple((name, work.store.count(kind)) for name, kind in STATIONS)
    tasks = tuple(work.task_names())
    last = newest(work, Verdict)
    return Status(
        name=work.project.project.name,
        counts=counts,
        tasks=tasks,
        verdict=last.outcome if last else None,
        next_command=_next(dict(counts), tasks),
    )


def _next(counts: dict[str, int], tasks: tuple[str, ...]) -> str:
    task = tasks[0] if tasks else "NAME"
    if counts["documents"] == 0:
        return "maalem add PATH"
    if not tasks:
        return "write tasks/NAME.toml, then maalem ask NAME"
    steps = (
        ("items", f"maalem ask {task}"),
        ("annotations", f"maalem import {task} PATH"),
        ("datasets", f"maalem freeze {task}"),
        ("training runs", f"maalem train {task}"),
        ("exams", f"maalem examine {task}"),
        ("releases", f"maalem release {task}"),
    )
    for station, command in steps:
        if counts[station] == 0:
            return command
    return f"maalem predict releases/{task}-{counts['releases']} TEXT"
