# SPDX-License-Identifier: Apache-2.0
"""Settled answers become a frozen dataset."""

from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from maalem.app.workspace import Workspace, last_deed, now
from maalem.dataset import find_leaks, leave_out, refuse_leakage, to_examples
from maalem.dataset import freeze as write_dataset
from maalem.dataset.card import Provenance
from maalem.dataset.splits import first_dates
from maalem.errors import DataError
from maalem.experts import settle
from maalem.records import (
    Annotation,
    Dataset,
    Digest,
    Document,
    Example,
    Gold,
    Item,
    Passage,
    digest_of,
    to_json,
)
from maalem.tasks import TaskDefinition


def freeze(
    work: Workspace, task_name: str, *, drop_leaks: bool = False, keep: bool = True
) -> Dataset:
    """Freeze the settled answers of a task into a dataset named by its content.

    Args:
        work: The opened project.
        task_name: Name of the task.
        drop_leaks: Leave rows out that stand on both sides, counted; otherwise they
            are refused.
        keep: Whether to write it down.

    Raises:
        LeakageError: A group or a near duplicate stands on both sides of a split.
        DataError: There are no answers, or they have fewer than two labels.
    """
    task = work.task(task_name)
    golds, still_open = settle(work.store.find(Annotation, task.name))
    examples = _examples(work, task, golds)
    leaks = find_leaks(
        examples,
        labels=task.label_names,
        allow_label_in_text=task.allow_label_in_text,
    )
    left_out: tuple[tuple[str, int], ...] = ()
    if drop_leaks:
        examples, left_out = leave_out(examples, leaks)
    else:
        refuse_leakage(leaks)
    if still_open:
        left_out = (("not settled", len(still_open)), *left_out)
    with _place(work, keep=keep) as place:
        dataset = write_dataset(
            examples,
            task_name=task.name,
            task_version=task.version,
            labels=task.label_names,
            into=place,
            left_out=left_out,
            provenance=_provenance(work, task),
        )
    if keep:
        work.store.append("dataset.freeze", [dataset])
        chosen = {"task": task.name, "dataset": dataset.id, "drawn": drawn_by(work)}
        work.store.append("dataset.chosen", details=chosen)
    return dataset


def _examples(
    work: Workspace, task: TaskDefinition, golds: Iterable[Gold]
) -> tuple[Example, ...]:
    """Join answers with items; what the corpus knows of their passages goes along."""
    split = work.project.split
    return to_examples(
        work.store.find(Item, task.name),
        golds,
        salt=split.salt,
        shares=split.shares,
        later_from=split.later_from,
        near={one.id: one.near for one in work.store.find(Passage) if one.near},
        first_dates=first_dates(work.store.find(Passage)),
    )


@contextmanager
def _place(work: Workspace, *, keep: bool) -> Generator[Path]:
    """Give the folder of datasets; for a dry run one that vanishes afterwards."""
    if keep:
        yield work.place("datasets")
    else:
        with TemporaryDirectory() as folder:
            yield Path(folder)


def drawn_by(work: Workspace) -> Digest:
    """Name how the splits are drawn: salt, shares and the date of the later exam."""
    return digest_of(to_json(work.project.split))


def _provenance(work: Workspace, task: TaskDefinition) -> Provenance:
    return Provenance(
        title=task.title,
        creator=work.project.project.owner,
        sources=tuple(sorted({one.source for one in work.store.find(Document)})),
        frozen_at=now().date().isoformat(),
        later_from=work.project.split.later_from,
        notes=task.caveats,
    )


def latest_dataset(work: Workspace, task: str) -> Dataset:
    """Give the dataset frozen last for a task.

    Raises:
        DataError: None was frozen yet.
    """
    work.task(task)  # a name that is no task is said to be so
    details = last_deed(work, "dataset.chosen", task)
    if details is None:
        raise DataError(
            f"no dataset was frozen for {task!r} yet",
            hint=f"maalem freeze {task}",
            code="dataset.none",
        )
    return work.store.get(Dataset, details["dataset"])
