# SPDX-License-Identifier: Apache-2.0
"""How exams of several models look on a terminal."""

from maalem.app.report import interval
from maalem.app.screen import Screen
from maalem.app.steps.examined import Contest, Exam
from maalem.app.steps.quantising import Quantised
from maalem.evaluation.champion import Cost, Latency, Standing
from maalem.records import Json, to_json

_COLUMNS = ("model", "accuracy", "minus its rival", "per 1000", "p50 / p95", "verdict")


def show_contest(screen: Screen, exam: Exam) -> None:
    """Show how each model stands, and which the evidence chooses, if it was asked."""
    contest = exam.contest
    if contest is None:
        return
    rows = [_row(one) for one in contest.standings]
    screen.table(f"Exam of {len(rows)} models, look {exam.report.look}", _COLUMNS, rows)
    for one in contest.standings:
        screen.say(f"  {one.name} is compared with {one.against}")
        if one.no_label:
            screen.say(f"  {one.name} gave {one.no_label} answers that are no label")
        if one.cost.amount is None:
            screen.say(f"  what {one.name} costs is not known: {one.cost.reason}")
    choice = contest.choice
    if choice.champion is None:
        screen.show(f"  no champion is chosen: {choice.reason}")
    else:
        screen.show(f"  champion: {choice.champion}; {choice.reason}")
    command = next_command(exam, contest)
    if command:
        screen.say(f"  next: {command}")


def show_quantised(screen: Screen, made: Quantised) -> None:
    """Show a model in 8 bits beside the one that it was made of."""
    show_contest(screen, made.exam)
    screen.say(
        f"  accuracy minus that in floats: {interval(made.difference.difference)}"
    )
    sizes = f"{_megabytes(made.size)} of {_megabytes(made.size_before)}"
    screen.say(f"  its folder takes {sizes}")
    found: dict[str, Json] = {
        "run": to_json(made.run),
        "difference": to_json(made.difference),
        "size": made.size,
        "size_before": made.size_before,
        "report": to_json(made.exam.report),
        "verdict": to_json(made.exam.verdict),
        **contest_json(made.exam),
    }
    screen.result("quantise", found)


def contest_json(exam: Exam) -> dict[str, Json]:
    """Give the contest of an exam for `--json`; nothing where there was none."""
    if exam.contest is None:
        return {}
    return {
        "standings": [to_json(one) for one in exam.contest.standings],
        "choice": to_json(exam.contest.choice),
        "next": next_command(exam, exam.contest) or None,
    }


def next_command(exam: Exam, contest: Contest) -> str:
    """Give the command that lets the champion answer; empty where none does."""
    task, champion = exam.report.task, contest.choice.champion
    if champion is None:
        return ""
    if champion == contest.standings[0].name:
        return f"maalem release {task}"
    is_release = champion.rpartition("-")[0] == task
    return f"maalem route promote {task} {champion}" if is_release else ""


def _row(one: Standing) -> tuple[str, ...]:
    return (
        one.name,
        interval(one.accuracy),
        interval(one.difference),
        _cost(one.cost),
        _latency(one.latency),
        one.outcome,
    )


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"


def _cost(cost: Cost) -> str:
    if cost.amount is None:
        return "not known"
    return f"{cost.amount:.4f} {cost.currency}"


def _latency(latency: Latency) -> str:
    text = f"{1000 * latency.median:.1f} / {1000 * latency.slow:.1f} ms"
    return text if latency.together == 1 else f"{text}, {latency.together} at once"
