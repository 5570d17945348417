# SPDX-License-Identifier: Apache-2.0
"""Replies in parts: each is sent as it comes, and none for somebody who has gone."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from maalem.serving.refusals import RequestError
from maalem.serving.wire import Receive, Send, Streamed, headers_for


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
    sending = asyncio.current_task()
    watch = _Watch(sending)
    gone = asyncio.ensure_future(_until_gone(receive))
    gone.add_done_callback(watch.end)
    try:
        code = await _send_parts(send, reply.parts)
    except asyncio.CancelledError:
        if sending is None or not watch.has_ended_it or sending.uncancel() > 0:
            raise
        code = "gateway.gone"
    finally:
        watch.task = None
        gone.cancel()
    await send({"type": "http.response.body", "body": b""})
    return code


class _Watch:
    """Ends what is sent once nobody is there to whom it is sent.

    Attributes:
        task: What sends; none once it is done.
        has_ended_it: Whether it was ended.
    """

    def __init__(self, task: "asyncio.Task[Any] | None") -> None:
        self.task = task
        self.has_ended_it = False

    def end(self, gone: "asyncio.Future[None]") -> None:
        """End it, unless it has ended by itself."""
        if self.task is not None and not gone.cancelled():
            self.has_ended_it = True
            self.task.cancel()


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
