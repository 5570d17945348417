# SPDX-License-Identifier: Apache-2.0
"""HTTP/1.1 for the gateway alone, read by a parser in C, with the desk's walls."""

import asyncio
from typing import Any

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import (
    HttpToolsProtocol,
    RequestResponseCycle,
)
from uvicorn.server import ServerState

LONGEST_HEAD = 32 * 1024
"""Bytes of the head of a request, and of what follows its body."""
_BAD, _SLOW = (400, "Bad Request"), (408, "Request Timeout")
_LONG = (431, "Request Header Fields Too Large")
_CLOSING = "HTTP/1.1 {} {}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class _RefusedError(Exception):
    """A head that is refused; the parser hands it on as a failure of its own."""


class SwiftProtocol(HttpToolsProtocol):
    """HTTP/1.1 that takes no head but one which everybody reads in the same way.

    Its parent lets the parser be lenient, takes trailers for headers, reads HTTP of any
    version, and bounds neither the length of a head nor how long it takes to come.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        patience: float,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.parser = httptools.HttpRequestParser(self)  # without any leniency
        self._patience = patience
        self._timer: asyncio.TimerHandle | None = None
        self._has_head = self._has_body = True  # nothing is half read
        self._bytes = self._fed = self._begun = 0

    def connection_made(  # type: ignore[override]  # as its parent has it
        self, transport: asyncio.Transport
    ) -> None:
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Take what came; a head that is whole ends the wait, part of one begins it."""
        self._unset_keepalive_if_required()
        # whether all that comes now is of one head, if it does not end in this
        self._begun = 0 if self._has_head and self._has_body else 1
        is_of_body = self._has_head and not self._has_body
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.cycle.keep_alive = False  # what follows is not ours to read
        except httptools.HttpParserError:
            self._refuse(*(_LONG if self._bytes > LONGEST_HEAD else _BAD))
            return
        if not self._has_head and self._begun == 1 and not is_of_body:
            self._fed += len(data)
        if self._fed > LONGEST_HEAD:
            self._refuse(*_LONG)
        elif self._is_answering:
            self._rest()
        elif self._timer is None:
            self._wait()

    def on_message_begin(self) -> None:
        """Begin to read a head."""
        super().on_message_begin()
        self._has_head = self._has_body = False
        self._bytes = self._fed = 0
        self._begun += 1

    def on_message_complete(self) -> None:
        """Be done with a body."""
        self._has_body = True
        super().on_message_complete()

    def on_url(self, url: bytes) -> None:
        """Take a part of what is asked for."""
        super().on_url(url)
        self._count(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; one behind the body is counted, and is nobody's."""
        self._count(len(name) + len(value) + 4)
        if not self._has_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Take a head, if there is one way alone to read it."""
        self._has_head, self._fed = True, 0
        codings = [
            value for name, value in self.headers if name == b"transfer-encoding"
        ]
        is_chunked = codings == [b"chunked"]
        version = self.parser.get_http_version()
        if (
            version not in ("1.0", "1.1")
            or not self.url.startswith(b"/")
            or (codings and not (is_chunked and version == "1.1"))
        ):
            raise _RefusedError
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """Begin to wait where part of the next head came while this was answered."""
        super().on_response_complete()
        is_idle = not self._is_answering and not self.transport.is_closing()
        if is_idle and not self._has_head:
            self._rest()
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        self._rest()
        super().connection_lost(exc)

    @property
    def _is_answering(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle  # its parent says never none
        return cycle is not None and not cycle.response_complete

    def _count(self, size: int) -> None:
        self._bytes += size
        if self._bytes > LONGEST_HEAD:
            raise _RefusedError

    def _wait(self) -> None:
        self._timer = self.loop.call_later(self._patience, self._give_up)

    def _rest(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _give_up(self) -> None:
        self._close_with(*_SLOW)

    def _refuse(self, status: int, reason: str) -> None:
        """Refuse what cannot be read, once what came before it is answered."""
        if self._is_answering and not self.cycle.more_body:
            self.cycle.keep_alive = False
            self.flow.pause_reading()
        else:
            self._close_with(status, reason)

    def _close_with(self, status: int, reason: str) -> None:
        self._rest()
        if self.transport.is_closing():
            return
        if not (self._is_answering and self.cycle.response_started):
            self.transport.write(_CLOSING.format(status, reason).encode())
        self.transport.close()
