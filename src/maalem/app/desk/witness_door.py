# SPDX-License-Identifier: Apache-2.0
"""A witness as a server of its own: one path, for the ledgers that it knows.

It is no part of the desk: whoever may ask a witness need not reach the experts' pages.

Source:
    C2SP, "Transparency Log Witness Protocol" (tlog-witness), `add-checkpoint`.
"""

import socket
from collections.abc import Callable

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from maalem.app.desk.patience import PATIENCE
from maalem.app.desk.serving import address_of, server_of
from maalem.app.desk.walls import Walls
from maalem.app.draining import deaf_to_signals
from maalem.app.listening import DeskSettings
from maalem.app.steps.answering_ledgers import Witness
from maalem.app.witness_post import PATH
from maalem.app.workspace import Workspace


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
        """Answer a submission."""
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
    server = server_of(application, is_secure=settings.is_secure)
    tell(address_of(door).rstrip("/"))
    with deaf_to_signals():
        server.run(sockets=[door])
