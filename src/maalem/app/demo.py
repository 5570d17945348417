# SPDX-License-Identifier: Apache-2.0
"""The whole loop on real work orders, in a fresh folder."""

import importlib.util
import time
from importlib import resources
from pathlib import Path
from typing import Any

from maalem.app import loop
from maalem.app.demo_data import COLUMNS, LATER_FROM, copy_work_orders
from maalem.app.demo_story import tell_story
from maalem.app.screen import Screen
from maalem.app.steps.runs import changed
from maalem.errors import DataError

TASK = "system"
QUESTIONS = (
    "BUCKET TOOTH MISSING L/H",
    "engine shuts down when hot",
    "noise, please investigate",
)


def run_demo(screen: Screen, folder: Path, *, gear: str | None) -> dict[str, Any]:
    """Take the work orders from documents to an answering release.

    Args:
        screen: Where the story is told.
        folder: A new folder; the project is left there to explore.
        gear: `quick` or `full`; full where torch is installed if left out.

    Returns:
        The numbers of the story, for `--json`.

    Raises:
        DataError: The folder holds something already.
        MissingPartError: The package with the work orders is not installed.
    """
    started = time.monotonic()
    if folder.exists() and any(folder.iterdir()):
        raise DataError(
            f"{folder} holds something already, perhaps an earlier demo",
            hint=f"maalem demo {folder}-2, or remove {folder}",
            code="project.not-empty",
        )
    with (
        loop.create(
            folder, name="excavators", columns=COLUMNS, later_from=LATER_FROM
        ) as opened,
        screen.progress() as tell,
    ):
        _write_task(folder)
        orders = copy_work_orders(folder / "documents")
        work = changed(opened, gear=gear or _best_gear())
        report = loop.run_loop(work, [orders], task=TASK, tell=tell)
        caveats = work.task(TASK).caveats
    answers = loop.predict(report.folder, QUESTIONS)
    numbers = _numbers(report) | {"seconds": round(time.monotonic() - started, 1)}
    tell_story(screen, report, answers=answers, caveats=caveats, folder=folder)
    return numbers


def _best_gear() -> str:
    return "full" if importlib.util.find_spec("torch") else "quick"


def _write_task(folder: Path) -> None:
    """Put the demo's task where an owner would write one."""
    text = resources.files("maalem.app").joinpath("demo_task.toml").read_text("utf-8")
    (folder / "tasks" / f"{TASK}.toml").write_text(text, encoding="utf-8")


def _numbers(report: loop.LoopReport) -> dict[str, Any]:
    exam = report.exam
    own = exam.find("accuracy", "candidate")
    automation = exam.report.automation
    return {
        "examples": sum(count for _, count in report.dataset.counts),
        "accuracy": own.value,
        "accuracy_interval": [own.low, own.high],
        "tfidf_accuracy": exam.find("accuracy", "tfidf").value,
        "zero_shot_accuracy": exam.find("accuracy", "zero-shot").value,
        "automation_share": automation.exam_share.value if automation else None,
        "automation_error_bound": automation.bound if automation else None,
        "verdict": exam.verdict.outcome,
        "release": str(report.folder),
        "verified": report.verification.ok,
        "headline": exam.report.headline,
        "dataset": report.dataset.id,
        "look": exam.report.look,
    }
