# SPDX-License-Identifier: Apache-2.0
"""`maalem release`."""

from pathlib import Path

import click

from maalem.app.options import shared
from maalem.app.screen import Screen


@click.command("release")
@click.argument("task")
@click.option(
    "--against-the-verdict",
    is_flag=True,
    help="Release although the gate did not say ship; the page says so.",
)
@click.option(
    "--openssf",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Sign by OpenSSF model signing too, with this P-256 key; made if missing.",
)
@shared
def command(
    screen: Screen, task: str, *, against_the_verdict: bool, openssf: Path | None
) -> None:
    """Write the examined model as one signed folder that anyone can verify.

    Where [release] people is 2 it is only proposed, until another person approves it.

    Example: maalem release system
    """
    from maalem.app.report import refuse_unless_ship
    from maalem.app.report_release import show_proposal, show_release
    from maalem.app.steps.approvals import propose_if_need_be
    from maalem.app.steps.examined import latest_exam
    from maalem.app.steps.openssf import Openssf
    from maalem.app.steps.releases import release
    from maalem.app.workspace import open_workspace

    signing = Openssf(openssf) if openssf else None
    with open_workspace(screen.folder) as work:
        exam = latest_exam(work, task)
        if not against_the_verdict:
            refuse_unless_ship(exam.verdict)
        proposal = propose_if_need_be(work, exam)
        made = None if proposal and proposal.missing else release(work, exam)
    if made is None:
        show_proposal(screen, proposal)
    else:
        signature = signing.sign(made[1]) if signing else None
        show_release(screen, *made, openssf=signature)
