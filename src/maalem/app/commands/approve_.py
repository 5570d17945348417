# SPDX-License-Identifier: Apache-2.0
"""`maalem approve`."""

import click

from maalem.app.options import needs_desk, shared
from maalem.app.screen import Screen


@click.command("approve")
@click.argument("task")
@click.option("--by", required=True, help="Address or pseudonym of who approves.")
@click.option("--note", default="", help="Why; it stands in the ledger for ever.")
@shared
@needs_desk
def command(screen: Screen, task: str, *, by: str, note: str) -> None:
    """Approve a proposed release with your own password, while the desk is closed.

    Example: maalem approve system --by amina@example.org --note "numbers looked at"
    """
    from maalem.app.approving import approve_as, ask_password
    from maalem.app.report_release import show_proposal, show_release
    from maalem.app.workspace import open_workspace

    password = ask_password()
    with open_workspace(screen.folder) as work:
        proposal, made = approve_as(work, task, person=by, password=password, note=note)
    if made is None:
        show_proposal(screen, proposal)
    else:
        show_release(screen, *made)
