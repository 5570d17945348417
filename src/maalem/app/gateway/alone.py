# SPDX-License-Identifier: Apache-2.0
"""The gateway served without the desk, by one process or by several.

It only reads the project, so that the desk, in a process of its own, can write.
"""

import asyncio
import dataclasses
import signal
import socket
import time
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

from maalem.app.cores import one_core_spared
from maalem.app.desk.serving import address_of, listen, steady_clock
from maalem.app.draining import deaf_to_signals, run_drained
from maalem.app.gateway.opening import open_gateway
from maalem.app.gateway.serving import gateway_server_of
from maalem.app.gateway.standing import Standing
from maalem.app.gateway.workers import Crew
from maalem.app.project import read_project
from maalem.app.screen import Screen
from maalem.app.steps.in_force import in_force
from maalem.app.workspace import Workspace, open_workspace
from maalem.errors import DataError, EngineError, MaalemError, boundary
from maalem.serving.application import Gateway

_MARGIN = 15.0  # seconds beyond draining after which a worker is ended


def serve_alone(
    screen: Screen, *, address: str | None, port: int | None, workers: int | None
) -> None:
    """Serve the gateway of a project until the process is told to stop.

    Args:
        screen: Where the address and the models are shown.
        address: Where to listen instead of where the settings say.
        port: The port instead of the settings' one.
        workers: How many processes answer instead of as many as the settings say.
    """
    folder = Path(screen.folder)
    project = read_project(folder)
    count = project.gateway.workers if workers is None else workers
    door = listen(
        project.desk.address if address is None else address,
        project.desk.port if port is None else port,
    )
    with closing(door):
        if count == 1:
            _serve_one(screen, folder, door)
        else:
            _serve_several(screen, folder, door, count=count)
    screen.say("the gateway is closed")


def listening(work: Workspace, place: tuple[str, int]) -> Workspace:
    """Give the project as it is served: links name the port that was taken."""
    desk = dataclasses.replace(work.project.desk, address=place[0], port=place[1])
    project = dataclasses.replace(work.project, desk=desk)
    return dataclasses.replace(work, project=project)


def _serve_one(screen: Screen, folder: Path, door: socket.socket) -> None:
    with _opened(folder, door, among=1) as (work, gateway):
        told = Standing.of(gateway)
        _run(work, gateway, door, when_open=lambda _: _show(screen, door, told))


def _serve_several(
    screen: Screen, folder: Path, door: socket.socket, *, count: int
) -> None:
    with _reading(folder) as work:
        in_force(work)  # what the settings get wrong is said once
        settings = work.project.gateway
    work_there = partial(_answer, folder=folder, door=door, count=count)
    crew = Crew(work_there, clock=time.monotonic, say=screen.say)
    try:
        crew.watch(count, when_open=lambda told: _show(screen, door, told))
        door.close()  # nobody waits at a door at which nobody answers
    finally:
        with deaf_to_signals():
            seconds = settings.leave_seconds + settings.drain_seconds
            crew.end(within=seconds + _MARGIN)


def _answer(line: Connection, *, folder: Path, door: socket.socket, count: int) -> None:
    """Answer as one of several, until told to stop or left alone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to hear
    try:
        with (
            boundary(EngineError, "serve the gateway"),
            _opened(folder, door, among=count) as (work, gateway),
        ):

            def opened(stop: Callable[[], None]) -> None:
                _hear_parent(line, stop)
                line.send(Standing.of(gateway))

            _run(work, gateway, door, when_open=opened, is_alone=False)
    except MaalemError as error:
        line.send(f"{error.message} ({error.code}): {error.why}")
        raise SystemExit(error.exit_code) from error


def _hear_parent(line: Connection, stop: Callable[[], None]) -> None:
    """Stop where the parent has ended, however it did."""
    loop = asyncio.get_running_loop()

    def hear() -> None:
        loop.remove_reader(line.fileno())
        stop()

    loop.add_reader(line.fileno(), hear)


def _run(
    work: Workspace,
    gateway: Gateway,
    door: socket.socket,
    *,
    when_open: Callable[[Callable[[], None]], None],
    is_alone: bool = True,
) -> None:
    server = gateway_server_of(gateway, is_secure=work.project.desk.is_secure)
    run_drained(
        server,
        door,
        room=gateway.room,
        settings=work.project.gateway,
        when_open=when_open,
        is_alone=is_alone,
    )


@contextmanager
def _opened(
    folder: Path, door: socket.socket, *, among: int
) -> Generator[tuple[Workspace, Gateway]]:
    # probes are repeated on as many threads as answers are computed on
    with one_core_spared(among=among), _reading(folder) as opened:
        work = listening(opened, door.getsockname()[:2])
        gateway = open_gateway(work, clock=steady_clock())
        try:
            yield work, gateway
        finally:
            gateway.close()


@contextmanager
def _reading(folder: Path) -> Generator[Workspace]:
    """Open a project for reading; one of an older version is brought up first."""
    try:
        with open_workspace(folder, read_only=True):
            pass
    except DataError as error:
        if error.code != "store.older":
            raise
        with open_workspace(folder):
            pass
    with open_workspace(folder, read_only=True) as work:
        yield work


def _show(screen: Screen, door: socket.socket, told: Standing) -> None:
    url = address_of(door)
    screen.show(f"the gateway of {screen.folder} is open at {url}")
    shown = told.show(screen)
    screen.say("  stop it with Ctrl-C")
    screen.result("serve", {"url": url, "set_up_token": None, "links": {}, **shown})
