# SPDX-License-Identifier: Apache-2.0
"""A classifier becomes one in 8 bits: a model of its own, examined as itself."""

from dataclasses import dataclass

from maalem.app.screen import Tell, silent
from maalem.app.steps.examined import Exam, record_exam
from maalem.app.steps.exams import hold_exam
from maalem.app.steps.retraining import QUANTISED
from maalem.app.steps.runs import (
    checkpoint_folder,
    checkpoint_of,
    dataset_folder,
    latest_runs,
    run_job,
)
from maalem.app.steps.sittings import OwnModel
from maalem.app.steps.standings import own_name
from maalem.app.workspace import Workspace
from maalem.errors import DataError, GateError
from maalem.evaluation.headline import points
from maalem.models import kind_named
from maalem.records import Comparison, Dataset, Json, TrainingRun
from maalem.training import Job

FROM = "classify.v1"
MOST_LOST = 0.005
"""Accuracy on the exam that rounding may cost."""
_WHY = {
    QUANTISED: "it computes in 8 bits already",
    "tiny.v1": "it has no encoder: reading a text takes its time, and its weights are "
    "less than a megabyte",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantised:
    """What came of quantising.

    Attributes:
        run: The run that made the model in 8 bits.
        exam: Its exam, the model in floats beside it.
        difference: Its accuracy minus that of the model in floats.
        size: Bytes of its folder.
        size_before: Bytes of the folder of the model in floats.
    """

    run: TrainingRun
    exam: Exam
    difference: Comparison
    size: int
    size_before: int


def quantise(work: Workspace, task: str, *, tell: Tell = silent) -> Quantised:
    """Make a model in 8 bits of the latest one and examine it; two looks at the exam.

    Where it is good enough, it is the latest model from then on and `release` takes
    it; training the task again brings the one in floats back.

    Raises:
        DataError: The latest model is of a kind that 8 bits do nothing for.
        GateError: It loses more accuracy on the exam than is allowed.
    """
    before = latest_runs(work, task)[0]
    if before.model_kind != FROM:
        raise DataError(
            f"the latest model of {task}, a {before.model_kind}, is not quantised",
            why=_WHY.get(before.model_kind, f"only {FROM} is"),
            hint=f"train {task} with model_kind = {FROM!r} first",
            code="quantise.kind",
        )
    run = run_job(work, _job(work, before), title="8 bits", tell=tell)
    floats = OwnModel(
        name=own_name(before),
        model=checkpoint_of(work, before).id,
        predictor=kind_named(FROM).load(
            checkpoint_of(work, before), checkpoint_folder(work, before)
        ),
        prices=work.project.prices,
    )
    exam, papers = hold_exam(work, (run,), against=(floats,), tell=tell)
    whole = (one for one in exam.report.comparisons if one.slice == "all")
    difference = next(one for one in whole if one.other == floats.name)
    _refuse_worse(work, run, difference)
    made, old = checkpoint_of(work, run), checkpoint_of(work, before)
    details: dict[str, Json] = {
        "task": task,
        "runs": [run.id],
        "base": own_name(before),
        "reason": f"its weights and what goes into them were rounded to 8 bits; "
        f"{points(difference.difference)} on the exam",
    }
    work.store.append("train.done", details=details)
    record_exam(work, exam, papers)
    return Quantised(
        run=run,
        exam=exam,
        difference=difference,
        size=sum(file.size for file in made.files),
        size_before=sum(file.size for file in old.files),
    )


def _job(work: Workspace, before: TrainingRun) -> Job:
    dataset = work.store.get(Dataset, before.dataset)
    return Job(
        task=before.task,
        dataset=dataset.id,
        dataset_folder=dataset_folder(work, dataset),
        base=checkpoint_of(work, before).id,
        base_folder=checkpoint_folder(work, before),
        model_kind=QUANTISED,
        recipe=work.project.recipe,
        seed=before.seed,
        threads=work.project.training.threads,
    )


def _refuse_worse(work: Workspace, run: TrainingRun, found: Comparison) -> None:
    """Refuse a model that lost too much; the ledger keeps that it was tried."""
    value = found.difference.value
    if value is not None and value >= -MOST_LOST:
        return
    told = points(found.difference)
    details: dict[str, Json] = {"task": run.task, "run": run.id, "difference": value}
    work.store.append("quantise.refused", details=details)
    raise GateError(
        f"in 8 bits the model of {run.task} loses too much accuracy",
        why=f"{told} on the exam; {100 * MOST_LOST:g} points may be lost",
        hint="the model in 32-bit floats stays the latest one",
        code="quantise.worse",
    )
