# SPDX-License-Identifier: Apache-2.0
"""`maalem doctor`."""

import click

from maalem.app.options import shared
from maalem.app.screen import Screen


@click.command("doctor")
@shared
def command(screen: Screen) -> None:
    """Show what this machine can do, with a fix for what it cannot.

    Example: maalem doctor
    """
    from maalem.app.doctor import examine_machine

    findings = examine_machine(screen.folder)
    rows = [(one.part, one.state, one.fix) for one in findings]
    screen.table("", ("part", "state", "fix"), rows)
    listed = [{"part": p, "state": s, "fix": f} for p, s, f in rows]
    screen.result("doctor", {"findings": listed})
