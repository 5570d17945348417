# SPDX-License-Identifier: Apache-2.0
"""The door at which assistants ask, in the Model Context Protocol over HTTP."""

import asyncio
import importlib
from types import ModuleType
from urllib.parse import urlsplit

from maalem.records import Json
from maalem.serving.application import Gateway
from maalem.serving.calls import Call
from maalem.serving.refusals import RequestError
from maalem.serving.settings import SCOPE
from maalem.serving.wire import Head, Reply

NEEDED = "mcp"
"""The package that this door needs."""


class McpDoor:
    """Answers one request at a time; no session is kept between them."""

    path = "/mcp"
    method = "POST"
    operation = "classify"
    is_open = False
    scope = SCOPE

    def __init__(self, gateway: Gateway, *, names: frozenset[str]) -> None:
        self._gateway = gateway
        self._names = names
        self._speaker: ModuleType | None = None

    @staticmethod
    def refuse(error: RequestError) -> tuple[int, Json]:
        """Refuse as JSON-RPC does, where no request could be read.

        Source:
            Model Context Protocol 2025-11-25, "Transports", "Streamable HTTP".
        """
        told: dict[str, Json] = {"code": -32600, "message": error.message}
        return error.status, {"jsonrpc": "2.0", "id": None, "error": told}

    async def answer(self, call: Call) -> Reply:
        """Answer a request, whose page must be the gateway's own if it has one."""
        refuse_foreign_origin(call.headers, self._names)
        if self._speaker is None:
            # Most gateways never need it, and none should wait for it to start.
            self._speaker = await asyncio.to_thread(
                importlib.import_module, "maalem.serving.mcp_server"
            )
        reply: Reply = await self._speaker.answer_http(self._gateway, call)
        return reply


def refuse_foreign_origin(headers: Head, names: frozenset[str]) -> None:
    """Refuse a request that a page of another site makes in somebody's browser.

    Raises:
        RequestError: It does.

    Source:
        Model Context Protocol 2025-11-25, "Transports", "Security Warning".
    """
    origin = headers.get(b"origin")
    if origin is None:
        return
    try:
        name = urlsplit(origin.decode("latin-1")).hostname
    except ValueError:
        name = None
    if name not in names:
        raise RequestError("this page may not ask", status=403, code="gateway.origin")
