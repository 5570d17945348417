# SPDX-License-Identifier: Apache-2.0
"""`maalem examine`."""

import click

from maalem.app.options import shared
from maalem.app.screen import Screen


@click.command("examine")
@click.argument("task")
@click.option(
    "--gate",
    "must_ship",
    is_flag=True,
    help="Exit with 3 or 4 unless the verdict is to ship.",
)
@shared
def command(screen: Screen, task: str, *, must_ship: bool) -> None:
    """Examine the latest model beside the baselines; each look is counted.

    Example: maalem examine system
    """
    from maalem.app.report import refuse_unless_ship, show_exam
    from maalem.app.steps.exams import examine
    from maalem.app.steps.runs import latest_runs
    from maalem.app.workspace import open_workspace

    with open_workspace(screen.folder) as work, screen.progress() as tell:
        exam = examine(work, latest_runs(work, task), tell=tell)
    show_exam(screen, exam)
    if must_ship:
        refuse_unless_ship(exam.verdict)
