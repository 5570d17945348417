# SPDX-License-Identifier: Apache-2.0
"""The whole loop, in the order in which data flows; the only place that composes it.

Every name here is a step that can be taken alone; `run_loop` takes them all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from maalem.app.screen import Tell, silent
from maalem.app.steps.answers import Decision, predict
from maalem.app.steps.datasets import freeze, latest_dataset
from maalem.app.steps.documents import add
from maalem.app.steps.examined import Exam, latest_exam
from maalem.app.steps.exams import examine
from maalem.app.steps.interchange import collect, export
from maalem.app.steps.judgements import (
    AskReport,
    CollectReport,
    ask,
    collect_from_documents,
)
from maalem.app.steps.releases import check_ledger, check_release, release
from maalem.app.steps.runs import base_sentence, latest_runs, train
from maalem.app.workspace import Workspace, create, open_workspace
from maalem.corpus import CorpusReport
from maalem.records import Dataset, Release, TrainingRun
from maalem.release import Verification

__all__ = [
    "Decision",
    "Exam",
    "LoopReport",
    "add",
    "ask",
    "check_ledger",
    "check_release",
    "collect",
    "collect_from_documents",
    "create",
    "examine",
    "export",
    "freeze",
    "latest_dataset",
    "latest_exam",
    "latest_runs",
    "open_workspace",
    "predict",
    "release",
    "run_loop",
    "train",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopReport:
    """What every step of the loop brought.

    Attributes:
        corpus: What was read.
        asked: What the task asks about.
        collected: What experts said.
        dataset: What was frozen.
        base: Which base model was taken, and why.
        runs: What was trained; the first is released.
        exam: What the exam showed and the gate said.
        release: What was released.
        folder: Where the release lies.
        verification: Whether it is what it says.
    """

    corpus: CorpusReport
    asked: AskReport
    collected: CollectReport
    dataset: Dataset
    base: str
    runs: tuple[TrainingRun, ...]
    exam: Exam
    release: Release
    folder: Path
    verification: Verification


def run_loop(
    work: Workspace,
    paths: Sequence[Path | str],
    *,
    task: str,
    tell: Tell = silent,
) -> LoopReport:
    """Take documents all the way to a verified release.

    The release is written whatever the gate says, and says what the gate said.

    Args:
        work: The opened project.
        paths: Files and folders with the documents.
        task: Name of a task of the project.
        tell: Called as the work goes on.
    """
    corpus = add(work, paths, tell=tell)
    asked = ask(work, task)
    collected = collect_from_documents(work, task)
    dataset = freeze(work, task, drop_leaks=True)
    runs = train(work, dataset, tell=tell)
    exam = examine(work, runs, tell=tell)
    released, folder = release(work, exam)
    return LoopReport(
        corpus=corpus,
        asked=asked,
        collected=collected,
        dataset=dataset,
        base=base_sentence(work, task),
        runs=runs,
        exam=exam,
        release=released,
        folder=folder,
        verification=check_release(folder),
    )
