# SPDX-License-Identifier: Apache-2.0
"""`maalem people`."""

import click

from maalem.app.options import dry_run, needs_desk, shared
from maalem.app.screen import Screen


@click.group("people")
def command() -> None:
    """Say who may do what at the desk, while it is closed.

    Example: maalem people invite Amina --language ar
    """


@command.command("invite")
@click.argument("name")
@click.option("--role", default="expert", help="Else expert.")
@click.option("--language", default="en", help="ar, fr or en; else en.")
@shared
@needs_desk
def invite(screen: Screen, name: str, *, role: str, language: str) -> None:
    """Make a link with which somebody joins, once, within seven days.

    Example: maalem people invite Amina --language ar
    """
    from maalem.app.household import invite_guest
    from maalem.app.workspace import open_workspace

    with open_workspace(screen.folder) as work:
        link = invite_guest(work, name, role=role, language=language)
    screen.say(f"give this link to {name}; it can be used once, within seven days:")
    screen.show(link)
    screen.result("people.invite", {"name": name, "role": role, "link": link})


@command.command("list")
@shared
@needs_desk
def everyone(screen: Screen) -> None:
    """Show who is there.

    Example: maalem people list
    """
    from maalem.app.household import everybody
    from maalem.app.workspace import open_workspace

    with open_workspace(screen.folder, read_only=True) as work:
        rows = everybody(work)
    columns = list(rows[0]) if rows else ["id"]
    screen.table("", columns, [list(row.values()) for row in rows])
    screen.result("people.list", {"people": rows})


@command.command("role")
@click.argument("person")
@click.argument("role")
@shared
@needs_desk
def role(screen: Screen, person: str, role: str) -> None:
    """Give somebody, named by address or pseudonym, another role.

    Example: maalem people role amina@example.org curator
    """
    from maalem.app.household import change_role
    from maalem.app.workspace import open_workspace

    with open_workspace(screen.folder) as work:
        found = change_role(work, person, role)
    screen.say(f"{found} is {role} from now on")
    screen.result("people.role", {"person": found, "role": role})


@command.command("deactivate")
@click.argument("person")
@shared
@needs_desk
def deactivate(screen: Screen, person: str) -> None:
    """Close the door to somebody; what they answered stays.

    Example: maalem people deactivate amina@example.org
    """
    from maalem.app.household import close_door
    from maalem.app.workspace import open_workspace

    with open_workspace(screen.folder) as work:
        found = close_door(work, person)
    screen.say(f"the door is closed to {found}")
    screen.result("people.deactivate", {"person": found})


@command.command("check")
@click.argument("task")
@dry_run
@shared
def check(screen: Screen, task: str, *, dry_run: bool) -> None:
    """Look at who answers a task, and hold answers that had better not count.

    Example: maalem people check system --dry-run
    """
    from maalem.app.report_people import show_watch
    from maalem.app.steps.watching import watch
    from maalem.app.workspace import now, open_workspace

    with open_workspace(screen.folder) as work:
        report = watch(work, task, now=now(), keep=not dry_run)
    show_watch(screen, report)
