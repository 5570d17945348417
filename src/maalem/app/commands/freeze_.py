# SPDX-License-Identifier: Apache-2.0
"""`maalem freeze`."""

import click

from maalem.app.options import dry_run, shared
from maalem.app.screen import Screen


@click.command("freeze")
@click.argument("task")
@click.option(
    "--leave-out-leaks",
    is_flag=True,
    help="Leave rows out that stand on both sides; never out of the exam.",
)
@dry_run
@shared
def command(screen: Screen, task: str, *, leave_out_leaks: bool, dry_run: bool) -> None:
    """Freeze settled answers into a dataset named by its content.

    Example: maalem freeze system --leave-out-leaks
    """
    from maalem.app.report import show_dataset
    from maalem.app.steps.datasets import freeze_with_notes
    from maalem.app.workspace import open_workspace

    with open_workspace(screen.folder) as work:
        dataset, notes = freeze_with_notes(
            work, task, drop_leaks=leave_out_leaks, keep=not dry_run
        )
    show_dataset(screen, dataset, notes)
