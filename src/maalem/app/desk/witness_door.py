# SPDX-License-Identifier: Apache-2.0
"""A witness as a server of its own: one path, for the ledgers that it knows.

It is no part of the desk: whoever may ask a witness need not reach the experts' pages.

Source:
    C2SP, "Transparency Log Witness Protocol" (tlog-witness), `add-checkpoint`.
"""

import socket
from collections.abc import Callable
from dataclasses import replace

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from maalem.app.desk.patience import PATIENCE
from maalem.app.desk.serving import address_of, deaf_to_signals, server_of
from maalem.app.desk.walls import Walls
from maalem.app.listening import DeskSettings
from maalem.app.steps.answering_ledgers import Witness
from maalem.app.witness_post import PATH
from maalem.app.workspace import Workspace
from maalem.errors import SettingsError


def place_of(text: str, settings: DeskSettings) -> DeskSettings:
    """Read where a witness shall listen; names and proxy are those of the desk.

    Args:
        text: Address and port, such as `127.0.0.1:8440` or `[::1]:8440`.
        settings: The desk's.

    Raises:
        SettingsError: It is none, or the port cannot be.
    """
    address, _, port = text.rpartition(":")
    address = address.removeprefix("[").removesuffix("]")
    if not address or not port.isascii() or not port.isdecimal() or len(port) > 5:
        raise SettingsError(
            f"listen must be an address and a port, got {text!r}",
            hint="maalem ledger witness --listen 127.0.0.1:8440",
            code="witness.address",
        )
    return replace(settings, address=address, port=int(port))


def build_witness(
    work: Workspace, settings: DeskSettings, *, patience: float = PATIENCE
) -> Starlette:
    """Make the application of a witness.

    Args:
        work: The opened project of the witness.
        settings: Where it listens, and by which names it may be called.
        patience: Seconds within which the body of a request must have come.
    """
    witness = Witness(work)

    async def add_checkpoint(request: Request) -> Response:
        found = await run_in_threadpool(witness.answer, await request.body())
        return Response(found.body, found.status, {"content-type": found.kind})

    application = Starlette(routes=[Route(PATH, add_checkpoint, methods=["POST"])])
    application.add_middleware(Walls, settings=settings, patience=patience)
    return application


def serve_witness(
    work: Workspace,
    settings: DeskSettings,
    door: socket.socket,
    *,
    tell: Callable[[str], None],
) -> None:
    """Answer until the process is told to stop.

    Args:
        work: The opened project; the caller closes it, with a last checkpoint.
        settings: Where it listens, and by which names it may be called.
        door: Where to listen.
        tell: Called with the address once it can be asked.
    """
    application = build_witness(work, settings)
    server = server_of(application, has_proxy=settings.is_secure)
    tell(address_of(door).rstrip("/"))
    with deaf_to_signals():
        server.run(sockets=[door])
