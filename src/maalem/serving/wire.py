# SPDX-License-Identifier: Apache-2.0
"""Requests and replies as ASGI has them: sizes, patience, and nothing else."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeAlias

from maalem.records import Json
from maalem.serving.refusals import RequestError

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Head: TypeAlias = Mapping[bytes, bytes]

LARGEST_BODY = 2**20
"""Bytes of a request's body."""
LARGEST_HEAD = 2**15
"""Bytes of all headers of a request; what parses them lets more through at times."""
PATIENCE = 15.0
"""Seconds within which the body of a request must have come."""
_DECIDING = (b"host", b"authorization", b"content-length", b"transfer-encoding")
_CLOSE = MappingProxyType({"connection": "close"})  # what follows is no request


@dataclass(frozen=True, slots=True, kw_only=True)
class Streamed:
    """What goes back in parts.

    Attributes:
        parts: Each is sent as it comes; closed where the caller goes.
        headers: Its headers; `content-type` among them.
        status: HTTP status.
    """

    parts: AsyncGenerator[bytes]
    headers: Mapping[str, str]
    status: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What goes back.

    Attributes:
        status: HTTP status.
        headers: Its headers, without type and length.
        body: JSON.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


def head_of(scope: Scope) -> Head:
    """Give the headers of a request by their names.

    Raises:
        RequestError: One that decides something is sent twice, or they are too large.
    """
    pairs: list[tuple[bytes, bytes]] = scope["headers"]
    if sum(len(name) + len(value) for name, value in pairs) > LARGEST_HEAD:
        raise RequestError(
            f"the head is larger than {LARGEST_HEAD} bytes",
            status=431,
            code="gateway.head",
            headers=_CLOSE,
        )
    found = dict(pairs)
    names = [name for name, _ in pairs]
    twice = [name for name in _DECIDING if names.count(name) > 1]
    if twice or {b"content-length", b"transfer-encoding"} <= set(names):
        what = twice[0].decode() if twice else "content-length"
        raise RequestError(
            f"the request tells its {what} twice",
            code="gateway.header",
            headers=_CLOSE,
        )
    return found


def refuse_foreign_host(headers: Head, names: frozenset[str]) -> None:
    """Refuse a request that calls the gateway by a name that is not its own.

    Raises:
        RequestError: It does.
    """
    told = headers.get(b"host", b"").decode("latin-1").lower()
    name, _, port = told.rpartition(":")
    if (name if name and port.isdecimal() else told) not in names:
        raise RequestError(
            "the gateway is not called by that name",
            hint="name it under hosts in [desk]",
            code="gateway.host",
            headers=_CLOSE,
        )


def refuse_method(method: str, wanted: str) -> None:
    """Refuse a method that a path does not take.

    Raises:
        RequestError: It does not.
    """
    if method != wanted:
        raise RequestError(
            f"this path takes {wanted}",
            status=405,
            code="gateway.method",
            headers={"allow": wanted},
        )


def _freely(_size: int) -> None:
    """Hold any number of bytes."""


async def read_whole(
    receive: Receive,
    headers: Head,
    *,
    patience: float = PATIENCE,
    hold: Callable[[int], None] = _freely,
) -> bytes:
    """Read a body.

    Args:
        receive: Gives its parts.
        headers: Of the request.
        patience: Seconds within which it must have come.
        hold: Is told of the bytes of each part; it refuses those that have no room.

    Raises:
        RequestError: It is packed, too large, comes too slowly, or its sender is gone.
    """
    if headers.get(b"content-encoding", b"identity") != b"identity":
        raise RequestError(
            "the body is packed",
            status=415,
            hint="send it without content-encoding",
            code="gateway.encoding",
            headers=_CLOSE,
        )
    length = headers.get(b"content-length", b"0")
    if not length.isdigit() or len(length) > 19 or int(length) > LARGEST_BODY:
        raise _too_large()
    parts, size = [], 0
    try:
        async with asyncio.timeout(patience):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise RequestError("the caller has gone", code="gateway.gone")
                part = message.get("body", b"")
                size += len(part)
                if size > LARGEST_BODY:
                    raise _too_large()
                hold(len(part))
                parts.append(part)
                if not message.get("more_body", False):
                    return b"".join(parts)
    except TimeoutError as error:
        raise RequestError(
            "the body came too slowly",
            status=408,
            code="gateway.slow",
            headers=_CLOSE,
        ) from error


def reply_with(
    told: Json,
    *,
    status: int = 200,
    headers: Mapping[str, str] = MappingProxyType({}),
) -> Reply:
    """Make a reply of JSON."""
    body = json.dumps(told, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Reply(status=status, headers=headers, body=body.encode())


async def send_reply(send: Send, reply: Reply, *, request: str) -> None:
    """Send a reply, with the id of its request."""
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(reply.body)).encode()),
        *headers_for(request),
    ]
    headers += [(k.encode(), v.encode("latin-1")) for k, v in reply.headers.items()]
    start = {"type": "http.response.start", "status": reply.status, "headers": headers}
    await send(start)
    await send({"type": "http.response.body", "body": reply.body})


def headers_for(request: str) -> list[tuple[bytes, bytes]]:
    """Give the headers that every reply has, with the id of its request."""
    return [
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        (b"x-request-id", request.encode()),
    ]


def _too_large() -> RequestError:
    return RequestError(
        f"the body is larger than {LARGEST_BODY} bytes",
        status=413,
        hint="send fewer texts at once",
        code="gateway.too-large",
        headers=_CLOSE,
    )
