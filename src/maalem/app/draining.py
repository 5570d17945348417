# SPDX-License-Identifier: Apache-2.0
"""How a server ends that was told to stop: balancers leave, then nothing is cut off."""

import asyncio
import gc
import math
import signal
import socket
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType

import uvicorn

from maalem.serving import GatewaySettings
from maalem.serving.pressure import Room

_STEP = 0.02  # seconds between two looks at what is under way
_SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def deaf_to_signals() -> Generator[None]:
    """Let the server alone hear that it shall stop.

    It raises the signal again when it has drained; that must not end the process before
    the store is closed.
    """

    def hear(_number: int, _frame: FrameType | None) -> None: ...

    before = {number: signal.signal(number, hear) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def run_drained(
    server: uvicorn.Server,
    door: socket.socket,
    *,
    room: Room,
    settings: GatewaySettings,
    when_open: Callable[[Callable[[], None]], None] = lambda _: None,
    is_alone: bool = True,
) -> None:
    """Let a server answer until the process is told to stop, then let it drain.

    `/ready` says at once that it leaves. For `leave_seconds`, requests are answered as
    before; then those that come are refused, and those under way are answered within
    `drain_seconds`.

    Args:
        server: The server.
        door: Where it listens.
        room: What is under way in its gateway.
        settings: How long it waits.
        when_open: Is called once it listens, in its loop, with what tells it to stop.
        is_alone: Whether a second signal ends the waiting. A worker hears several:
            its parent's, and that of whoever ends all processes of a group.
    """
    factory = server.config.get_loop_factory()
    with deaf_to_signals(), asyncio.Runner(loop_factory=factory) as runner:
        serving = _serve(
            server,
            door,
            room=room,
            settings=settings,
            when_open=when_open,
            is_alone=is_alone,
        )
        runner.run(serving)


async def _serve(
    server: uvicorn.Server,
    door: socket.socket,
    *,
    room: Room,
    settings: GatewaySettings,
    when_open: Callable[[Callable[[], None]], None],
    is_alone: bool,
) -> None:
    told = asyncio.Event()
    loop = asyncio.get_running_loop()

    def stop() -> None:
        if told.is_set() and is_alone:
            server.should_exit = True
        told.set()

    def hear(_number: int, _frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(stop)

    server.handle_exit = hear  # type: ignore[method-assign, assignment]  # takes signals
    serving = asyncio.create_task(server.serve(sockets=[door]))
    await _pass(math.inf, lambda: server.started or serving.done())
    if not serving.done():
        when_open(stop)
        gc.collect()
        gc.freeze()  # what was loaded stays: no pause for looking through it again
    hearing = asyncio.create_task(told.wait())
    await asyncio.wait((serving, hearing), return_when=asyncio.FIRST_COMPLETED)
    hearing.cancel()
    if not serving.done():
        await _drain(server, room, settings)
        if room.under_way:  # they have had their time
            server.config.timeout_graceful_shutdown = 1
    server.should_exit = True
    await serving


async def _drain(server: uvicorn.Server, room: Room, settings: GatewaySettings) -> None:
    room.is_leaving = True
    await _pass(settings.leave_seconds, lambda: server.should_exit)
    room.is_closed = True
    await _pass(
        settings.drain_seconds, lambda: server.should_exit or not room.under_way
    )


async def _pass(seconds: float, is_over: Callable[[], bool]) -> None:
    """Wait until something is over, and no longer than some seconds."""
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    while not is_over() and loop.time() < until:  # noqa: ASYNC110  # the server tells nobody
        await asyncio.sleep(_STEP)
