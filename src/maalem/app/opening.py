# SPDX-License-Identifier: Apache-2.0
"""How a project's desk is opened from the command line, the demo's with guests."""

import socket
from contextlib import closing
from pathlib import Path

from maalem.app.cores import one_core_spared
from maalem.app.demo import run_demo
from maalem.app.desk import invitations, people
from maalem.app.desk.serving import Opened, listen, serve, steady_clock
from maalem.app.gateway.alone import listening
from maalem.app.gateway.clerk import minding_routes
from maalem.app.gateway.corrections import taking_home
from maalem.app.gateway.opening import open_gateway
from maalem.app.gateway.standing import Standing
from maalem.app.household import invite_guest
from maalem.app.project import FILE
from maalem.app.screen import Screen
from maalem.app.steps.searching import index_words
from maalem.app.workspace import Workspace, now, open_workspace
from maalem.serving.application import Gateway

GUESTS = (("Amina", "ar"), ("Benoît", "fr"), ("Clara", "en"))
"""The sample experts of the demo, each with their language."""
DEMO = "demo"
"""Folder of the demo, where no other is named."""


def prepare_demo(screen: Screen) -> None:
    """Make the demo where it is not there yet.

    Args:
        screen: Where everything is shown; its folder becomes the demo's.
    """
    folder = Path(DEMO if screen.folder == "." else screen.folder)
    if not (folder / FILE).is_file():
        run_demo(screen, folder, gear="quick")  # the desk shall not wait for torch
    screen.folder = str(folder)


def serve_project(
    screen: Screen,
    *,
    address: str | None,
    port: int | None,
    only: str | None = None,
    with_guests: bool = False,
) -> None:
    """Serve the desk of a project, and its gateway, until the process is told to stop.

    Args:
        screen: Where the address, and the set-up token on the first run, are shown.
        address: Where to listen instead of where the settings say.
        port: The port instead of the settings' one.
        only: `desk`; the gateway too where it is none.
        with_guests: Whether the demo's sample experts are invited.
    """
    with open_workspace(Path(screen.folder)) as opened:
        desk = opened.project.desk
        door = listen(
            desk.address if address is None else address,
            desk.port if port is None else port,
        )
        # probes are repeated on as many threads as answers are computed on
        with closing(door), one_core_spared(), minding_routes(opened):
            work = listening(opened, door.getsockname()[:2])
            gateway = None if only else open_gateway(work, clock=steady_clock())
            try:
                links = _invited(work) if with_guests else {}
                _serve_desk(screen, work, door, gateway=gateway, links=links)
            finally:
                if gateway is not None:
                    gateway.close()
    screen.say("the desk is closed; a last checkpoint is kept")


def _serve_desk(
    screen: Screen,
    work: Workspace,
    door: socket.socket,
    *,
    gateway: Gateway | None,
    links: dict[str, str],
) -> None:
    with screen.progress() as tell:
        index_words(work.store, tell)

    def told(opened: Opened) -> None:
        _tell(screen, opened, links, gateway=gateway)

    with taking_home(work, steady_clock(), gateway=gateway):
        serve(work, door, tell=told, gateway=gateway)


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


def _tell(
    screen: Screen, told: Opened, links: dict[str, str], *, gateway: Gateway | None
) -> None:
    url, token = told
    screen.show(f"the desk of {screen.folder} is open at {url}")
    if token:
        screen.show(f"  nobody owns it yet: open {url}set-up and give this token")
        screen.show(f"  {token}")
    for name, link in links.items():
        screen.show(f"  {name} comes in here, once: {link}")
    models = Standing.of(gateway).show(screen) if gateway else {}
    screen.say("  stop it with Ctrl-C")
    shown = {"url": url, "set_up_token": token or None, "links": links, **models}
    screen.result("serve", shown)
