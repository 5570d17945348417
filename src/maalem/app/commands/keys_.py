# SPDX-License-Identifier: Apache-2.0
"""`maalem keys`."""

import click

from maalem.app.options import needs_desk, shared
from maalem.app.screen import Screen

for_tasks = click.option("--task", "tasks", multiple=True, help="Only this task.")
with_limits = click.option(
    "--limit", "limits", multiple=True, help="As requests-per-minute=60; 0 for none."
)


@click.group("keys")
def command() -> None:
    """Say which programs may ask, for what, and how much, while the desk is closed.

    Example: maalem keys make nightly --task system --limit texts-per-month=10000
    """


@command.command("make")
@click.argument("name")
@click.option(
    "--scope", "scopes", multiple=True, help="predict, feedback, read or answer."
)
@for_tasks
@with_limits
@click.option("--days", default=90, help="Until it expires, at most 366; else 90.")
@shared
@needs_desk
def make(
    screen: Screen,
    name: str,
    *,
    scopes: tuple[str, ...],
    tasks: tuple[str, ...],
    limits: tuple[str, ...],
    days: int,
) -> None:
    """Make a key and print it, this once.

    Example: maalem keys make nightly --task system --limit requests-per-minute=60
    """
    from maalem.app.key_holding import bounds_of, make_key
    from maalem.app.workspace import open_workspace

    bounds = bounds_of(tasks, limits)
    with open_workspace(screen.folder) as work:
        made = make_key(
            work, name, scopes=scopes or ("predict",), days=days, bounds=bounds
        )
    screen.say("this is the key; it is shown only now:")
    screen.show(made)
    screen.result("keys.make", {"name": name, "key": made})


@command.command("list")
@shared
@needs_desk
def everyone(screen: Screen) -> None:
    """Show the keys, what they may do, and what they used.

    Example: maalem keys list
    """
    from maalem.app.key_holding import key_rows
    from maalem.app.workspace import open_workspace

    with open_workspace(screen.folder, read_only=True) as work:
        rows = key_rows(work)
    columns = list(rows[0]) if rows else ["key"]
    screen.table("", columns, [list(row.values()) for row in rows])
    screen.result("keys.list", {"keys": rows})


@command.command("bind")
@click.argument("key")
@for_tasks
@with_limits
@shared
@needs_desk
def bind(
    screen: Screen, key: str, *, tasks: tuple[str, ...], limits: tuple[str, ...]
) -> None:
    """Bound a key, named by its public part, anew; what is not said is open.

    Example: maalem keys bind 3f2a9c0b1d4e --task system --limit texts-per-month=500
    """
    from maalem.app.key_holding import bind_key, bounds_of
    from maalem.app.workspace import open_workspace

    bounds = bounds_of(tasks, limits)
    with open_workspace(screen.folder) as work:
        bound = bind_key(work, key, bounds)
    screen.say(f"the key {bound} is bound, in five seconds where it is in use")
    screen.result("keys.bind", {"key": bound})


@command.command("revoke")
@click.argument("key")
@shared
@needs_desk
def revoke(screen: Screen, key: str) -> None:
    """Make a key, named by its public part, useless.

    Example: maalem keys revoke 3f2a9c0b1d4e
    """
    from maalem.app.key_holding import revoke_key
    from maalem.app.workspace import open_workspace

    with open_workspace(screen.folder) as work:
        revoked = revoke_key(work, key)
    screen.say(f"the key {revoked} opens nothing any more")
    screen.result("keys.revoke", {"key": revoked})
