# SPDX-License-Identifier: Apache-2.0
"""An examined model becomes a signed folder with the ledger's promise in it."""

from collections.abc import Collection, Sequence
from pathlib import Path

from maalem.app.noting import keep_note
from maalem.app.project import FILE, read_project
from maalem.app.steps.approvals import approval_of
from maalem.app.steps.examined import Exam
from maalem.app.steps.judgements import seconds_per_item
from maalem.app.steps.keys import keys_of
from maalem.app.steps.origins import Behind
from maalem.app.steps.personal import personal_in
from maalem.app.steps.probing import probes_of
from maalem.app.steps.retraining import restricted
from maalem.app.steps.runs import checkpoint_folder, checkpoint_of, dataset_folder
from maalem.app.steps.settled import settled
from maalem.app.workspace import Workspace, newest, now
from maalem.dataset import read_dataset, read_split
from maalem.dataset.erased import find_erased, group_name
from maalem.errors import IntegrityError
from maalem.experts.agreement import Agreement, agreements
from maalem.models import Predictor, kind_named
from maalem.records import (
    Annotation,
    Checkpoint,
    Dataset,
    Digest,
    Item,
    LabelScores,
    Release,
    TrainingRun,
)
from maalem.release import BundleContents, Verification, attach_proof, bundle, verify
from maalem.release.contents import TaskText, Worth
from maalem.release.folder import PROOF
from maalem.store import LedgerReport, verify_ledger
from maalem.tasks import TaskDefinition, write_task


def release(work: Workspace, exam: Exam) -> tuple[Release, Path]:
    """Write the examined model as one signed folder, promised by the ledger.

    Args:
        work: The opened project.
        exam: The exam; its first run's model is released, whatever the verdict was,
            and the page and `verify` say what it was.

    Returns:
        The release and its folder.

    Raises:
        IntegrityError: What was examined is not what would be released.
        GateError: Fewer people approved it than the project asks for.
    """
    mend_promises(work)
    contents = _contents(work, exam)
    task = exam.report.task
    folder = work.place("releases") / f"{task}-{contents.number}"
    _move_aside(folder)
    made = bundle(contents, folder, key=work.store.signing_key)
    entry = work.store.append(
        "release.sign",
        [made],
        details={
            "task": task,
            "release": made.id,
            "verdict": exam.verdict.outcome,
            "verdict_id": exam.verdict.id,
            "folder": folder.name,
        },
    )
    if entry is None:
        raise IntegrityError(
            f"the ledger knows this release of {task} already",
            hint="examine another model",
            code="release.repeated",
        )
    attach_proof(folder, work.store.inclusion(entry.index))
    keep_note(work.store, work.folder, now=now())
    return made, folder


def mend_promises(work: Workspace) -> None:
    """Give releases their proof that were promised just before a kill."""
    for entry in work.store.entries("release.sign"):
        name = str(entry.details.get("folder", ""))
        folder = work.folder / "releases" / name
        if name and folder.is_dir() and not (folder / PROOF).exists():
            _attach(work, folder, entry.index)


def _attach(work: Workspace, folder: Path, index: int) -> None:
    """Attach a proof; a folder that was changed since stays as it is, and is named."""
    try:
        attach_proof(folder, work.store.inclusion(index))
    except IntegrityError as error:
        work.store.append(
            "release.not-mended", details={"folder": folder.name, "why": error.code}
        )


def _move_aside(folder: Path) -> None:
    """Make way where a kill left a folder that the ledger never promised."""
    if folder.exists():
        number = 1
        while folder.with_name(f"{folder.name}-unpromised-{number}").exists():
            number += 1
        folder.rename(folder.with_name(f"{folder.name}-unpromised-{number}"))


