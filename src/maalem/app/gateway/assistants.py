# SPDX-License-Identifier: Apache-2.0
"""A project's models as the tools of an assistant that starts this program itself."""

import asyncio
import importlib
import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path

from maalem.app.cores import one_core_spared
from maalem.app.desk.serving import steady_clock
from maalem.app.gateway.doors import open_doors
from maalem.app.gateway.opening import open_gateway
from maalem.app.screen import Screen
from maalem.app.workspace import open_workspace
from maalem.errors import MissingPartError
from maalem.serving.calls import Call
from maalem.serving.mcp_door import NEEDED


def serve_assistant(screen: Screen) -> None:
    """Answer an assistant on standard input and output until it goes.

    The project is only read, so that its desk may be open meanwhile. Nobody's key is
    asked for: who may start this program may read the models anyway. Nothing is kept
    of what was asked.

    Raises:
        MissingPartError: The package for the protocol is not installed.
    """
    if find_spec(NEEDED) is None:
        raise MissingPartError(
            f"assistants need the package {NEEDED}",
            why="it is an extra; the core does without it",
            hint="pip install 'maalem[mcp]'",
        )
    clock = steady_clock()

    @asynccontextmanager
    async def calls() -> AsyncGenerator[Call]:
        """Give a call that nobody is told of."""
        yield Call(id=secrets.token_hex(8), at=clock(), method="", path="", headers={})

    speaker = importlib.import_module("maalem.serving.mcp_server")
    with (
        open_workspace(Path(screen.folder), read_only=True) as work,
        one_core_spared(),
    ):
        gateway = open_gateway(work, clock=clock, attach=open_doors)
        for name, reason in gateway.models.refused.items():
            screen.say(f"  {name} does not answer: {reason.message}")
        try:
            asyncio.run(speaker.serve_stdio(gateway, calls))
        finally:
            gateway.close()
