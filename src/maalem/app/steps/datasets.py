# SPDX-License-Identifier: Apache-2.0
"""Settled answers become a frozen dataset."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from maalem.app.steps.influence_cap import influence_on
from maalem.app.steps.personal import personal_in
from maalem.app.steps.portraits import keep_portrait
from maalem.app.steps.settled import Settlement, settled
from maalem.app.workspace import Workspace, last_deed, now
from maalem.dataset import find_leaks, leave_out, refuse_leakage, to_examples
from maalem.dataset import freeze as write_dataset
from maalem.dataset.card import Provenance
from maalem.dataset.splits import first_dates
from maalem.dataset.telling import Beside, Telling, find_telling
from maalem.errors import DataError
from maalem.experts.influence import refuse_influence, told
from maalem.records import (
    Dataset,
    Digest,
    Document,
    Example,
    Passage,
    digest_of,
    to_json,
)
from maalem.tasks import TaskDefinition


@dataclass(frozen=True, slots=True, kw_only=True)
class FreezeNotes:
    """What must be known of a frozen dataset, a clause each.

    Attributes:
        telling: What tells its labels without the texts.
        influence: Of which class one expert stands behind too much.
    """

    telling: tuple[str, ...]
    influence: tuple[str, ...]


def freeze(
    work: Workspace, task_name: str, *, drop_leaks: bool = False, keep: bool = True
) -> Dataset:
    """Freeze the settled answers of a task into a dataset named by its content.

    See `freeze_with_notes`, which tells more.
    """
    return freeze_with_notes(work, task_name, drop_leaks=drop_leaks, keep=keep)[0]


def freeze_with_notes(
    work: Workspace, task_name: str, *, drop_leaks: bool = False, keep: bool = True
) -> tuple[Dataset, FreezeNotes]:
    """Freeze the settled answers of a task into a dataset named by its content.

    Args:
        work: The opened project.
        task_name: Name of the task.
        drop_leaks: Leave rows out that stand on both sides, counted; otherwise they
            are refused.
        keep: Whether to write it down.

    Returns:
        The dataset, and what must be known of it; this stands on its card too.

    Raises:
        LeakageError: A group or a near duplicate stands on both sides of a split.
        DataError: There are no answers, or they have fewer than two labels, or the
            task asks for something else than one label, or one expert stands behind
            more of a class than the project enforces.
    """
    task = work.task(task_name)
    _refuse_other_answers(work, task)
    found = settled(work, task)
    too_much = influence_on(work, found)
    refuse_influence(too_much, cap=work.project.influence)
    examples = _examples(work, found)
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
    telling = _telling(work, task, examples)
    notes = tuple(one.sentence for one in telling)
    heard = told(too_much, cap=work.project.influence)
    with _place(work, keep=keep) as place:
        dataset = write_dataset(
            examples,
            task_name=task.name,
            task_version=task.version,
            labels=task.label_names,
            into=place,
            left_out=(*found.left_out, *left_out),
            provenance=replace(
                _provenance(work, task, notes, heard=heard, outdated=found.outdated),
                personal=personal_in(work, examples),
            ),
        )
    if keep:
        work.store.append("dataset.freeze", [dataset])
        chosen = {"task": task.name, "dataset": dataset.id, "drawn": drawn_by(work)}
        portrait = keep_portrait(
            work, task, examples, found=found, leaks=leaks, telling=telling
        )
        work.store.append("dataset.chosen", details={**chosen, "portrait": portrait})
    return dataset, FreezeNotes(telling=notes, influence=heard)


def _refuse_other_answers(work: Workspace, task: TaskDefinition) -> None:
    """Refuse what is no single label, and tell what there is of it."""
    if task.answer == "choose":
        return
    found = settled(work, task)
    answered = len(found.golds) + len(found.still_open)
    raise DataError(
        f"the answer of {task.name!r} is `{task.answer}`",
        why="only tasks whose answer is `choose` can be frozen yet; of this one "
        f"{len(found.golds)} of {answered} answered items are settled, and all answers "
        "are kept",
        hint=f"maalem export {task.name} {task.name}.jsonl",
        code="dataset.answer-kind",
    )


def _examples(work: Workspace, found: Settlement) -> tuple[Example, ...]:
    """Join answers with items; what the corpus knows of their passages goes along."""
    split = work.project.split
    return to_examples(
        found.items,
        found.golds,
        salt=split.salt,
        shares=split.shares,
        later_from=split.later_from,
        near={one.id: one.near for one in work.store.find(Passage) if one.near},
        first_dates=first_dates(work.store.find(Passage)),
    )


def _telling(
    work: Workspace, task: TaskDefinition, examples: Sequence[Example]
) -> tuple[Telling, ...]:
    """Look for what tells the label beside the text, which no model sees."""
    asked = {one.passage for one in examples}
    passages = [one for one in work.store.find(Passage) if one.id in asked]
    cut_from = {one.document for one in passages}
    documents = (one for one in work.store.find(Document) if one.id in cut_from)
    beside = {one.id: _beside(one) for one in documents}
    known = {one.id: beside.get(one.document, ()) for one in passages}
    return find_telling(examples, known, labels=task.label_names)


def _beside(document: Document) -> Beside:
    path = PurePosixPath(document.source)
    columns = ((f"column {name!r}", value) for name, value in document.fields)
    folder = str(path.parent)
    return (("folder", folder), ("file name", path.name), *columns)


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


def _provenance(
    work: Workspace,
    task: TaskDefinition,
    notes: tuple[str, ...],
    *,
    heard: tuple[str, ...],
    outdated: int,
) -> Provenance:
    again = (
        "Answers that a later version of the guideline asks again, and that stand "
        f"until they are given anew: {outdated}."
    )
    return Provenance(
        title=task.title,
        creator=work.project.project.owner,
        sources=tuple(sorted({one.source for one in work.store.find(Document)})),
        frozen_at=now().date().isoformat(),
        later_from=work.project.split.later_from,
        notes=(
            *task.caveats,
            *(f"Without the text: {note}." for note in notes),
            *(f"{one[0].upper()}{one[1:]}." for one in heard),
            *([again] if outdated else []),
        ),
    )


def latest_dataset(work: Workspace, task: str) -> Dataset:
    """Give the dataset frozen last for a task.

    Raises:
        DataError: None was frozen yet.
    """
    work.task(task)  # a name that is no task is said to be so
    found = find_latest_dataset(work, task)
    if found is None:
        raise DataError(
            f"no dataset was frozen for {task!r} yet",
            hint=f"maalem freeze {task}",
            code="dataset.none",
        )
    return found


def find_latest_dataset(work: Workspace, task: str) -> Dataset | None:
    """Give the dataset frozen last for a task, if there is one."""
    details = last_deed(work, "dataset.chosen", task)
    return work.store.get(Dataset, details["dataset"]) if details else None
