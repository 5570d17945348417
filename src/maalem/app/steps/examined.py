# SPDX-License-Identifier: Apache-2.0
"""An exam that was held: its reports, its verdict, and who sat it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from maalem.app.steps.papers import Paper
from maalem.app.steps.sheets import keep_sheet
from maalem.app.workspace import Workspace, last_deed
from maalem.errors import DataError
from maalem.evaluation.champion import Choice, Standing
from maalem.records import (
    Digest,
    Estimate,
    EvalReport,
    Json,
    TrainingRun,
    Verdict,
    from_json,
    to_json,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """An exam of several models.

    Attributes:
        standings: The latest model's, then the challengers' in their order.
        choice: Which shall answer.
        records: The challengers' reports and verdicts; none where it was read back.
    """

    standings: tuple[Standing, ...]
    choice: Choice
    records: tuple[EvalReport | Verdict, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Exam:
    """What an exam showed and what the gate made of it.

    Attributes:
        report: The exam.
        later: The second exam on the latest data, if there is any.
        verdict: The gate's answer to `report`.
        runs: The models examined; the first is the one to release.
        notes: What a reader must know of how the exam was held, a clause each.
        contest: How challengers stood in it; none where there were none.
    """

    report: EvalReport
    later: EvalReport | None
    verdict: Verdict
    runs: tuple[TrainingRun, ...]
    notes: tuple[str, ...] = ()
    contest: Contest | None = None

    def find(self, metric: str, model: str, *, later: bool = False) -> Estimate:
        """Give one number of the whole exam, or the reason why it is not there.

        Args:
            metric: Name of the metric.
            model: Name of the model.
            later: Whether the second exam is meant.
        """
        report = self.later if later else self.report
        for one in report.measures if report else ():
            if (one.metric, one.model, one.slice) == (metric, model, "all"):
                return one.estimate
        return Estimate(value=None, reason="not examined")

    @property
    def guarantee(self) -> str:
        """The automation guarantee in one sentence."""
        share = self.report.automation
        if share is None:
            return "none: the dataset has no calibration split"
        if share.threshold is None:
            return f"none: {share.reason}"
        return (
            f"{share.exam_share.value:.0%} of the work at or below "
            f"{share.accepted_error:.0%} error, with {1 - share.delta:.0%} confidence, "
            "as long as tomorrow looks like the calibration set"
        )


def record_exam(work: Workspace, exam: Exam, papers: Mapping[str, Paper]) -> None:
    """Enter what came of an exam in the ledger: a release is made from the last one."""
    reports = {"exam": exam.report, **({"later": exam.later} if exam.later else {})}
    own: list[EvalReport | Verdict] = [*reports.values(), exam.verdict]
    work.store.append("exam.report", own)
    if exam.contest:
        work.store.append("exam.against", exam.contest.records)
    details: dict[str, Json] = {
        "task": exam.report.task,
        "verdict": exam.verdict.id,
        "runs": [one.id for one in exam.runs],
        "reports": {split: one.id for split, one in reports.items()},
        "sheets": {
            split: keep_sheet(work, paper.examples, paper.answers)
            for split, paper in papers.items()
        },
        "notes": list(exam.notes),
    }
    if exam.contest:
        details["standings"] = [to_json(one) for one in exam.contest.standings]
        details["choice"] = to_json(exam.contest.choice)
    work.store.append("exam.done", details=details)


def latest_exam(work: Workspace, task: str) -> Exam:
    """Give the newest exam of a task.

    Raises:
        DataError: Nothing was examined yet.
    """
    work.task(task)  # a name that is no task is said to be so
    details = last_deed(work, "exam.done", task)
    if details is None:
        raise DataError(
            f"nothing was examined for {task!r} yet",
            hint=f"maalem examine {task}",
            code="exam.none",
        )
    return _exam(work, details)


def exam_of(work: Workspace, task: str, *, verdict: Digest) -> Exam:
    """Give the exam of a task that a verdict was reached on.

    Raises:
        DataError: There is none.
    """
    for entry in work.store.entries("exam.done"):
        if (entry.details["task"], entry.details["verdict"]) == (task, verdict):
            return _exam(work, dict(entry.details))
    raise DataError(
        f"no exam of {task!r} has the verdict {verdict[:19]}",
        hint=f"maalem examine {task}",
        code="exam.none",
    )


def _exam(work: Workspace, details: dict[str, Any]) -> Exam:
    reports = {
        split: work.store.get(EvalReport, one)
        for split, one in details["reports"].items()
    }
    return Exam(
        report=reports["exam"],
        later=reports.get("later"),
        verdict=work.store.get(Verdict, details["verdict"]),
        runs=tuple(work.store.get(TrainingRun, one) for one in details["runs"]),
        notes=tuple(details.get("notes", ())),
        contest=_contest(details),
    )


def _contest(details: dict[str, Any]) -> Contest | None:
    if "choice" not in details:
        return None
    return Contest(
        standings=tuple(from_json(Standing, one) for one in details["standings"]),
        choice=from_json(Choice, details["choice"]),
    )
