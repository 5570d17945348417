# SPDX-License-Identifier: Apache-2.0
"""The desk as a server: where it listens, how it starts, how it ends."""

import socket
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp

from maalem.app.desk.application import build
from maalem.app.desk.desk import Desk
from maalem.app.desk.docket import count_ahead
from maalem.app.desk.guard import Guard
from maalem.app.desk.notary import Notary
from maalem.app.desk.patience import PATIENCE, PatientProtocol
from maalem.app.desk.people import has_owner
from maalem.app.draining import deaf_to_signals, run_drained
from maalem.app.front import Front
from maalem.app.project import sso_secret
from maalem.app.workspace import Workspace
from maalem.errors import SettingsError
from maalem.serving.application import Gateway

DRAIN = 10
"""Seconds that requests under way have when the desk is told to stop."""


def steady_clock() -> Callable[[], float]:
    """Make a clock that begins with the time of day and never steps back."""
    began = time.time() - time.monotonic()
    return lambda: began + time.monotonic()


def listen(address: str, port: int) -> socket.socket:
    """Take the port before anything else is done.

    Raises:
        SettingsError: It cannot be had.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        door = socket.create_server((address, port), family=family, backlog=256)
    except OSError as error:
        raise SettingsError(
            f"the desk cannot listen at {address} port {port}",
            why=error.strerror or str(error),
            hint="maalem serve --port 0 takes a free port",
            code="desk.address",
        ) from error
    # asyncio sends at once only where a socket says that it is TCP: without that, the
    # body of an answer waits 40 ms for the browser to acknowledge its head
    told = (family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    return socket.socket(*told, fileno=door.detach())


def make_server(
    application: FastAPI, *, patience: float = PATIENCE, gateway: Gateway | None = None
) -> uvicorn.Server:
    """Make the server of a desk, and of a gateway beside it; `run` lets it answer."""
    guard: Guard = application.state.guard
    front = Front(application, gateway) if gateway else application
    return server_of(front, is_secure=guard.is_secure, patience=patience)


def server_of(
    application: ASGIApp, *, is_secure: bool, patience: float = PATIENCE
) -> uvicorn.Server:
    """Make the server of an application; it answers once its `run` is called.

    Its log names no path, since an invitation is one. A proxy on this machine is
    believed about who calls, if there is one.

    Args:
        application: What answers.
        is_secure: Whether callers come by https, through a proxy.
        patience: Seconds within which the head of a request must have come.
    """
    config = uvicorn.Config(
        application,
        access_log=False,
        log_level="warning",
        loop="asyncio",
        http=partial(PatientProtocol, patience=patience),  # type: ignore[arg-type]  # it is only called
        ws="none",
        lifespan="off",
        proxy_headers=is_secure,
        forwarded_allow_ips="127.0.0.1,::1",
        server_header=False,
        h11_max_incomplete_event_size=32 * 1024,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=DRAIN,
        limit_concurrency=1000,
    )
    return uvicorn.Server(config)


class Opened(NamedTuple):
    """What whoever opens a desk must know.

    Attributes:
        url: The desk's address.
        token: The one-time token to set it up; empty once it has an owner.
    """

    url: str
    token: str


def serve(
    work: Workspace,
    door: socket.socket,
    *,
    tell: Callable[[Opened], None],
    gateway: Gateway | None = None,
) -> None:
    """Answer until the process is told to stop, then let requests under way end.

    Args:
        work: The opened project; the caller closes it, with a last checkpoint.
        door: Where to listen.
        tell: Called once the desk can be told of.
        gateway: What answers beside the desk, if anything does.
    """
    application = build(Desk(work=work, clock=steady_clock(), sso_secret=sso_secret()))
    guard: Guard = application.state.guard
    guard.sessions.sweep(now=guard.desk.clock())
    token = "" if has_owner(work.store) else guard.new_set_up_token()
    tell(Opened(address_of(door), token))
    server = make_server(application, gateway=gateway)
    state = application.state
    ahead = (state.desk, state.standings, state.dockets)
    threading.Thread(target=count_ahead, args=ahead, daemon=True).start()
    notary = Notary(work, clock=guard.desk.clock)
    with deaf_to_signals():
        try:
            if gateway is None:
                server.run(sockets=[door])
            else:
                settings = work.project.gateway
                run_drained(server, door, room=gateway.room, settings=settings)
        finally:
            notary.close()
            application.state.watcher.close()
            application.state.courier.close()
            application.state.dealers.close()


def address_of(door: socket.socket) -> str:
    """Write the address of a listening socket for a browser."""
    host, port = door.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
