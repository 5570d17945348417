# SPDX-License-Identifier: Apache-2.0
"""One upstream that is asked, and asked again only where that cannot ask twice."""

import asyncio
from urllib.parse import urlsplit

from maalem.errors import SettingsError
from maalem.serving.refusals import RequestError
from maalem.serving.upstream.failures import (
    LOST,
    UNREACHABLE,
    refused_by,
    resting,
    wait_of,
)
from maalem.serving.upstream.line import Line
from maalem.serving.upstream.pool import Breaker, Pool
from maalem.serving.upstream.settings import Upstream

CLASSIFY_CHAT = "classify a chat"
"""Classification, where a conversation is the input."""
PATHS = {
    "chat": "/chat/completions",
    "embed": "/embeddings",
    "rerank": "/rerank",
    "classify": "/classifications",
    CLASSIFY_CHAT: "/chat/classifications",
}
"""Where each operation is asked for, behind the address of an upstream."""
_LONGEST_PAUSE = 2.0  # seconds; who is asked to come back later than that is told so
_PAUSE = 0.05  # seconds before a connection is tried again
_MOST_SAID = 64 * 1024  # bytes that are read of an error


class Server:
    """An upstream that is asked.

    Attributes:
        settings: What the settings say of it.
        is_outside: Whether what is sent there leaves the house.
    """

    def __init__(self, settings: Upstream, *, key: str = "") -> None:
        if not all("!" <= one <= "~" for one in key):
            raise SettingsError(
                f"the key of the upstream {settings.name} is no key",
                why="it holds spaces, line ends, or letters that no key has",
                code="upstreams.key",
            )
        self.settings = settings
        self.is_outside = settings.is_outside
        self._key = key
        self._pool = Pool(settings)
        self._breaker = Breaker()
        self._heads = {path: self._head(path) for path in PATHS.values()}

    def _head(self, path: str) -> bytes:
        parts = urlsplit(self.settings.url)
        lines = [
            f"POST {parts.path.rstrip('/')}{path} HTTP/1.1",
            f"host: {parts.netloc}",
            "content-type: application/json",
            "accept: application/json, text/event-stream",
            "accept-encoding: identity",
            "user-agent: maalem",
            *([f"authorization: Bearer {self._key}"] if self._key else []),
            "content-length: ",
        ]
        return "\r\n".join(lines).encode("ascii")

    async def ask(self, operation: str, body: bytes, *, until: float) -> Line:
        """Ask, and give the line with the head of an answer; the caller returns it.

        It is asked again where no connection could be had; where it says that it is
        busy, for a moment; where a connection that others had used before was lost
        within a second, without a byte of an answer; and, unless it is a chat, where
        any connection was lost without a byte of an answer.

        Args:
            operation: What is asked.
            body: JSON.
            until: When the answer must be whole, by the loop's clock.

        Raises:
            RequestError: It cannot be asked, or what it answers is a refusal.
        """
        loop = asyncio.get_running_loop()
        left = self._breaker.seconds_left(loop.time())
        if left > 0.0:
            raise resting(self.settings.name, left)
        request = b"%s%d\r\n\r\n%s" % (self._heads[PATHS[operation]], len(body), body)
        retries, silence = self.settings.retries, self.settings.silence_seconds
        for retry in range(retries + 1):
            line: Line | None = None
            pause: float | None = _PAUSE
            try:
                line = await self._pool.take(is_fresh=retry > 0)
                await line.ask(request, silence=silence, until=until)
                if 200 <= line.status < 300:
                    return line
                pause = wait_of(line.headers) if line.status == 503 else None
                failure = await self._refusal(line)
            except RequestError as error:
                failure = error
                pause = _PAUSE if _is_safe(error, line, operation) else None
            except BaseException:
                self.drop(line)
                raise
            self.drop(line, failure)
            if pause is None or pause > _LONGEST_PAUSE or retry == retries:
                raise failure
            await asyncio.sleep(pause)
        raise AssertionError("the last try returns or raises")

    def release(self, line: Line, failure: RequestError | None) -> None:
        """Be done with a line, whose answer is whole, or which failed."""
        self._breaker.note(failure, now=asyncio.get_running_loop().time())
        self._pool.give_back(line)

    def drop(self, line: Line | None, failure: RequestError | None = None) -> None:
        """Be done with a line that nobody may use again; note why, where it failed."""
        if line is not None:
            line.close()
            self._pool.give_back(line)
        was_asked = line is not None or (failure and failure.code == UNREACHABLE)
        if failure is not None and was_asked:
            self._breaker.note(failure, now=asyncio.get_running_loop().time())

    async def _refusal(self, line: Line) -> RequestError:
        said = b""
        while len(said) < _MOST_SAID:
            part = await line.part()
            if not part:
                break
            said += part
        name = self.settings.name
        return refused_by(name, line.status, headers=line.headers, raw=said)


def _is_safe(failure: RequestError, line: Line | None, operation: str) -> bool:
    """Tell whether asking again cannot have something done twice."""
    if failure.code == UNREACHABLE:
        return True
    if line is None or failure.code != LOST or line.has_answered:
        return False
    return operation != "chat" or line.was_stale
