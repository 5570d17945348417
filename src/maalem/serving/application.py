# SPDX-License-Identifier: Apache-2.0
"""The gateway as a plain ASGI application: who asks what, and what goes back."""

import asyncio
import dataclasses
import json
import logging
import secrets
from collections.abc import Callable, Iterable, Sequence

from maalem.errors import EngineError, IntegrityError, MaalemError, boundary
from maalem.records import Json
from maalem.serving.answering import MISTRAL, PROTOCOLS, Served
from maalem.serving.batching import Batcher
from maalem.serving.calls import Call, Door, Elsewhere, Gate
from maalem.serving.classifying import ClassifyDoor
from maalem.serving.description import describing_door
from maalem.serving.guesses import Guesses
from maalem.serving.keys import Checker, Keys
from maalem.serving.occurrences import Listener, tell_all
from maalem.serving.opened import OpenedRelease
from maalem.serving.parity import prove
from maalem.serving.pressure import Room
from maalem.serving.refusals import Form, RequestError, openai_form
from maalem.serving.routing import Doors
from maalem.serving.served import Models
from maalem.serving.settings import GatewaySettings
from maalem.serving.streaming import send_streamed
from maalem.serving.telling import telling_doors
from maalem.serving.wire import (
    Receive,
    Reply,
    Scope,
    Send,
    Streamed,
    head_of,
    read_whole,
    refuse_foreign_host,
    refuse_method,
    reply_with,
    send_reply,
)

logger = logging.getLogger(__name__)
_GONE = 499  # nobody hears this status; nginx has it for a caller who went away


