# SPDX-License-Identifier: Apache-2.0
"""How a project's desk is opened from the command line, the demo's with guests."""

import dataclasses
import socket
from contextlib import closing
from pathlib import Path

from maalem.app.cores import one_core_spared
from maalem.app.demo import run_demo
from maalem.app.desk import invitations, people
from maalem.app.desk.serving import (
    Opened,
    address_of,
    deaf_to_signals,
    listen,
    serve,
    server_of,
    steady_clock,
)
from maalem.app.gateway.clerk import minding_routes
from maalem.app.gateway.corrections import taking_home
from maalem.app.gateway.opening import open_gateway
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


def serve_demo(
    screen: Screen, *, address: str | None, port: int | None, only: str | None = None
) -> None:
    """Serve the demo's desk, with links for three sample experts.

    Args:
        screen: Where everything is shown; its folder is the demo's, or is to be.
        address: Where to listen instead of where the settings say.
        port: The port instead of the settings' one.
        only: `desk` or `gateway`; both where it is none.
    """
    folder = Path(DEMO if screen.folder == "." else screen.folder)
    if not (folder / FILE).is_file():
        run_demo(screen, folder, gear="quick")  # the desk shall not wait for torch
    screen.folder = str(folder)
    serve_project(screen, address=address, port=port, only=only, with_guests=True)


def serve_project(
    screen: Screen,
    *,
    address: str | None,
    port: int | None,
    only: str | None = None,
    with_guests: bool = False,
) -> None:
    """Serve the desk and the gateway of a project until the process is told to stop.

    Args:
        screen: Where the address, and the set-up token on the first run, are shown.
        address: Where to listen instead of where the settings say.
        port: The port instead of the settings' one.
        only: `desk` or `gateway`; both where it is none.
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
            work = _listening(opened, door.getsockname()[:2])
            gateway = _opened_gateway(screen, work, only)
            try:
                if only == "gateway" and gateway is not None:
                    _serve_gateway(screen, work, door, gateway=gateway)
                else:
                    links = _invited(work) if with_guests else {}
                    _serve_desk(screen, work, door, gateway=gateway, links=links)
            finally:
                if gateway is not None:
                    gateway.close()
    screen.say(f"the {only or 'desk'} is closed; a last checkpoint is kept")


def _opened_gateway(
    screen: Screen, work: Workspace, only: str | None
) -> Gateway | None:
    """Open the gateway and say what answers; none where only the desk is wanted."""
    if only == "desk":
        return None
    gateway = open_gateway(work, clock=steady_clock())
    for name, reason in gateway.models.refused.items():
        screen.say(f"  {name} does not answer: {reason.message}: {reason.why}")
        if reason.hint:
            screen.say(f"    try: {reason.hint}")
    return gateway


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


def _serve_gateway(
    screen: Screen, work: Workspace, door: socket.socket, *, gateway: Gateway
) -> None:
    url = address_of(door)
    screen.show(f"the gateway of {screen.folder} is open at {url}")
    shown = _show_models(screen, gateway)
    screen.say("  stop it with Ctrl-C")
    screen.result("serve", {"url": url, "set_up_token": None, "links": {}, **shown})
    server = server_of(gateway, is_secure=work.project.desk.is_secure)
    with deaf_to_signals():
        server.run(sockets=[door])


def _show_models(screen: Screen, gateway: Gateway) -> dict[str, dict[str, str]]:
    """Show which release answers for each task."""
    answers = {}
    for task, served in gateway.models.served.items():
        proof = "its probes were repeated" if served.is_proven else "it has no probes"
        answers[task] = served.opened.name
        screen.show(f"  the model {task} is {served.opened.name}; {proof}")
    refused = {name: reason.code for name, reason in gateway.models.refused.items()}
    return {"models": answers, "refused": refused}


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
    models = _show_models(screen, gateway) if gateway else {}
    screen.say("  stop it with Ctrl-C")
    shown = {"url": url, "set_up_token": token or None, "links": links, **models}
    screen.result("serve", shown)
