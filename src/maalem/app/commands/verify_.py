# SPDX-License-Identifier: Apache-2.0
"""`maalem verify`."""

from pathlib import Path

import click

from maalem.app.options import shared
from maalem.app.screen import Screen


@click.command("verify")
@click.argument("path", required=False, type=click.Path(exists=True, path_type=Path))
@click.option("--ledger", is_flag=True, help="Check the project's whole ledger.")
@click.option(
    "--key",
    type=click.Path(exists=True, path_type=Path),
    help="Public key file got by another way than what is checked.",
)
@shared
def command(
    screen: Screen, path: Path | None, *, ledger: bool, key: Path | None
) -> None:
    """Check a release folder, a badge or a project's ledger, anywhere, offline.

    Example: maalem verify orders/releases/system-1
    """
    from maalem.app.report_people import show_badge
    from maalem.app.report_release import show_ledger, show_verification
    from maalem.app.steps.badges import check_badge
    from maalem.app.steps.releases import check_ledger, check_release
    from maalem.app.workspace import now
    from maalem.errors import UsageError

    if ledger:
        show_ledger(screen, check_ledger(path or Path(screen.folder)))
    elif path is None:
        raise UsageError("name a release folder or a badge, or say --ledger")
    elif path.is_file():
        home = Path(screen.folder)
        show_badge(screen, check_badge(path, key=key, folder=home, now=now()))
    else:
        show_verification(screen, check_release(path, key=key), path)
