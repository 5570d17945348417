# SPDX-License-Identifier: Apache-2.0
"""What surrounds every request: host names, sizes, patience, and strict headers."""

import asyncio
from collections.abc import Mapping
from types import MappingProxyType

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from maalem.app.desk.frame import language_of
from maalem.app.listening import DeskSettings
from maalem.translation import translation_in

LARGEST_BODY = 2**20
"""Bytes of a request's body; the largest answer of an expert is far below."""
MOST_HEADERS = 100

SECURITY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'"
)
"""What a page may load and do: nothing that is not the desk's own."""

_HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "content-security-policy": SECURITY,
        "x-content-type-options": "nosniff",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "referrer-policy": "same-origin",
    }
)


class Walls:
    """ASGI middleware that no request and no answer gets around."""

    def __init__(
        self, app: ASGIApp, *, settings: DeskSettings, patience: float
    ) -> None:
        self._app = app
        self._names = settings.names
        self._patience = patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":  # there are no websockets
            await send({"type": "websocket.close", "code": 1008})
            return

        async def send_strictly(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add_headers(MutableHeaders(scope=message))
            await send(message)

        refusal = self._refusal(scope)
        if refusal is not None:
            status, text = refusal
            text = translation_in(language_of(Request(scope))).plain(text)
            close = {"connection": "close"}  # what follows is no request
            answer = PlainTextResponse(f"{text}\n", status_code=status, headers=close)
            await answer(scope, receive, send_strictly)
            return
        body = _Body(receive, patience=self._patience)
        await self._app(scope, body.receive, send_strictly)

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        """Tell why a request goes no further, from its head alone."""
        headers = Headers(scope=scope)
        lengths = headers.getlist("content-length")
        is_told_twice = len(lengths) > 1 or "transfer-encoding" in headers
        checks = (
            (
                _host(headers) in self._names,
                400,
                "this desk is not called by that name",
            ),
            (len(headers) <= MOST_HEADERS, 431, "too many headers"),
            (not lengths or not is_told_twice, 400, "the length is told twice"),
            (all(map(str.isdecimal, lengths)), 400, "the length is no number"),
            (all(map(_is_small, lengths)), 413, "the request is too large"),
        )
        return next(
            ((status, text) for holds, status, text in checks if not holds), None
        )


def _host(headers: Headers) -> str:
    """Give the name by which the desk was called, without the port."""
    hosts = headers.getlist("host")
    if len(hosts) != 1:
        return ""
    name, _, port = hosts[0].lower().rpartition(":")
    return name if name and port.isdecimal() else hosts[0].lower()


def _is_small(length: str) -> bool:
    return len(length) < 20 and length.isdecimal() and int(length) <= LARGEST_BODY


class _Body:
    """Counts a body while it comes, and does not wait for ever."""

    def __init__(self, receive: Receive, *, patience: float) -> None:
        self._receive = receive
        self._patience = patience
        self._size = 0
        self._is_whole = False
        self._deadline: float | None = None

    async def receive(self) -> Message:
        """Give the next part of the body."""
        if self._is_whole:  # what comes now tells only that the caller has gone
            return await self._receive()
        loop = asyncio.get_running_loop()
        if self._deadline is None:
            self._deadline = loop.time() + self._patience
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError as error:
            close = {"connection": "close"}
            raise HTTPException(408, headers=close) from error
        if message["type"] == "http.request":
            self._size += len(message.get("body", b""))
            self._is_whole = not message.get("more_body", False)
        if self._size > LARGEST_BODY:
            raise HTTPException(413, headers={"connection": "close"})
        return message


def _add_headers(headers: MutableHeaders) -> None:
    for name, value in _HEADERS.items():
        if name != "content-security-policy":
            headers[name] = value
    headers.setdefault("content-security-policy", SECURITY)  # one may be stricter
    headers.setdefault("cache-control", "no-store")
