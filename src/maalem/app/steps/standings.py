# SPDX-License-Identifier: Apache-2.0
"""How each of several models stands in one exam, and which of them shall answer."""

from collections.abc import Mapping, Sequence

from maalem.app.screen import Tell
from maalem.app.steps.examined import Contest, Exam
from maalem.app.steps.judgements import seconds_per_item
from maalem.app.steps.papers import FRONT, Paper, report_on
from maalem.app.steps.runs import SHORT
from maalem.app.steps.sittings import Challenger, OwnModel, Sitting, cost_here
from maalem.app.workspace import Workspace
from maalem.errors import DataError
from maalem.evaluation import Exam as ExamSheet
from maalem.evaluation import decide
from maalem.evaluation.champion import Standing, choose_champion
from maalem.records import EvalReport, TrainingRun, Verdict

_TAKEN = (FRONT, "incumbent", "majority", "tfidf", "zero-shot", "nearest")


def refuse_alike(against: Sequence[Challenger]) -> None:
    """Refuse a name that stands for two models in one exam.

    Raises:
        DataError: There is one.
    """
    names = [*_TAKEN, *(one.name for one in against)]
    for one in against:
        if names.count(one.name) > 1:
            raise DataError(
                f"{one.name} cannot be named in this exam",
                why="the name stands for another model there already",
                hint="name each challenger once",
                code="examine.twice",
            )


def own_name(run: TrainingRun) -> str:
    """Give what the latest model is called beside challengers."""
    return f"run-{run.id[SHORT]}"


def contest_of(
    work: Workspace,
    paper: Paper,
    *,
    front: OwnModel,
    exam: Exam,
    sat: Mapping[str, tuple[Challenger, Sitting]],
    tell: Tell,
) -> Contest:
    """Put the gate to every challenger too, each with all the others as rivals.

    Args:
        work: The opened project.
        paper: The exam, the latest model in front.
        front: That model, under its name beside the others.
        exam: Its report and verdict.
        sat: The challengers with what they brought, by name.
        tell: Called as the latest model is timed.
    """
    report = exam.report
    task = work.task(report.task)
    seconds = seconds_per_item(work, task.name)
    latency = front.timed([one.text for one in paper.examples], tell=tell)
    own = Sitting(answers=(), latency=latency, cost=cost_here(front.prices, latency))
    standings = [_standing(front, own, report=report, verdict=exam.verdict)]
    records: list[EvalReport | Verdict] = []
    for name, (challenger, sitting) in sat.items():
        seen = paper.seen_from(name, own=front.name)
        sheet = ExamSheet(
            task=task.name,
            dataset=report.dataset,
            checkpoint=challenger.model,
            split=paper.split,
            look=report.look,
            seeds=(0,),  # one list of answers, whatever the seed of who gave it
        )
        found = report_on(work, seen, sheet=sheet)
        verdict = decide(task.gate, found, seconds_per_item=seconds)
        records += [found, verdict]
        standings.append(_standing(challenger, sitting, report=found, verdict=verdict))
    return Contest(
        standings=tuple(standings),
        choice=choose_champion(standings),
        records=tuple(records),
    )


def _standing(
    who: Challenger, sitting: Sitting, *, report: EvalReport, verdict: Verdict
) -> Standing:
    accuracy = next(
        one.estimate
        for one in report.measures
        if (one.model, one.metric, one.slice) == (FRONT, "accuracy", "all")
    )
    difference = next(
        one.difference
        for one in report.comparisons
        if (one.other, one.slice) == (verdict.against, "all")
    )
    return Standing(
        name=who.name,
        model=who.model,
        report=report.id,
        verdict=verdict.id,
        outcome=verdict.outcome,
        accuracy=accuracy,
        difference=difference,
        against=verdict.against,
        latency=sitting.latency,
        cost=sitting.cost,
        leaves_house=who.leaves_house,
        no_label=sitting.no_label,
        items_needed=verdict.items_needed,
        hours_needed=verdict.hours_needed,
    )
