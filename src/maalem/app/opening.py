# SPDX-License-Identifier: Apache-2.0
"""How a project's desk is opened from the command line, the demo's with guests."""

import dataclasses
from contextlib import closing
from pathlib import Path

from maalem.app.demo import run_demo
from maalem.app.desk import invitations, people
from maalem.app.desk.serving import Opened, listen, serve
from maalem.app.household import invite_guest
from maalem.app.project import FILE
from maalem.app.screen import Screen
from maalem.app.steps.searching import index_words
from maalem.app.workspace import Workspace, now, open_workspace

GUESTS = (("Amina", "ar"), ("Benoît", "fr"), ("Clara", "en"))
"""The sample experts of the demo, each with their language."""
DEMO = "demo"
"""Folder of the demo, where no other is named."""


def serve_demo(screen: Screen, *, address: str | None, port: int | None) -> None:
    """Serve the demo's desk, with links for three sample experts.

    Args:
        screen: Where everything is shown; its folder is the demo's, or is to be.
        address: Where to listen instead of where the settings say.
        port: The port instead of the settings' one.
    """
    folder = Path(DEMO if screen.folder == "." else screen.folder)
    if not (folder / FILE).is_file():
        run_demo(screen, folder, gear="quick")  # the desk shall not wait for torch
    screen.folder = str(folder)
    serve_project(screen, address=address, port=port, with_guests=True)


def serve_project(
    screen: Screen, *, address: str | None, port: int | None, with_guests: bool = False
) -> None:
    """Serve the desk of a project until the process is told to stop.

    Args:
        screen: Where the address, and the set-up token on the first run, are shown.
        address: Where to listen instead of where the settings say.
        port: The port instead of the settings' one.
        with_guests: Whether the demo's sample experts are invited.
    """
    with open_workspace(Path(screen.folder)) as opened:
        desk = opened.project.desk
        door = listen(
            desk.address if address is None else address,
            desk.port if port is None else port,
        )
        with closing(door):
            with screen.progress() as tell:
                index_words(opened.store, tell)
            work = _listening(opened, door.getsockname()[:2])
            links = _invited(work) if with_guests else {}
            serve(work, door, tell=lambda told: _tell(screen, told, links))
    screen.say("the desk is closed; a last checkpoint is kept")


def _listening(work: Workspace, place: tuple[str, int]) -> Workspace:
    """Give the project as it is served: links name the port that was taken."""
    desk = dataclasses.replace(work.project.desk, address=place[0], port=place[1])
    project = dataclasses.replace(work.project, desk=desk)
    return dataclasses.replace(work, project=project)


def _invited(work: Workspace) -> dict[str, str]:
    """Make a link for each sample expert who has not joined; older links go."""
    here = {one.name for one in people.everyone(work.store)}
    for old in invitations.pending(work.store, now=now().timestamp()):
        if old.name in dict(GUESTS) and old.person is None:
            by = work.project.project.owner
            invitations.revoke(work.store, old.key, by=by)
    return {
        name: invite_guest(work, name, role="expert", language=language)
        for name, language in GUESTS
        if name not in here
    }


def _tell(screen: Screen, told: Opened, links: dict[str, str]) -> None:
    url, token = told
    screen.show(f"the desk of {screen.folder} is open at {url}")
    if token:
        screen.show(f"  nobody owns it yet: open {url}set-up and give this token")
        screen.show(f"  {token}")
    for name, link in links.items():
        screen.show(f"  {name} comes in here, once: {link}")
    screen.say("  stop it with Ctrl-C")
    shown = {"url": url, "set_up_token": token or None, "links": links}
    screen.result("serve", shown)
