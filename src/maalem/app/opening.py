# SPDX-License-Identifier: Apache-2.0
"""How a project's desk is opened from the command line."""

import dataclasses
from contextlib import closing
from pathlib import Path

from maalem.app.desk.serving import listen, serve
from maalem.app.listening import DeskSettings
from maalem.app.screen import Screen
from maalem.app.workspace import Workspace, open_workspace


def serve_project(screen: Screen, *, address: str | None, port: int | None) -> None:
    """Serve the desk of a project until the process is told to stop.

    Args:
        screen: Where the address, and the set-up token on the first run, are shown.
        address: Where to listen instead of where the settings say.
        port: The port instead of the settings' one.
    """

    def tell(url: str, token: str) -> None:
        screen.say(f"the desk of {screen.folder} is open at {url}")
        if token:
            screen.say(f"  nobody owns it yet: open {url}set-up and give this token")
            screen.say(f"  {token}")
        screen.say("  stop it with Ctrl-C")
        screen.result("serve", {"url": url, "set_up_token": token or None})

    with open_workspace(Path(screen.folder)) as opened:
        work = _listening(opened, address=address, port=port)
        desk = work.project.desk
        with closing(listen(desk.address, desk.port)) as door:
            serve(work, door, tell=tell)
    screen.say("the desk is closed; a last checkpoint is kept")


def _listening(work: Workspace, *, address: str | None, port: int | None) -> Workspace:
    given: dict[str, str | int] = {}
    if address is not None:
        given["address"] = address
    if port is not None:
        given["port"] = port
    desk: DeskSettings = dataclasses.replace(work.project.desk, **given)  # type: ignore[arg-type]  # as the options say
    project = dataclasses.replace(work.project, desk=desk)
    return dataclasses.replace(work, project=project)
