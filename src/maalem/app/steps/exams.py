# SPDX-License-Identifier: Apache-2.0
"""Trained models sit the exam beside the baselines; a gate decides."""

from collections.abc import Iterator, Sequence

from maalem.app.screen import Tell, silent
from maalem.app.steps.datasets import drawn_by
from maalem.app.steps.examined import Exam
from maalem.app.steps.influence import influences, warnings
from maalem.app.steps.judgements import seconds_per_item
from maalem.app.steps.releases import find_incumbent
from maalem.app.steps.runs import (
    base_of,
    checkpoint_folder,
    checkpoint_of,
    dataset_folder,
)
from maalem.app.steps.sheets import keep_sheet
from maalem.app.workspace import Workspace
from maalem.dataset import read_dataset
from maalem.evaluation import Exam as ExamSheet
from maalem.evaluation import automation_share, decide
from maalem.evaluation import examine as evaluate
from maalem.models import Predictor, kind_named
from maalem.models.baselines import fit_baselines
from maalem.records import (
    Dataset,
    Digest,
    EvalReport,
    Example,
    Json,
    LabelScores,
    TrainingRun,
)

Models = dict[str, list[Predictor[LabelScores]]]
"""Per name one predictor a seed; the candidate's first is the one to release."""


def examine(
    work: Workspace, runs: Sequence[TrainingRun], *, tell: Tell = silent
) -> Exam:
    """Let the trained models sit the exam beside the baselines, and ask the gate.

    Every call is a look at the exam, and the ledger counts it before it happens.

    Args:
        work: The opened project.
        runs: The runs of one training; the first is the one to release.
        tell: Called as the models answer.

    Raises:
        DataError: The dataset has no exam, or an answer makes no sense.
    """
    run = runs[0]
    task = work.task(run.task)
    dataset = work.store.get(Dataset, run.dataset)
    examples = _by_split(read_dataset(dataset_folder(work, dataset))[1])
    models, note = _models(work, runs, dataset=dataset, teaching=examples["teaching"])
    notes = [*([note] if note else []), *_drawn_anew(work, task.name)]
    notes += warnings(influences(work, dataset, tell=tell))
    drawn = drawn_by(work)
    look = {"task": task.name, "dataset": dataset.id, "drawn": drawn}
    work.store.append("exam.look", details=look)
    reports, sheets = {}, {}
    for split in ("exam", "later"):
        if examples.get(split):
            reports[split], sheets[split] = _report(
                work, runs, models, examples=examples, split=split, tell=tell
            )
    verdict = decide(
        task.gate,
        reports["exam"],
        seconds_per_item=seconds_per_item(work, task.name),
    )
    work.store.append("exam.report", [*reports.values(), verdict])
    details: dict[str, Json] = {
        "task": task.name,
        "verdict": verdict.id,
        "runs": [one.id for one in runs],
        "reports": {split: one.id for split, one in reports.items()},
        "sheets": sheets,
        "notes": notes,
    }
    work.store.append("exam.done", details=details)
    return Exam(
        report=reports["exam"],
        later=reports.get("later"),
        verdict=verdict,
        runs=tuple(runs),
        notes=tuple(notes),
    )


def _by_split(examples: Sequence[Example]) -> dict[str, list[Example]]:
    found: dict[str, list[Example]] = {}
    for example in examples:
        found.setdefault(example.split, []).append(example)
    return found


def _models(
    work: Workspace,
    runs: Sequence[TrainingRun],
    *,
    dataset: Dataset,
    teaching: Sequence[Example],
) -> tuple[Models, str]:
    """Load the candidate's models, the baselines and the model in force.

    Returns:
        The models, and why the model in force is not among them; else empty.
    """
    candidate = [
        kind_named(run.model_kind).load(
            checkpoint_of(work, run), checkpoint_folder(work, run)
        )
        for run in runs
    ]
    base_folder = base_of(work, dataset)[1]
    task = work.task(dataset.task)
    described = {one.name: one.description for one in task.labels}
    baselines = fit_baselines(
        base_folder,
        teaching,
        dataset.labels,
        runs[0].seed,
        descriptions=described,
        max_tokens=work.project.recipe.max_tokens,
    )
    incumbent, note = find_incumbent(work, dataset)
    models: Models = {"candidate": candidate}
    models |= {name: [model] for name, model in baselines.items()}
    return models | ({"incumbent": [incumbent]} if incumbent else {}), note


def _drawn_anew(work: Workspace, task: str) -> Iterator[str]:
    """Say if this exam is drawn otherwise than one that was looked at before."""
    earlier = [
        entry.details.get("drawn")
        for entry in work.store.entries("exam.look")
        if entry.details["task"] == task
    ]
    if earlier and earlier[-1] != drawn_by(work):
        yield (
            "the splits are drawn otherwise than at the look before: salt, shares or "
            "date were changed after an exam had been seen"
        )


def _report(  # what is examined, by whom, on which split
    work: Workspace,
    runs: Sequence[TrainingRun],
    models: Models,
    *,
    examples: dict[str, list[Example]],
    split: str,
    tell: Tell,
) -> tuple[EvalReport, Digest]:
    """Put one exam to every model, read the answers and keep them."""
    run, asked = runs[0], examples[split]
    answers = {}
    for number, (name, predictors) in enumerate(models.items()):
        tell(f"{split}: models answer", number, len(models))
        texts = [example.text for example in asked]
        answers[name] = [one.predict(texts) for one in predictors]
    tell(f"{split}: models answer", len(models), len(models))
    automation = None
    if examples.get("calibration"):
        task, held = work.task(run.task), examples["calibration"]
        automation = automation_share(
            held,
            models["candidate"][0].predict([example.text for example in held]),
            exam=asked,
            exam_answers=answers["candidate"][0],
            accepted_error=task.accepted_error,
            delta=task.delta,
        )
    sheet = ExamSheet(
        task=run.task,
        dataset=run.dataset,
        checkpoint=checkpoint_of(work, run).id,
        split=split,
        look=_looks(work, run.task),
        seeds=tuple(one.seed for one in runs),
    )
    report = evaluate(
        asked,
        answers,
        exam=sheet,
        resampling=work.project.exam,
        automation=automation,
    )
    return report, keep_sheet(work, asked, answers)


def _looks(work: Workspace, task: str) -> int:
    """Count the looks at a task's exam that the ledger knows of."""
    looks = work.store.entries("exam.look")
    return sum(entry.details["task"] == task for entry in looks)
