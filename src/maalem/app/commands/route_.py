# SPDX-License-Identifier: Apache-2.0
"""`maalem route`, the commands that say which release answers whom."""

from pathlib import Path

import click

from maalem.app.options import shared
from maalem.app.screen import Screen

_UNSHIPPED = click.option(
    "--against-the-verdict",
    "is_against_the_verdict",
    is_flag=True,
    help="Let it answer although the gate did not say ship.",
)
_WHY = click.option("--why", default="", help="The reason; it stands in the ledger.")


@click.group("route")
def command() -> None:
    """Say which release of a task answers whom, also while the gateway is open.

    Example: maalem route show system
    """


@command.command("show")
@click.argument("task")
@shared
def show(screen: Screen, task: str) -> None:
    """Show champion, canary and shadows of a task, and what is known of them.

    Example: maalem route show system
    """
    from maalem.app.report_route import show_route

    show_route(screen, task)


@command.command("canary")
@click.argument("task")
@click.argument("release")
@click.option("--share", default=0.1, show_default=True, help="In (0, 0.5].")
@click.option(
    "--by", "split", type=click.Choice(["caller", "request"]), help="A share of what."
)
@_UNSHIPPED
@_WHY
@shared
def canary(
    screen: Screen, task: str, release: str, **given: str | float | bool
) -> None:
    """Let a release answer a share of the callers, or of the requests.

    Without --by it is callers where twenty keys or more may ask, else requests.

    Example: maalem route canary system system-2 --share 0.1
    """
    _change(screen, "canary", task, release=release, **given)


@command.command("shadow")
@click.argument("task")
@click.argument("release")
@_WHY
@shared
def shadow(screen: Screen, task: str, release: str, *, why: str) -> None:
    """Ask a release whatever the champion is asked; nobody is sent its answers.

    Example: maalem route shadow system system-2
    """
    _change(screen, "shadow", task, release=release, why=why)


@command.command("promote")
@click.argument("task")
@click.argument("release", default="")
@_UNSHIPPED
@_WHY
@shared
def promote(screen: Screen, task: str, release: str, **given: str | bool) -> None:
    """Make the canary, or a release, the champion; the one before stays loaded.

    Example: maalem route promote system
    """
    _change(screen, "promote", task, release=release, **given)


@command.command("rollback")
@click.argument("task")
@click.option("--why", required=True, help="The reason; it stands in the ledger.")
@shared
def rollback(screen: Screen, task: str, *, why: str) -> None:
    """End the canary, else bring the champion before back, within a second.

    Example: maalem route rollback system --why "wrong on invoices since noon"
    """
    _change(screen, "roll-back", task, why=why)


@command.command("stop")
@click.argument("task")
@_WHY
@shared
def stop(screen: Screen, task: str, *, why: str) -> None:
    """End the canary and all shadows; the champion stays.

    Example: maalem route stop system
    """
    _change(screen, "stop", task, why=why)


def _change(
    screen: Screen, deed: str, task: str, **given: str | float | bool | None
) -> None:
    """Change a route, whoever has the project open, and show how it stands then."""
    from maalem.app.route_asking import ask_holder

    said = {name: value for name, value in given.items() if value not in (None, "")}
    wanted = {"task": task, "deed": deed, **said}
    is_done = ask_holder(Path(screen.folder), wanted)

    from maalem.app.report_route import change_alone, show_route

    if not is_done:
        change_alone(screen, wanted)
    show_route(screen, task)
