# SPDX-License-Identifier: Apache-2.0
"""Replies in parts: each is sent as it comes, and none for somebody who has gone."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from maalem.serving.refusals import RequestError
from maalem.serving.wire import Receive, Send, Streamed, headers_for

_MOMENT = 0.05  # seconds


async def send_streamed(
    send: Send, receive: Receive, reply: Streamed, *, request: str
) -> str:
    """Send a reply in parts; give the code of a refusal that came on the way.

    What is already sent cannot be taken back: whoever makes the parts writes a refusal
    into them, in the form of its protocol, and then raises it, so that it is known.
    Once the caller has gone, no more parts are made.
    """
    headers = [(k.encode(), v.encode("latin-1")) for k, v in reply.headers.items()]
    headers += headers_for(request)
    start = {"type": "http.response.start", "status": reply.status, "headers": headers}
    await send(start)
    watch = _Watch(receive)
    try:
        code = await _send_parts(send, reply.parts)
    except asyncio.CancelledError:
        if not watch.has_ended_it():
            raise
        code = "gateway.gone"
    finally:
        watch.close()
    await send({"type": "http.response.body", "body": b""})
    return code


class _Watch:
    """Ends the task that sends once nobody is there to whom it sends.

    It begins to look only after a moment: what is over by then needs no task of its
    own, which would cost as much as a part.
    """

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._sending = asyncio.current_task()
        self._has_ended_it = self._is_closed = False
        self._gone: asyncio.Future[None] | None = None
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(_MOMENT, self._look)

    def has_ended_it(self) -> bool:
        """Tell whether it was this that ended the task, and nobody else."""
        task = self._sending
        return self._has_ended_it and task is not None and task.uncancel() == 0

    def close(self) -> None:
        """Look no more."""
        self._is_closed = True
        self._timer.cancel()
        if self._gone is not None:
            self._gone.cancel()

    def _look(self) -> None:
        self._gone = asyncio.ensure_future(_until_gone(self._receive))
        self._gone.add_done_callback(self._end)

    def _end(self, gone: "asyncio.Future[None]") -> None:
        if self._sending is not None and not (self._is_closed or gone.cancelled()):
            self._has_ended_it = True
            self._sending.cancel()


async def _send_parts(send: Send, made: AsyncGenerator[bytes]) -> str:
    try:
        async with aclosing(made) as parts:
            async for part in parts:
                await send(
                    {"type": "http.response.body", "body": part, "more_body": True}
                )
    except RequestError as refusal:
        return refusal.code
    return ""


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