class Gateway:
    """Serves released models by the names of their tasks.

    Attributes:
        models: What answers for each task, and what may not.
        batcher: Where texts wait for an answer.
        doors: The paths that are answered.
        gates: Who may refuse a request before its body is read.
        listeners: Who is told of each request once it is over.
        relay: Has models asked that are served elsewhere; none where there are none.
        room: How much is under way, and whether more is taken.
    """

    def __init__(
        self,
        settings: GatewaySettings,
        *,
        check: Checker,
        names: frozenset[str],
        clock: Callable[[], float],
        listeners: Iterable[Listener] = (),
    ) -> None:
        self.models = Models()
        self.batcher = Batcher(settings)
        self.doors = Doors()
        self.gates: list[Gate] = []
        self.listeners = list(listeners)
        self.relay: Elsewhere | None = None
        self.room = Room(settings)
        guesses = Guesses(settings.guesses_per_minute, clock=clock)
        self._settings = settings
        self._keys = Keys(check, guesses=guesses, clock=clock)
        self._names = names
        self._clock = clock
        self._ends: list[Callable[[], None]] = []
        for path, protocol in PROTOCOLS.items():
            self.doors.add(
                ClassifyDoor(path, protocol, models=self.models, batcher=self.batcher)
            )
        for door in telling_doors(
            self.models,
            self.room,
            elsewhere=lambda: self.relay.models if self.relay else (),
        ):
            self.doors.add(door)
        self.doors.add(describing_door(self.doors))

    async def admit(self, opened: OpenedRelease, *, computed: str) -> None:
        """Let a release answer for its task, once its probes were repeated.

        Args:
            opened: The release.
            computed: What computes here; empty where that cannot be told.

        Raises:
            IntegrityError: It answers otherwise than when it was released, or has no
                probes and the settings do not allow that.
            EngineError: It does not answer.
        """
        self.models.serve(await self.proven(opened, computed=computed))

    async def proven(self, opened: OpenedRelease, *, computed: str) -> Served:
        """Repeat the probes of a release by the path that serves; else as `admit`."""
        served = Served(opened=opened, is_proven=opened.probes is not None)
        if opened.probes is None and not self._settings.allow_unproven:
            raise IntegrityError(
                f"{opened.name} has no probes",
                why="it was released before there were any, so nothing shows that it "
                "answers as it was examined",
                hint="release the task anew, or set allow_unproven under [gateway]",
                code="gateway.no-probes",
            )
        if opened.probes is not None:
            path = "/v1/classifications"
            door = ClassifyDoor(path, MISTRAL, models=self.models, batcher=self.batcher)

            async def ask(texts: Sequence[str]) -> object:
                """Ask as a client does, down to the JSON."""
                asked: Json = {"model": opened.release.task, "input": list(texts)}
                call = Call(
                    id="probe",
                    at=self._clock(),
                    method="POST",
                    path=path,
                    headers={},
                    raw=json.dumps(asked).encode(),
                )
                reply = await door.answer_with(served, call)
                return json.loads(reply.body)

            with boundary(EngineError, f"repeat the probes of {opened.name}"):
                await prove(opened.name, opened.probes, ask=ask, computed=computed)
        return served

    def when_closed(self, end: Callable[[], None]) -> None:
        """Have something ended with the gateway; the last comes first."""
        self._ends.append(end)

    def close(self) -> None:
        """Answer what waits and take no more, then end what was attached."""
        self.batcher.close()
        while self._ends:
            self._ends.pop()()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; there are no websockets."""
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        door, variable = self.doors.find(scope["path"])
        now = self._clock()
        call = Call(
            id=_request_id(now),
            at=now,
            method=scope["method"],
            path=scope["path"],
            headers={},
            variable=variable,
        )
        status, code = _GONE, ""
        try:
            reply, code = await self._answered(scope, receive, call=call, door=door)
            status = reply.status
            if call.task:
                call.reply_headers["x-maalem-arm"] = call.arm
            if call.reply_headers:
                headers = {**call.reply_headers, **reply.headers}
                reply = dataclasses.replace(reply, headers=headers)
            if isinstance(reply, Streamed):
                code = await send_streamed(send, receive, reply, request=call.id)
            else:
                await send_reply(send, reply, request=call.id)
        except asyncio.CancelledError:
            code = "gateway.gone"
            raise
        finally:
            call.leave()
            told = call.ended(door, status=status, code=code, now=self._clock())
            tell_all(self.listeners, told)

    async def _answered(
        self, scope: Scope, receive: Receive, *, call: Call, door: Door | None
    ) -> tuple[Reply | Streamed, str]:
        """Answer a request, or refuse it in its protocol's form; give the code too."""
        form: Form = door.refuse if door else openai_form
        try:
            with boundary(EngineError, "answer a request"):
                return await self._reply(scope, receive, call=call, door=door), ""
        except RequestError as refusal:
            status, told = form(refusal)
            reply = reply_with(told, status=status, headers=refusal.headers)
            return reply, refusal.code
        except MaalemError as failure:
            logger.error("an answer failed with %s", failure.code)  # noqa: TRY400  # a trace may hold the text
            unforeseen = RequestError(
                "no answer could be computed", status=500, code="gateway.failed"
            )
            status, told = form(unforeseen)
            return reply_with(told, status=status), failure.code

    async def _reply(
        self, scope: Scope, receive: Receive, *, call: Call, door: Door | None
    ) -> Reply | Streamed:
        call.headers = head_of(scope)
        refuse_foreign_host(call.headers, self._names)
        if door is not None and door.is_open and door.method == "GET":
            refuse_method(call.method, door.method)
            return await door.answer(call)
        seat = self.room.seat()
        call.leave = seat.leave
        await self._pass(call, scope, door=door)
        if door is None:
            raise RequestError("there is no such path", status=404, code="gateway.path")
        refuse_method(call.method, door.method)
        if door.method == "POST":
            call.raw = await read_whole(receive, call.headers, hold=seat.hold)
        reply = await door.answer(call)
        if call.task:  # whichever way the door found it
            call.refuse_task(call.task)
        return reply

    async def _pass(self, call: Call, scope: Scope, *, door: Door | None) -> None:
        """Learn whose key it is, and let a call through the gates."""
        if door is None or not door.is_open:
            address, _ = scope.get("client") or ("", 0)
            call.caller = await self._keys.caller_of(
                call.headers, scope=door.scope if door else None, address=address
            )
        for gate in self.gates:
            gate(call)


def _request_id(now: float) -> str:
    """Name a request so that later names sort after earlier ones, for the log's sake.

    Source:
        RFC 9562, UUID version 7: milliseconds since 1970, then chance.
    """
    return f"{int(now * 1000.0):012x}{secrets.token_hex(8)}"
