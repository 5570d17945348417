# SPDX-License-Identifier: Apache-2.0
"""`maalem corrections`."""

from datetime import UTC, datetime

import click

from maalem.app.options import shared
from maalem.app.screen import Screen


@click.command("corrections")
@click.argument("task", required=False)
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Day in UTC from which answers count; else all of the newest release.",
)
@shared
def command(screen: Screen, task: str | None, *, since: datetime | None) -> None:
    """Show what came home from the gateway: cases, audit, feedback, drift.

    Example: maalem -C orders corrections system
    """
    from maalem.app.report_corrections import show_corrections
    from maalem.app.steps.corrections import hear_all_experts, reports
    from maalem.app.workspace import now, open_workspace

    with open_workspace(screen.folder, read_only=True) as work:
        names = [work.task(task).name] if task else work.task_names()
        hear_all_experts(work, names, now=now().timestamp())
        begin = None if since is None else since.replace(tzinfo=UTC).timestamp()
        found = reports(work, names, since=begin, now=now().timestamp())
    show_corrections(screen, found)
