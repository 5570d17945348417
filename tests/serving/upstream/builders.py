# SPDX-License-Identifier: Apache-2.0
"""Upstreams of every temper, a gateway before them, and the door that leads there."""

import asyncio
import json
import threading
import time
from contextlib import contextmanager

from tests.serving.builders import KEY, a_gateway, a_live_gateway

from maalem.app.gateway.serving import gateway_server_of
from maalem.serving.asking import read_body
from maalem.serving.refusals import openai_form
from maalem.serving.settings import SCOPE
from maalem.serving.upstream.relay import Relay
from maalem.serving.upstream.server import Server
from maalem.serving.upstream.settings import Upstream, Upstreams

CHAT = {"model": "small", "messages": [{"role": "user", "content": "hello"}]}
ANSWER = {
    "id": "c",
    "object": "chat.completion",
    "created": 1,
    "model": "there",
    "choices": [
        {
            "index": 0,
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": "hello yourself"},
        }
    ],
    "usage": {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12},
}


def http(status, body=b"", *headers, kind="application/json"):
    """Write an answer."""
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} X", f"content-type: {kind}", *headers]
    lines.append(f"content-length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def event(content, **more):
    """Write one event of a stream."""
    delta = {"index": 0, "delta": {"content": content}, "finish_reason": None}
    told = {
        "id": "c", "object": "chat.completion.chunk", "created": 1, "model": "there",
        "choices": [delta], **more,
    }  # fmt: skip
    return f"data: {json.dumps(told)}\n\n".encode()


DONE = b"data: [DONE]\n\n"
STREAM = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
CHUNKED = STREAM + b"transfer-encoding: chunked\r\n\r\n"


def chunk(part):
    return b"%x\r\n%s\r\n" % (len(part), part)


class Temper:
    """An upstream on a port of this machine; `behave` answers each request.

    Attributes:
        requests: What was asked: head and body.
        lines: How many connections were made.
        gone: How many connections were closed by whoever asked.
    """

    def __init__(self, behave):
        self.requests, self.lines, self.gone = [], 0, 0
        self._behave = behave
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        assert self._ready.wait(10)

    def _run(self):
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.close()

    async def _serve(self):
        self._stop = asyncio.Event()
        self._talks = set()
        server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        for talk in list(self._talks):
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)

    async def _talk(self, reader, writer):
        self._talks.add(asyncio.current_task())
        self.lines += 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                (length,) = [
                    int(line.split(b":")[1])
                    for line in head.split(b"\r\n")
                    if line.lower().startswith(b"content-length")
                ]
                body = await reader.readexactly(length)
                self.requests.append((head, json.loads(body)))
                await self._behave(len(self.requests), writer, reader)
                if writer.is_closing():
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            self.gone += 1
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            self._talks.discard(asyncio.current_task())
            writer.close()

    def close(self):
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()


def says(*answers):
    """Behave by saying each answer in its turn, the last one for ever."""

    async def behave(number, writer, _reader):
        writer.write(answers[min(number, len(answers)) - 1])
        await writer.drain()

    return behave


def says_and_hangs_up(*parts, pause=0.0):
    """Behave by saying something, in parts, and closing."""

    async def behave(_number, writer, _reader):
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause)
        writer.close()

    return behave


async def says_nothing(_number, _writer, reader):
    """Behave by saying nothing until the other side goes."""
    await reader.read()


class OneDoor:
    """A door whose models are all served elsewhere."""

    method, is_open, scope, refuse = "POST", False, SCOPE, staticmethod(openai_form)

    def __init__(self, gateway, path, operation, task=""):
        self.path, self.operation = path, operation
        self._gateway, self._task = gateway, task

    async def answer(self, call):
        call.task = self._task
        body = read_body(call.raw)
        relay = self._gateway.relay
        return await relay.answer(call, body, self.operation, self.refuse)


PLACES = (
    ("/v1/chat/completions", "chat"),
    ("/v1/embeddings", "embed"),
    ("/v1/rerank", "rerank"),
    ("/v1/chat/classifications", "classify"),
)


def an_upstream(port, **settings):
    """Give the settings of an upstream on this machine."""
    told = {
        "name": "near", "url": f"http://127.0.0.1:{port}/v1",
        "models": (("small", "there"),), "connect_seconds": 2.0,
        "operations": ("chat", "embed", "rerank", "classify"),
    }  # fmt: skip
    return Upstream(**(told | settings))


def relayed(gateway, *upstreams, key="", task="", **settings):
    """Let a gateway ask upstreams."""
    told = Upstreams(served=upstreams, **settings)
    gateway.relay = Relay(told, [Server(one, key=key) for one in upstreams])
    for path, operation in PLACES:
        gateway.doors.add(OneDoor(gateway, path, operation, task))
    return gateway


@contextmanager
def a_house(behave, *, key="", task="", may_leave=(), **settings):
    """Have an upstream and a gateway before it; give address, upstream and log."""
    told = []
    temper = Temper(behave)
    gateway = a_gateway(clock=time.time)
    gateway.listeners.append(told.append)
    upstream = an_upstream(temper.port, **settings)
    relayed(gateway, upstream, key=key, task=task, may_leave=may_leave)
    try:
        with a_live_gateway(gateway, serve=gateway_server_of) as address:
            yield address, temper, told
    finally:
        gateway.close()
        temper.close()


HEADERS = {"authorization": f"Bearer {KEY}"}