def _contents(work: Workspace, exam: Exam) -> BundleContents:
    run, report = exam.runs[0], exam.report
    task = work.task(report.task)
    dataset = work.store.get(Dataset, report.dataset)
    examples = read_dataset(dataset_folder(work, dataset))[1]
    behind = Behind(work, dataset, examples)
    return BundleContents(
        number=work.store.count(Release, task.name) + 1,
        task=TaskText(
            title=task.title,
            titles=task.titles,
            toml=write_task(task),
            version=dataset.task_version,
            guideline=task.guideline,
        ),
        checkpoint=checkpoint_of(work, run),
        checkpoint_folder=checkpoint_folder(work, run),
        dataset=dataset,
        dataset_folder=dataset_folder(work, dataset),
        exam=report,
        later=exam.later,
        verdict=exam.verdict,
        origin=work.store.origin,
        runs=exam.runs,
        teachers=behind.teachers(),
        origins=behind.origins((run, report, exam.verdict)),
        agreement=_agreement(work, task, behind.answers),
        worth=_worth(work, task.name),
        caveats=task.caveats,
        probes=probes_of(
            work, task, checkpoint_of(work, run), folder=checkpoint_folder(work, run)
        ),
        at=now().isoformat(timespec="seconds"),
        personal=personal_in(work, examples),
        base=work.store.get(Checkpoint, run.base),
        taught_at=_taught_at(work, run),
        approval=approval_of(work, exam),
        keys=keys_of(work),
    )


def _taught_at(work: Workspace, run: TrainingRun) -> str | None:
    """Find when the ledger took in a run; the first time counts."""
    entries = work.store.entries("train.run")
    times = (entry.at for entry in entries if entry.details["run"] == run.id)
    return next(iter(times), None)


def _agreement(
    work: Workspace, task: TaskDefinition, behind: Collection[Digest]
) -> Agreement | None:
    """Measure how far those agree whose answers stand behind the dataset.

    Answers to items that are still disputed count too: without them the agreement would
    be that of those items on which experts agree.
    """
    found = settled(work, task)
    counted = {*behind, *(name for one in found.still_open for name in one.annotations)}
    answers = [one for one in found.answers if one.id in counted]
    whole = agreements(answers, languages={})[0]
    return whole if whole.alpha.groups else None


def _worth(work: Workspace, task_name: str) -> Worth:
    answered = {one.item for one in work.store.find(Annotation, task_name)}
    waiting = work.store.count(Item, task_name) - len(answered)
    return Worth(waiting=waiting, seconds_per_item=seconds_per_item(work, task_name))


def find_incumbent(
    work: Workspace, dataset: Dataset
) -> tuple[Predictor[LabelScores] | None, str]:
    """Load the model in force: the task's last release, whatever its verdict was.

    Returns:
        The model, or none with the reason why it cannot sit this exam; the reason is
        empty too where nothing was released yet.

    Raises:
        IntegrityError: Its folder is not what was released.
    """
    last = newest(work, Release, dataset.task)
    if last is None:
        return None, ""
    name = f"{last.task}-{last.number}"
    folder = work.folder / "releases" / name / "model"
    taught = work.store.get(Dataset, last.dataset)
    reasons = (
        (last.checkpoint in restricted(work), "was withdrawn from use"),
        (taught.labels != dataset.labels, "answers with other labels"),
        (not folder.is_dir(), "is no longer in its folder"),
        (has_seen(work, taught, dataset), "learned from part of this exam"),
    )
    reason = next((why for holds, why in reasons if holds), "")
    if reason:
        return None, f"the model in force, {name}, {reason}"
    checkpoint = work.store.get(Checkpoint, last.checkpoint)
    return kind_named(checkpoint.model_kind).load(checkpoint, folder), ""


def has_seen(work: Workspace, taught: Dataset, dataset: Dataset) -> bool:
    """Tell whether a dataset's teaching split shares a group with another's exam."""
    if taught.id == dataset.id:
        return False
    learned = _groups(dataset_folder(work, taught), "teaching")
    return bool(learned & _groups(dataset_folder(work, dataset), "exam"))


def _groups(folder: Path, split: str) -> set[Digest | None]:
    """Name the groups of a split, also where its texts were erased."""
    erased = find_erased(folder)
    if erased is not None:
        return {row.group for row in erased.rows if row.split == split and row.group}
    return {group_name(row.group) for row in read_split(folder, split)}


def check_release(folder: Path, *, key: Path | None = None) -> Verification:
    """Verify a release folder; nothing but this package and the folder is needed.

    Args:
        folder: The release.
        key: File with the public key, got by another way than the release.
    """
    return verify(folder, key=key.read_bytes() if key else None)


def check_ledger(folder: Path, *, kept: Sequence[str] = ()) -> LedgerReport:
    """Verify a project's ledger, its records and its blobs.

    Args:
        folder: The project, or a folder of the store alone.
        kept: Checkpoints of this ledger that were kept elsewhere.
    """
    if not (folder / FILE).is_file():
        return verify_ledger(folder, kept=kept)
    database = read_project(folder).store.database
    return verify_ledger(folder, kept=kept, database=database)
