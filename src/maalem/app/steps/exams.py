# SPDX-License-Identifier: Apache-2.0
"""Trained models sit the exam beside the baselines; a gate decides."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence

from maalem.app.screen import Tell, silent
from maalem.app.steps.datasets import drawn_by
from maalem.app.steps.examined import Exam, record_exam
from maalem.app.steps.influence import influences, warnings
from maalem.app.steps.judgements import seconds_per_item
from maalem.app.steps.papers import Models, Paper, paper_of, report_on
from maalem.app.steps.releases import find_incumbent
from maalem.app.steps.runs import (
    base_of,
    checkpoint_folder,
    checkpoint_of,
    dataset_folder,
)
from maalem.app.steps.sittings import Challenger, OwnModel
from maalem.app.steps.standings import contest_of, own_name, refuse_alike
from maalem.app.workspace import Workspace
from maalem.dataset import read_dataset
from maalem.evaluation import Exam as ExamSheet
from maalem.evaluation import automation_share, decide
from maalem.models import kind_named
from maalem.models.baselines import fit_baselines
from maalem.records import (
    AutomationShare,
    Dataset,
    EvalReport,
    Example,
    Json,
    TrainingRun,
)

Splits = dict[str, list[Example]]
"""The examples of a dataset by the name of their split."""


def examine(
    work: Workspace,
    runs: Sequence[TrainingRun],
    *,
    against: Sequence[Challenger] = (),
    tell: Tell = silent,
) -> Exam:
    """Let the trained models sit the exam beside the baselines, and ask the gate.

    Every call is a look at the exam, and so is every challenger; the ledger counts them
    before they happen. Challengers sit the exam itself, not the second one.

    Args:
        work: The opened project.
        runs: The runs of one training; the first is the one to release.
        against: Who sits it too; the gate is put to each of them as well.
        tell: Called as the models answer.

    Raises:
        DataError: The dataset has no exam, or an answer makes no sense.
    """
    exam, papers = hold_exam(work, runs, against=against, tell=tell)
    record_exam(work, exam, papers)
    return exam


def hold_exam(
    work: Workspace,
    runs: Sequence[TrainingRun],
    *,
    against: Sequence[Challenger],
    tell: Tell,
) -> tuple[Exam, dict[str, Paper]]:
    """Hold an exam as `examine` does, and enter nothing but the looks at it.

    Returns:
        The exam, and everybody's answers by split.
    """
    refuse_alike(against)
    dataset = work.store.get(Dataset, runs[0].dataset)
    examples = _by_split(read_dataset(dataset_folder(work, dataset))[1])
    models, note = _models(work, runs, dataset=dataset, teaching=examples["teaching"])
    notes = [*([note] if note else []), *_drawn_anew(work, dataset.task)]
    notes += [*warnings(influences(work, dataset, tell=tell)), *_sent_out(against)]
    _count_looks(work, dataset, against)
    sat = {one.name: (one, one.sit(examples["exam"], tell=tell)) for one in against}
    papers = {}
    for split in ("exam", "later"):
        if examples.get(split):
            brought = {name: one for name, (_, one) in sat.items() if split == "exam"}
            papers[split] = paper_of(
                examples[split], models, split=split, sittings=brought, tell=tell
            )
    reports = dict(_reports(work, runs, models, papers=papers, held=examples))
    task = work.task(dataset.task)
    seconds = seconds_per_item(work, task.name)
    exam = Exam(
        report=reports["exam"],
        later=reports.get("later"),
        verdict=decide(task.gate, reports["exam"], seconds_per_item=seconds),
        runs=tuple(runs),
        notes=tuple(notes),
    )
    if sat:
        front = _front(work, runs[0], models)
        contest = contest_of(
            work, papers["exam"], front=front, exam=exam, sat=sat, tell=tell
        )
        exam = dataclasses.replace(exam, contest=contest)
    return exam, papers


def _by_split(examples: Sequence[Example]) -> Splits:
    found: Splits = {}
    for example in examples:
        found.setdefault(example.split, []).append(example)
    return found


def _count_looks(
    work: Workspace, dataset: Dataset, against: Sequence[Challenger]
) -> None:
    """Count a look at the exam for the latest model, and one for each challenger."""
    drawn = drawn_by(work)
    look = {"task": dataset.task, "dataset": dataset.id, "drawn": drawn}
    work.store.append("exam.look", details=look)
    for one in against:
        who: dict[str, Json] = {"model": one.name, "leaves_house": one.leaves_house}
        work.store.append("exam.look", details={**look, **who})


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


def _sent_out(against: Sequence[Challenger]) -> Iterator[str]:
    """Say to whom the exam's texts went: what was sent cannot be called back."""
    for one in against:
        if one.leaves_house:
            yield f"the texts of this exam were sent to {one.name}, outside the house"


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


def _front(work: Workspace, run: TrainingRun, models: Models) -> OwnModel:
    """Give the model to release as one among challengers."""
    return OwnModel(
        name=own_name(run),
        model=checkpoint_of(work, run).id,
        predictor=models["candidate"][0],
        prices=work.project.prices,
    )


def _reports(
    work: Workspace,
    runs: Sequence[TrainingRun],
    models: Models,
    *,
    papers: Mapping[str, Paper],
    held: Splits,
) -> Iterator[tuple[str, EvalReport]]:
    """Measure the candidate on each of its exams."""
    run = runs[0]
    for split, paper in papers.items():
        sheet = ExamSheet(
            task=run.task,
            dataset=run.dataset,
            checkpoint=checkpoint_of(work, run).id,
            split=split,
            look=_looks(work, run.task),
            seeds=tuple(one.seed for one in runs),
        )
        automation = _automation(work, run.task, models, paper=paper, held=held)
        yield split, report_on(work, paper, sheet=sheet, automation=automation)


def _automation(
    work: Workspace, task_name: str, models: Models, *, paper: Paper, held: Splits
) -> AutomationShare | None:
    """Say what may be automated, where there is a calibration split."""
    asked = held.get("calibration")
    if not asked:
        return None
    task = work.task(task_name)
    return automation_share(
        asked,
        models["candidate"][0].predict([example.text for example in asked]),
        exam=paper.examples,
        exam_answers=paper.answers["candidate"][0],
        accepted_error=task.accepted_error,
        delta=task.delta,
    )


def _looks(work: Workspace, task: str) -> int:
    """Count the looks at a task's exam that the ledger knows of."""
    looks = work.store.entries("exam.look")
    return sum(entry.details["task"] == task for entry in looks)
