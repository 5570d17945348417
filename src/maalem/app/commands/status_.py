# SPDX-License-Identifier: Apache-2.0
"""`maalem status`."""

import click

from maalem.app.options import shared
from maalem.app.screen import Screen


@click.command("status")
@shared
def command(screen: Screen) -> None:
    """Show the loop in eight lines and the next command.

    Example: maalem -C orders status
    """
    from maalem.app.report_release import show_status
    from maalem.app.status import status
    from maalem.app.workspace import open_workspace

    with open_workspace(screen.folder, read_only=True) as work:
        show_status(screen, status(work))
