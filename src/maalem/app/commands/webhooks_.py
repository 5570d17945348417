# SPDX-License-Identifier: Apache-2.0
"""`maalem webhooks`."""

import click

from maalem.app.options import needs_desk, shared
from maalem.app.screen import Screen


@click.group("webhooks")
def command() -> None:
    """Say which addresses the desk tells of what happens, while it is closed.

    Example: maalem webhooks list
    """


@command.command("add")
@click.argument("url")
@click.option(
    "--event",
    "events",
    multiple=True,
    help="annotation, dispute, dataset, training, release.",
)
@click.option("--allow-private", is_flag=True, help="Also an address of your network.")
@shared
@needs_desk
def add(
    screen: Screen, url: str, *, events: tuple[str, ...], allow_private: bool
) -> None:
    """Tell an address of events, signed with a secret that is shown this once.

    Example: maalem webhooks add https://example.org/hook --event annotation
    """
    from maalem.app.connections import add_webhook
    from maalem.app.workspace import open_workspace

    with open_workspace(screen.folder) as work:
        made = add_webhook(work, url, events=events, may_be_private=allow_private)
    if {"dataset", "training", "release"} & set(events):
        screen.say("what is made while the desk is closed is told when it opens")
    screen.say(f"webhook {made['id']} checks x-maalem-signature with this secret:")
    screen.show(made["secret"])
    screen.result("webhooks.add", {**made, "events": sorted(set(events))})


@command.command("list")
@shared
@needs_desk
def list_(screen: Screen) -> None:
    """Show which addresses are told of what.

    Example: maalem webhooks list
    """
    from maalem.app.connections import every_webhook
    from maalem.app.workspace import open_workspace

    with open_workspace(screen.folder, read_only=True) as work:
        rows = every_webhook(work)
    columns = list(rows[0]) if rows else ["id"]
    screen.table("", columns, [list(row.values()) for row in rows])
    screen.result("webhooks.list", {"webhooks": rows})


@command.command("remove")
@click.argument("webhook")
@shared
@needs_desk
def remove(screen: Screen, webhook: str) -> None:
    """Tell an address, named by its id, nothing any more.

    Example: maalem webhooks remove 5f2c81d0a9be
    """
    from maalem.app.connections import remove_webhook
    from maalem.app.workspace import open_workspace

    with open_workspace(screen.folder) as work:
        remove_webhook(work, webhook)
    screen.say(f"webhook {webhook} is gone")
    screen.result("webhooks.remove", {"id": webhook})
