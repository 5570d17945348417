# SPDX-License-Identifier: Apache-2.0
"""`maalem ask`."""

import click

from maalem.app.options import dry_run, shared
from maalem.app.screen import Screen


@click.command("ask")
@click.argument("task", required=False)
@dry_run
@shared
def command(screen: Screen, task: str | None, *, dry_run: bool) -> None:
    """Check a task's definition and make its items; without a name, all tasks.

    Example: maalem ask system
    """
    from maalem.app.report import show_asked
    from maalem.app.steps.judgements import ask
    from maalem.app.workspace import open_workspace

    with open_workspace(screen.folder) as work:
        names = [task] if task else work.task_names()
        show_asked(screen, [ask(work, name, keep=not dry_run) for name in names])
