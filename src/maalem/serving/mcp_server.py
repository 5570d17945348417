# SPDX-License-Identifier: Apache-2.0
"""The tools in the Model Context Protocol, by its own package (the extra `mcp`).

Only what has to speak the protocol imports this file: the package takes most of a
second to load.
"""

import json
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, TypeAlias

from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp_types import (
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    ToolAnnotations,
)
from mcp_types import Tool as McpTool

from maalem import __version__
from maalem.errors import MaalemError
from maalem.serving.application import Gateway
from maalem.serving.calls import Call
from maalem.serving.refusals import RequestError
from maalem.serving.tools import CLASSIFY, Tool, tools_of, use
from maalem.serving.wire import Message, Reply

Calls: TypeAlias = Callable[[], AbstractAsyncContextManager[Call]]
"""Opens the call of one use of a tool."""

_READ = "read"  # the operation of what asks no model, as an `Occurrence` says it
_ONLY_ASKS = ToolAnnotations(
    read_only_hint=True,
    destructive_hint=False,
    idempotent_hint=True,
    open_world_hint=False,
)


def server_of(gateway: Gateway, calls: Calls) -> Server[Any]:
    """Make a server whose tools ask a gateway's models.

    Args:
        gateway: Whose models are asked.
        calls: Opens the call of each use of a tool.
    """

    async def list_tools(
        _context: object, _asked: PaginatedRequestParams | None
    ) -> ListToolsResult:
        """Name the tools."""
        async with calls() as call:
            tools = tools_of(gateway, call)
        return ListToolsResult(tools=[_described(one) for one in tools])

    async def call_tool(
        _context: object, asked: CallToolRequestParams
    ) -> CallToolResult:
        """Use one; a refusal is a result, so that the assistant reads it."""
        async with calls() as call:
            call.operation = CLASSIFY if asked.name == CLASSIFY else _READ
            try:
                told = await use(gateway, asked.name, asked.arguments or {}, call=call)
            except RequestError as refusal:
                call.code = refusal.code
                return _refused(refusal.message)
            except MaalemError as failure:
                call.code = failure.code
                return _refused("no answer could be computed")
        return CallToolResult(
            content=[_text(json.dumps(told, ensure_ascii=False))],
            structured_content=told,
        )

    return Server(
        "maalem",
        version=__version__,
        instructions="Models that experts taught and examined. Ask one instead of "
        "guessing, and heed needs_expert.",
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


async def answer_http(gateway: Gateway, call: Call) -> Reply:
    """Answer one request of the streamable HTTP transport; nothing outlives it."""
    call.operation = _READ  # unless a tool is used: most requests only shake hands

    @asynccontextmanager
    async def same() -> AsyncGenerator[Call]:
        """Give the call that brought the use of the tool."""
        yield call

    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": call.method,
        "scheme": "http",
        "path": call.path,
        "raw_path": call.path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": list(call.headers.items()),
        "client": None,
        "server": None,
    }
    sent: list[Message] = []

    async def receive() -> Message:
        """Give the body, which has come."""
        return {"type": "http.request", "body": call.raw, "more_body": False}

    async def send(message: Message) -> None:
        """Keep what goes back."""
        sent.append(message)

    manager = StreamableHTTPSessionManager(
        server_of(gateway, same), json_response=True, stateless=True
    )
    async with manager.run():
        await manager.handle_request(scope, receive, send)
    body = b"".join(one.get("body", b"") for one in sent)
    return Reply(status=sent[0]["status"], headers={}, body=body)


async def serve_stdio(gateway: Gateway, calls: Calls) -> None:
    """Answer on standard input and output until the other side goes."""
    server = server_of(gateway, calls)
    options = server.create_initialization_options()
    async with stdio_server() as (incoming, outgoing):
        await server.run(incoming, outgoing, options)


def _described(tool: Tool) -> McpTool:
    return McpTool(
        name=tool.name,
        description=tool.description,
        input_schema=tool.takes,
        output_schema=tool.gives,
        annotations=_ONLY_ASKS,
    )


def _refused(reason: str) -> CallToolResult:
    return CallToolResult(content=[_text(reason)], is_error=True)


def _text(text: str) -> TextContent:
    return TextContent(type="text", text=text)
