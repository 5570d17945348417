# SPDX-License-Identifier: Apache-2.0
"""A frozen dataset becomes trained models, one a seed."""

import dataclasses
import shutil
from pathlib import Path

from maalem.app.screen import Tell, silent
from maalem.app.workspace import Workspace, last_deed
from maalem.dataset import read_split
from maalem.errors import DataError
from maalem.models.bases import choose_base, prepare_base
from maalem.models.folder import check_folder, describe_folder
from maalem.models.prune import prune_vocabulary
from maalem.records import Checkpoint, Dataset, Digest, Json, TrainingRun
from maalem.training import Job, engine_named
from maalem.training.jobs import run_id

SHORT = slice(7, 19)


def changed(
    work: Workspace,
    *,
    gear: str | None = None,
    seeds: int | None = None,
    engine: str | None = None,
) -> Workspace:
    """Give the workspace with other settings for one training."""
    project = work.project
    recipe = dataclasses.replace(project.recipe, gear=gear or project.recipe.gear)
    training = dataclasses.replace(
        project.training,
        engine=engine or project.training.engine,
        seeds=tuple(range(seeds)) if seeds else project.training.seeds,
    )
    project = dataclasses.replace(project, recipe=recipe, training=training)
    return dataclasses.replace(work, project=project)


def base_of(work: Workspace, dataset: Dataset) -> tuple[Checkpoint, Path, str]:
    """Give the base model to start from, its folder, and why it was chosen.

    A setting that names a folder of the project takes that folder as it is.

    Raises:
        MissingPartError: The package that carries the weights is not installed.
    """
    setting = work.project.training.base
    if (work.folder / setting).is_dir():
        folder = work.folder / setting
        found = describe_folder(
            folder, "encoder.v1", name=setting, licence="not recorded"
        )
        return found, folder, f"the project names {setting}"
    reason = f"the project names {setting}"
    if setting == "auto":
        examples = read_split(dataset_folder(work, dataset), "teaching")
        choice = choose_base([e.language for e in examples], [e.text for e in examples])
        setting, reason = choice.name, choice.reason
    folder = work.place("bases") / setting
    return prepare_base(setting, folder), folder, reason


def dataset_folder(work: Workspace, dataset: Dataset) -> Path:
    """Give the folder that a frozen dataset lies in."""
    return work.folder / "datasets" / dataset.id[SHORT]


def train(
    work: Workspace, dataset: Dataset, *, tell: Tell = silent
) -> tuple[TrainingRun, ...]:
    """Train one model for each seed; what is finished already is not done again.

    The quick gear has nothing to draw at random, so one seed is all of them.

    Returns:
        The runs; the one with the best loss on held-out teaching data, which is the
        one to release, first. The exam has no say in it.

    Raises:
        EngineError: A job failed; the next call takes it up where it was.
    """
    settings = work.project.training
    base, base_folder, reason = base_of(work, dataset)
    work.store.append("train.base", [base])
    runs = []
    seeds = settings.seeds if work.project.recipe.gear == "full" else settings.seeds[:1]
    for number, seed in enumerate(seeds, 1):
        job = Job(
            task=dataset.task,
            dataset=dataset.id,
            dataset_folder=dataset_folder(work, dataset),
            base=base.id,
            base_folder=base_folder,
            model_kind=settings.model_kind,
            recipe=work.project.recipe,
            seed=seed,
            threads=settings.threads,
        )
        title = f"model {number} of {len(seeds)}"
        runs.append(run_job(work, job, title=title, tell=tell))
    runs.sort(key=lambda run: (run.validation, run.seed))
    details: dict[str, Json] = {
        "task": dataset.task,
        "runs": [run.id for run in runs],
        "base": base.name,
        "reason": reason,
    }
    work.store.append("train.done", details=details)
    return tuple(runs)


def run_job(work: Workspace, job: Job, *, title: str, tell: Tell) -> TrainingRun:
    """Run one job to its end and enter what it made in the ledger, if that is new.

    Raises:
        EngineError: The job failed; the next call takes it up where it was.
        IntegrityError: It was done before, and its model was changed since.
    """
    engine = engine_named(work.project.training.engine, seal=work.project.seal)
    into = work.place("runs") / run_id(job)[SHORT]
    for step in engine.run(job, into):
        tell(f"{title}: {step.stage}", step.step, step.total)
    run = engine.read_run(into)
    folder = checkpoint_folder(work, run)
    known = _find_checkpoint(work, run)
    if known is not None:
        if not folder.exists():
            _finish(work, run, folder)
        check_folder(known, folder)  # the same job gives the same bits, or is refused
        return run
    made = _finish(work, run, folder)
    work.store.append(
        "train.run",
        [run, made],
        details={
            "task": run.task,
            "run": run.id,
            "checkpoint": made.id,
            "folder": folder.name,
            "seal": run.seal,
            "evidence": run.sealing.evidence if run.sealing else None,
        },
    )
    return run


def _finish(work: Workspace, run: TrainingRun, folder: Path) -> Checkpoint:
    """Cut the vocabulary, before the exam: what is examined is what is released."""
    if folder.name == "pruned":
        shutil.rmtree(folder, ignore_errors=True)  # what a kill left is made again
        dataset = work.store.get(Dataset, run.dataset)
        taught = read_split(dataset_folder(work, dataset), "teaching")
        texts = [example.text for example in taught]
        prune_vocabulary(folder.with_name("checkpoint"), texts, folder)
    licence = work.store.get(Checkpoint, run.base).licence
    base = run.checkpoint if folder.name == "pruned" else run.base
    return describe_folder(
        folder, run.model_kind, name=run.task, licence=licence, base=base
    )


def checkpoint_of(work: Workspace, run: TrainingRun) -> Checkpoint:
    """Give the model that a run made, as the ledger knows it since the training.

    Raises:
        DataError: The run was trained under another setting of `prune`.
    """
    found = _find_checkpoint(work, run)
    if found is None:
        raise DataError(
            f"the ledger knows no model of run {run.id[SHORT]} as it is set up now",
            hint=f"maalem train {run.task}",
            code="train.unknown-model",
        )
    return found


def _find_checkpoint(work: Workspace, run: TrainingRun) -> Checkpoint | None:
    name = checkpoint_folder(work, run).name
    for entry in work.store.entries("train.run"):
        if (entry.details["run"], entry.details["folder"]) == (run.id, name):
            return work.store.get(Checkpoint, Digest(str(entry.details["checkpoint"])))
    return None


def checkpoint_folder(work: Workspace, run: TrainingRun) -> Path:
    """Give the folder of the model that a run made, as it is examined and released."""
    is_cut = work.project.training.prune and run.model_kind == "classify.v1"
    folder = work.folder / "runs" / run.id[SHORT]
    return folder / ("pruned" if is_cut else "checkpoint")


def base_sentence(work: Workspace, task: str) -> str:
    """Say which base the newest training of a task took, and why."""
    details = last_deed(work, "train.done", task) or {}
    return f"base model {details.get('base')}: {details.get('reason')}"


def latest_runs(work: Workspace, task: str) -> tuple[TrainingRun, ...]:
    """Give the runs of the newest training of a task; the best held-out loss first.

    Raises:
        DataError: Nothing was trained yet.
    """
    work.task(task)  # a name that is no task is said to be so
    details = last_deed(work, "train.done", task)
    if details is None:
        raise DataError(
            f"nothing was trained for {task!r} yet",
            hint=f"maalem train {task}",
            code="train.none",
        )
    return tuple(work.store.get(TrainingRun, one) for one in details["runs"])
