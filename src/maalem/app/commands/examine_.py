# SPDX-License-Identifier: Apache-2.0
"""`maalem examine`."""

import click

from maalem.app.options import shared
from maalem.app.screen import Screen


@click.command("examine")
@click.argument("task")
@click.option(
    "--against",
    "names",
    metavar="MODEL",
    multiple=True,
    help="Another release, run, or MODEL@UPSTREAM sits it too; each is a look.",
)
@click.option(
    "--gate",
    "must_ship",
    is_flag=True,
    help="Exit with 3 or 4 unless the verdict is to ship.",
)
@shared
def command(
    screen: Screen, task: str, *, names: tuple[str, ...], must_ship: bool
) -> None:
    """Examine the latest model beside the baselines; each look is counted.

    Example: maalem examine system --against system-1
    """
    from maalem.app.report import refuse_unless_ship, show_exam
    from maalem.app.report_against import contest_json, show_contest
    from maalem.app.steps.challengers import challengers_of
    from maalem.app.steps.exams import examine
    from maalem.app.steps.runs import latest_runs
    from maalem.app.workspace import open_workspace

    with open_workspace(screen.folder) as work, screen.progress() as tell:
        runs = latest_runs(work, task)
        against = challengers_of(work, runs[0], names)
        exam = examine(work, runs, against=against, tell=tell)
    show_exam(screen, exam, more=contest_json(exam))
    show_contest(screen, exam)
    if must_ship:
        refuse_unless_ship(exam.verdict)
