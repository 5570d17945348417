# SPDX-License-Identifier: Apache-2.0
"""How long a connection may keep the desk waiting for a request."""

import asyncio
import sys
from typing import Any

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle
from uvicorn.server import ServerState

PATIENCE = 15.0
"""Seconds within which the head of a request must have come, and then its body."""

_CLOSING = "HTTP/1.1 {} {}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class PatientProtocol(H11Protocol):
    """HTTP/1.1 that closes on whoever dribbles a head, or sends one without end.

    The server's own timer runs only between two requests, and stops at the first byte.
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
        self._patience = patience
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(  # type: ignore[override]  # as its parent has it
        self, transport: asyncio.Transport
    ) -> None:
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Take what came; a head that is whole ends the wait, part of one begins it."""
        super().data_received(data)
        cycle: RequestResponseCycle | None = self.cycle  # its parent says never none
        if cycle is not None and not cycle.response_complete:
            self._rest()
        elif self._timer is None:
            self._wait()

    def on_response_complete(self) -> None:
        """Begin to wait where part of the next head came while this was answered."""
        super().on_response_complete()
        has_part = bool(self.conn.trailing_data[0])
        if (
            has_part
            and self.cycle.response_complete
            and not self.transport.is_closing()
        ):
            self._rest()
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        self._rest()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP; a head that is too long has its own status."""
        error = sys.exception()
        if (
            isinstance(error, h11.RemoteProtocolError)
            and error.error_status_hint == 431
        ):
            self._close_with(431, "Request Header Fields Too Large")
        else:
            super().send_400_response(msg)

    def _wait(self) -> None:
        self._timer = self.loop.call_later(self._patience, self._give_up)

    def _rest(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _give_up(self) -> None:
        self._close_with(408, "Request Timeout")

    def _close_with(self, status: int, reason: str) -> None:
        self._rest()
        if not self.transport.is_closing():
            self.transport.write(_CLOSING.format(status, reason).encode())
            self.transport.close()
