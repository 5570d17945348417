# SPDX-License-Identifier: Apache-2.0
"""Requests for models that are served elsewhere, and the answers that come back."""

import asyncio
import json
import weakref
from collections.abc import AsyncGenerator, Iterable, Mapping
from typing import Any

from maalem.serving.calls import Call
from maalem.serving.refusals import Form, RequestError, refused_field
from maalem.serving.upstream.events import Events, tokens_of
from maalem.serving.upstream.failures import garbage, lost
from maalem.serving.upstream.line import Line
from maalem.serving.upstream.policy import refuse_leaving
from maalem.serving.upstream.server import CLASSIFY_CHAT, Server
from maalem.serving.upstream.settings import Upstreams
from maalem.serving.wire import Reply, Streamed

LARGEST_ANSWER = 32 * 2**20
"""Bytes of an answer that does not come in parts."""


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


# made once: to make one costs as much as to read a small answer
_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)
_ENCODER = json.JSONEncoder(separators=(",", ":"), allow_nan=False)


class Relay:
    """Asks upstreams, each for the models that the settings give it.

    A request goes out with its `model` renamed and no header of the caller's; an answer
    comes back as it is, and no header of the upstream's with it. A stream of a key with
    a limit of tokens is asked for them, and tells them to the caller only if asked.
    """

    def __init__(self, settings: Upstreams, servers: Iterable[Server]) -> None:
        self._settings = settings
        self._servers = {
            here: (server, there)
            for server in servers
            for here, there in server.settings.models
        }

    @property
    def models(self) -> tuple[str, ...]:
        """Names of all models that are served elsewhere, sorted."""
        return tuple(sorted(self._servers))

    def serves(self, model: str, operation: str) -> bool:
        """Tell whether a model of that name is served elsewhere, for an operation."""
        found = self._servers.get(model)
        return found is not None and operation in found[0].settings.operations

    async def answer(  # noqa: PLR0917  # one deed of four parts, none of them optional
        self, call: Call, body: Mapping[str, Any], operation: str, refuse: Form
    ) -> Reply | Streamed:
        """Have a request answered by the upstream that has its model.

        Args:
            call: The request. If it names a task, it is asked on behalf of that task,
                and the task's texts must be allowed to leave.
            body: What it asks, as JSON; `model` names the model.
            operation: `chat`, `embed`, `rerank` or `classify`.
            refuse: How its protocol writes a refusal.

        Raises:
            RequestError: It is refused, or the upstream failed.
        """
        server, there = self._find(body.get("model"), operation)
        refuse_leaving(self._settings, is_outside=server.is_outside, task=call.task)
        call.task = call.task or body["model"]
        call.model = f"{body['model']}@{server.settings.name}"
        wanted = _with_usage(call, body)
        raw = _written({**wanted, "model": there})
        until = asyncio.get_running_loop().time() + server.settings.whole_seconds
        if call.path.endswith("/chat/classifications"):
            operation = CLASSIFY_CHAT
        line = await server.ask(operation, raw, until=until)
        headers = {"x-maalem-model": call.model}
        if _is_stream(line):
            if body.get("stream") is True:
                stream = _Stream(server, line, hides_usage=wanted is not body)
                parts = stream.parts(call, refuse)
                weakref.finalize(parts, stream.abandon).atexit = False
                headers["content-type"] = "text/event-stream; charset=utf-8"
                return Streamed(parts=parts, headers=headers)
            server.drop(line)
            raise garbage(server.settings.name, "answers in parts, unasked")
        answer = await _whole(server, line, call=call)
        return Reply(status=200, headers=headers, body=answer)

    def _find(self, model: object, operation: str) -> tuple[Server, str]:
        if not isinstance(model, str) or not self.serves(model, operation):
            raise refused_field("model", f"one that answers {operation}")
        return self._servers[model]


def _with_usage(call: Call, body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Have a stream tell its tokens, where the caller's key has a limit of them.

    Returns:
        The body itself where nothing is to be changed.

    Source:
        OpenAI API reference, "Create chat completion", `stream_options`.
    """
    options = body.get("stream_options") or {}
    is_counted = call.caller is not None and call.caller.allowance.tokens_per_month
    if not is_counted or body.get("stream") is not True:
        return body
    if not isinstance(options, dict) or options.get("include_usage") is True:
        return body
    return {**body, "stream_options": {**options, "include_usage": True}}


def _written(body: Mapping[str, Any]) -> bytes:
    """Write what is asked as JSON again."""
    try:
        return _ENCODER.encode(body).encode()
    except (ValueError, RecursionError) as error:
        raise RequestError("a number is no JSON", code="gateway.body") from error


def _is_stream(line: Line) -> bool:
    return line.headers.get(b"content-type", b"").startswith(b"text/event-stream")


async def _whole(server: Server, line: Line, *, call: Call) -> bytes:
    """Read an answer whole; it must be JSON."""
    name = server.settings.name
    try:
        raw = await _read(server, line)
        told = _parsed(name, raw)
    except RequestError as failure:
        server.drop(line, failure)
        raise
    except BaseException:
        server.drop(line)
        raise
    server.release(line, None)
    if isinstance(told, dict):
        call.tokens_in, call.tokens_out = tokens_of(told.get("usage"))
    return raw


async def _read(server: Server, line: Line) -> bytes:
    if line.headers.get(b"content-encoding", b"identity") != b"identity":
        raise garbage(server.settings.name, "answers packed, unasked")
    parts, size = [], 0
    while part := await line.part():
        size += len(part)
        if size > LARGEST_ANSWER:
            raise garbage(server.settings.name, "answers with too much")
        parts.append(part)
    return b"".join(parts)


def _parsed(name: str, raw: bytes) -> object:
    try:
        told: object = _DECODER.decode(raw.decode())
    except (ValueError, RecursionError) as error:
        raise garbage(name, "answers what is no JSON") from error
    if not isinstance(told, dict | list):
        raise garbage(name, "answers what is no JSON object")
    return told


class _Stream:
    """An answer that comes in parts."""

    def __init__(self, server: Server, line: Line, *, hides_usage: bool) -> None:
        self._server = server
        self._line = line
        self._hides_usage = hides_usage
        self._is_begun = False

    def abandon(self) -> None:
        """Be done with a stream of which no part was ever taken: it has no end."""
        if not self._is_begun:
            self._server.drop(self._line)

    async def parts(self, call: Call, refuse: Form) -> AsyncGenerator[bytes]:
        """Pass events on as they come; one that tells of a failure is the last."""
        self._is_begun, is_over = True, False
        events = Events(hides_usage=self._hides_usage)
        try:
            while whole := await self._next(events):
                yield whole
            is_over = True
            self._server.release(self._line, None)
        except RequestError as failure:
            is_over = True
            self._server.drop(self._line, failure)
            _, told = refuse(failure)
            yield b"data: %s\n\n" % json.dumps(told, separators=(",", ":")).encode()
            raise
        finally:
            call.tokens_in, call.tokens_out = tokens_of(events.usage)
            if not is_over:  # the caller has gone
                self._server.drop(self._line)

    async def _next(self, events: Events) -> bytes:
        """Give the events that are whole by now; nothing where the stream is over.

        Raises:
            RequestError: It has another end than its own.
        """
        name = self._server.settings.name
        while part := await self._line.part():
            whole = events.take(part)
            if whole:
                return whole
            if events.is_too_long:
                raise garbage(name, "sends an event without end")
        if not (self._line.has_length or events.is_done):
            raise lost(name)
        return events.rest()
