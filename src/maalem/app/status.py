# SPDX-License-Identifier: Apache-2.0
"""Where a project stands in the loop, and the next command."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from maalem.app.report_corrections import audit_sentence
from maalem.app.steps.begun import to_finish
from maalem.app.steps.corrections import audit_error, traffic_file
from maalem.app.steps.retraining import still_open
from maalem.app.steps.settled import settled
from maalem.app.workspace import Workspace, newest
from maalem.errors import SettingsError
from maalem.experts.comparing import comparing
from maalem.experts.disputes import disputes
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
from maalem.serving.corrections.reading import open_questions

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
class Waiting:
    """What of a task waits for people.

    Attributes:
        task: Name of the task.
        disagreements: Items that somebody must settle.
        items: Items that want an answer.
        command: What opens the desk for them.
        from_gateway: How many of the items the gateway asks about.
    """

    task: str
    disagreements: int
    items: int
    command: str
    from_gateway: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Where a project stands.

    Attributes:
        name: Name of the project.
        counts: Pairs of station and number, in the order of the loop.
        tasks: Names of the tasks.
        verdict: What the last gate said; none if there was none.
        next_command: What to do next.
        waiting: What waits for people, by task; empty where nothing does.
        to_retrain: Models that learned from what was forgotten, and that nothing was
            done about yet.
        half_forgotten: What must be forgotten again, since it was interrupted.
        audits: Pairs of a task that the gateway answers for and its error in use, as a
            sentence.
    """

    name: str
    counts: tuple[tuple[str, int], ...]
    tasks: tuple[str, ...]
    verdict: str | None
    next_command: str
    waiting: tuple[Waiting, ...] = ()
    to_retrain: int = 0
    half_forgotten: tuple[str, ...] = ()
    audits: tuple[tuple[str, str], ...] = ()


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
        next_command=_next(work, dict(counts)),
        waiting=tuple(_waiting(work)),
        to_retrain=len({one.checkpoint for one in still_open(work)}),
        half_forgotten=to_finish(work),
        audits=tuple(_audits(work)),
    )


def _audits(work: Workspace) -> Iterator[tuple[str, str]]:
    """Say how often each task's model errs in use, where anything was drawn."""
    for name in work.task_names():
        found = audit_error(work, name)
        if found.drawn:
            yield name, audit_sentence(found)


def _waiting(work: Workspace) -> Iterator[Waiting]:
    """Tell what waits for people in each task whose definition can be read."""
    for name in work.task_names():
        try:
            task = work.task(name)
        except SettingsError:
            continue  # `maalem ask` says why
        found = settled(work, task)
        open_ = disputes(found.still_open, found.answers, how=comparing(task))
        if open_ or found.waiting:
            yield Waiting(
                task=name,
                disagreements=len(open_),
                items=found.waiting,
                command=f"{_here(work)} serve",
                from_gateway=open_questions(traffic_file(work), name),
            )


def _here(work: Workspace) -> str:
    """Begin a command so that it can be typed where the user stands."""
    return "maalem" if work.folder == Path() else f"maalem -C {work.folder}"


def _next(work: Workspace, counts: dict[str, int]) -> str:
    """Name the next command."""
    here = _here(work)
    if counts["documents"] == 0:
        return f"{here} add PATH"
    if not work.task_names():
        return f"write {work.folder / 'tasks' / 'NAME.toml'}, then {here} ask NAME"
    task = work.task_names()[0]
    steps = (
        ("items", f"ask {task}"),
        ("annotations", f"import {task} PATH"),
        ("datasets", f"freeze {task}"),
        ("training runs", f"train {task}"),
        ("exams", f"examine {task}"),
        ("releases", f"release {task}"),
    )
    for station, command in steps:
        if counts[station] == 0:
            return f"{here} {command}"
    last = newest(work, Release)
    name = f"{last.task}-{last.number}" if last else task
    return f"maalem predict {work.folder / 'releases' / name} TEXT"
