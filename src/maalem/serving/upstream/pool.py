# SPDX-License-Identifier: Apache-2.0
"""The connections to one upstream: some are used, some wait to be used again."""

import asyncio
import ssl
from urllib.parse import urlsplit

from maalem.serving.refusals import RequestError
from maalem.serving.upstream.failures import full, unreachable
from maalem.serving.upstream.line import Line
from maalem.serving.upstream.settings import Upstream

_IDLE = 4.0  # seconds; many servers close what says nothing for five


class Pool:
    """Keeps the connections to an upstream.

    They belong to the event loop in which they are made, and end with it.
    """

    def __init__(self, upstream: Upstream) -> None:
        parts = urlsplit(upstream.url)
        is_secret = parts.scheme == "https"
        self._upstream = upstream
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if is_secret else 80)
        self._secrecy = ssl.create_default_context() if is_secret else None
        self._idle: list[Line] = []
        self._lines: set[Line] = set()
        self._taken: set[Line] = set()
        self._connecting = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._keeper: asyncio.Task[None] | None = None

    async def take(self, *, is_fresh: bool) -> Line:
        """Give a connection; whoever takes one gives it back.

        Args:
            is_fresh: Whether it must be a new one.

        Raises:
            RequestError: It cannot be had; nothing was sent.
        """
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._begin(loop)
        if len(self._taken) + self._connecting >= self._upstream.most_connections:
            raise full(self._upstream.name)
        line = None if is_fresh else self._waiting(loop.time())
        line = line or await self._connected(loop)
        self._taken.add(line)
        return line

    def give_back(self, line: Line) -> None:
        """Take a connection back, to be used again if it may be; once is enough."""
        if line not in self._taken:
            return
        self._taken.remove(line)
        if line.is_open:
            line.idle_since = asyncio.get_running_loop().time()
            self._idle.append(line)
        else:
            line.close()

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin in a loop; what belonged to another has ended with it."""
        self._idle, self._lines, self._taken = [], set(), set()
        self._connecting = 0
        self._loop = loop
        self._keeper = loop.create_task(self._keep())

    async def _keep(self) -> None:
        """Close what nobody uses; all of it, once the loop ends."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                await asyncio.sleep(1.0)
                old = loop.time() - _IDLE
                for line in [one for one in self._idle if one.idle_since < old]:
                    line.close()
        finally:
            for line in list(self._lines):
                line.close()

    def _waiting(self, now: float) -> Line | None:
        """Give a connection that waits to be used again, if one does."""
        while self._idle:
            line = self._idle.pop()
            if line.is_open and now - line.idle_since < _IDLE:
                return line
            line.close()
        return None

    async def _connected(self, loop: asyncio.AbstractEventLoop) -> Line:
        name = self._upstream.name
        self._connecting += 1
        try:
            async with asyncio.timeout(self._upstream.connect_seconds):
                _, line = await loop.create_connection(
                    lambda: Line(name, when_lost=self._forget),
                    self._host,
                    self._port,
                    ssl=self._secrecy,
                )
        except (OSError, TimeoutError) as error:
            raise unreachable(name) from error
        finally:
            self._connecting -= 1
        self._lines.add(line)
        return line

    def _forget(self, line: Line) -> None:
        self._lines.discard(line)
        if line in self._idle:
            self._idle.remove(line)


class Breaker:
    """Lets an upstream rest that keeps failing, and then tries it with one request."""

    def __init__(self, *, most: int = 5, seconds: float = 5.0) -> None:
        self._most = most
        self._seconds = seconds
        self._failures = 0
        self._until = 0.0

    def seconds_left(self, now: float) -> float:
        """Give how long it still rests; the first who asks then is the trial.

        Args:
            now: By the loop's clock.
        """
        if self._failures < self._most:
            return 0.0
        if now < self._until:
            return self._until - now
        self._until = now + self._seconds  # others wait for what the trial shows
        return 0.0

    def note(self, failure: RequestError | None, *, now: float) -> None:
        """Note how a request ended; what the caller did wrong says nothing of it."""
        if failure is None or failure.status < 500:
            self._failures = 0
            return
        self._failures += 1
        if self._failures >= self._most:
            self._until = now + self._seconds
