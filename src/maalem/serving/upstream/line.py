# SPDX-License-Identifier: Apache-2.0
"""One connection to an upstream: a request goes out, its answer comes in parts."""

import asyncio
from collections.abc import Callable

import httptools

from maalem.serving.refusals import RequestError
from maalem.serving.upstream.failures import garbage, hung, lost

LONGEST_HEAD = 64 * 1024
"""Bytes of the head of an answer, and of what announces it."""
_MOST_HELD = (
    256 * 1024
)  # bytes of a body that wait for the caller; then no more is read
_STALE = 1.0  # seconds; who loses a request later than that had begun to answer


class Line(asyncio.Protocol):
    """A connection that asks one thing at a time.

    Attributes:
        status: HTTP status of the answer.
        headers: Of the answer, by lower-case name.
        has_answered: Whether a byte of the answer has come.
        has_length: Whether the answer says where it ends; else it ends with the line.
        idle_since: When it was last given back, by the loop's clock.
    """

    def __init__(self, name: str, *, when_lost: Callable[["Line"], None]) -> None:
        self.status = 0
        self.headers: dict[bytes, bytes] = {}
        self.has_answered = False
        self.has_length = True
        self.idle_since = 0.0
        self._name = name
        self._when_lost = when_lost
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._parser: httptools.HttpResponseParser | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._body = bytearray()
        self._failure: RequestError | None = None
        self._head_bytes = 0
        self._has_head = self._is_whole = self._keeps = self._is_paused = False
        self._asked, self._asked_at = 0, 0.0
        self._silence = self._until = self._waits_since = 0.0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_open(self) -> bool:
        """Whether another request may be sent."""
        transport = self._transport
        is_done = self._is_whole and self._keeps and self._failure is None
        is_free = self._asked == 0 or is_done
        return is_free and transport is not None and not transport.is_closing()

    @property
    def was_stale(self) -> bool:
        """Whether it was lost as a line is that was closed while nobody used it."""
        is_old = self._asked > 1 and not self.has_answered
        return is_old and self._loop.time() - self._asked_at < _STALE

    async def ask(self, request: bytes, *, silence: float, until: float) -> None:
        """Send a request and wait for the head of its answer.

        Args:
            request: Head and body.
            silence: Seconds for which nothing may come.
            until: When the answer must be whole, by the loop's clock.

        Raises:
            RequestError: It does not come, or is no HTTP.
        """
        self._parser = httptools.HttpResponseParser(self)
        self.headers, self.status, self.has_answered = {}, 0, False
        self._head_bytes, self._has_head, self._is_whole = 0, False, False
        self._asked, self._asked_at = self._asked + 1, self._loop.time()
        self._silence, self._until = silence, until
        if self._transport is None or self._transport.is_closing():
            raise lost(self._name)
        self._transport.write(request)
        while not self._has_head:
            await self._more()

    async def part(self) -> bytes:
        """Give what came of the body since; nothing where it is whole.

        Raises:
            RequestError: The rest does not come, or is no HTTP.
        """
        while not self._body and not self._is_whole:
            await self._more()
        part = bytes(self._body)
        self._body.clear()
        if self._is_paused and self._transport is not None:
            self._is_paused = False
            self._transport.resume_reading()
        return part

    def close(self) -> None:
        """Close it, whatever is under way."""
        if self._transport is not None:
            self._transport.abort()

    async def _more(self) -> None:
        """Wait until something comes."""
        if self._failure is not None:
            raise self._failure
        self._waits_since = self._loop.time()
        if self._timer is None:
            self._timer = self._loop.call_at(self._due, self._look)
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    @property
    def _due(self) -> float:
        return min(self._waits_since + self._silence, self._until)

    def _look(self) -> None:
        """Give up what is due; one timer serves all waits, for most end before it."""
        self._timer = None
        if self._waiter is None:
            return
        if self._loop.time() >= self._due:
            self._fail(hung(self._name))
            self._wake()
        else:
            self._timer = self._loop.call_at(self._due, self._look)

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _fail(self, failure: RequestError) -> None:
        self._failure = self._failure or failure
        self.close()

    def connection_made(  # type: ignore[override]  # connections have no other
        self, transport: asyncio.Transport
    ) -> None:
        """Be connected."""
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """End the answer, or lose what is missing of it."""
        if self._has_head and not self.has_length and exc is None:
            self._is_whole = True
        elif not self._is_whole and self._failure is None:
            self._failure = lost(self._name)
        self._parser = None  # it holds this line, and this line it
        if self._timer is not None:
            self._timer.cancel()
        self._when_lost(self)
        self._wake()

    def data_received(self, data: bytes) -> None:
        """Take what came; nothing may come that was not asked for."""
        if self._parser is None or self._is_whole:
            self.close()
            return
        self.has_answered = True
        self._head_bytes += 0 if self._has_head else len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._fail(garbage(self._name, "does not speak HTTP"))
        if not self._has_head and self._head_bytes > LONGEST_HEAD:
            self._fail(garbage(self._name, "begins an answer without end"))
        if len(self._body) > _MOST_HELD and not self._is_paused and self._transport:
            self._is_paused = True
            self._transport.pause_reading()
        self._wake()

    def on_message_begin(self) -> None:
        """Trust the line no more where an answer comes after the answer."""
        if self._is_whole:
            self._keeps = False
            self.close()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; one behind the body decides nothing."""
        if not self._has_head:
            self.headers[name.lower()] = value

    def on_headers_complete(self) -> None:
        """Take the head; one that only announces another is passed over."""
        if self._parser is None or self._is_whole:
            return
        self.status = self._parser.get_status_code()
        self._has_head = self.status >= 200
        told = (b"content-length", b"transfer-encoding")
        self.has_length = any(name in self.headers for name in told)

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        if not self._is_whole:
            self._body += body

    def on_message_complete(self) -> None:
        """Be done with the answer, or with what announced it."""
        if self._has_head and self._parser is not None and not self._is_whole:
            self._is_whole = True
            self._keeps = self._parser.should_keep_alive()
        elif not self._has_head:
            self.headers.clear()
