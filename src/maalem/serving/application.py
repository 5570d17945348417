# SPDX-License-Identifier: Apache-2.0
"""The gateway as a plain ASGI application: who asks what, and what goes back."""

import asyncio
import json
import logging
from collections.abc import Callable, Sequence

from maalem.errors import EngineError, IntegrityError, MaalemError, boundary
from maalem.records import Json
from maalem.serving.answering import (
    MISTRAL,
    Protocol,
    Served,
    headers_of,
    model_card,
    protocol_of,
)
from maalem.serving.asking import read_body
from maalem.serving.batching import Batcher
from maalem.serving.description import description
from maalem.serving.keys import Checker, Keys
from maalem.serving.opened import OpenedRelease
from maalem.serving.parity import prove
from maalem.serving.refusals import RequestError, openai_form
from maalem.serving.settings import GatewaySettings
from maalem.serving.wire import (
    Receive,
    Reply,
    Scope,
    Send,
    head_of,
    read_whole,
    refuse_foreign_host,
    reply_with,
    send_reply,
)

logger = logging.getLogger(__name__)

_OPEN = frozenset({"/health", "/ready", "/v1/openapi.json"})


def is_gateway_path(path: str) -> bool:
    """Tell whether a path is the gateway's; others are the desk's."""
    return path in (*_OPEN, "/predict") or path.startswith(("/v1/", "/models/"))


class Gateway:
    """Serves released models by the names of their tasks.

    Attributes:
        served: The release that answers for each task.
        refused: Why a release may not answer, by its name.
    """

    def __init__(
        self,
        settings: GatewaySettings,
        *,
        check: Checker,
        names: frozenset[str],
        clock: Callable[[], float],
    ) -> None:
        self.served: dict[str, Served] = {}
        self.refused: dict[str, MaalemError] = {}
        self._settings = settings
        self._keys = Keys(check, clock=clock)
        self._names = names
        self._batcher = Batcher(settings)

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

            async def ask(texts: Sequence[str]) -> object:
                """Ask as a client does, down to the JSON."""
                asked: Json = {"model": opened.release.task, "input": list(texts)}
                body = json.dumps(asked).encode()
                reply = await self._answered(MISTRAL, served, body)
                return json.loads(reply.body)

            with boundary(EngineError, f"repeat the probes of {opened.name}"):
                await prove(opened.name, opened.probes, ask=ask, computed=computed)
        self.served[opened.release.task] = served

    def refuse(self, name: str, reason: MaalemError) -> None:
        """Say of a release, such as `system-2`, why it may not answer."""
        self.refused[name] = reason

    def close(self) -> None:
        """Answer what waits and take no more."""
        self._batcher.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; there are no websockets."""
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        protocol, task = protocol_of(scope["path"])
        form = protocol.refuse if protocol else openai_form
        try:
            with boundary(EngineError, "answer a request"):
                reply = await self._reply(scope, receive, protocol=protocol, task=task)
        except RequestError as refusal:
            status, told = form(refusal)
            reply = reply_with(told, status=status, headers=refusal.headers)
        except MaalemError as failure:
            logger.error("an answer failed with %s", failure.code)  # noqa: TRY400  # a trace may hold the text
            unforeseen = RequestError(
                "no answer could be computed", status=500, code="gateway.failed"
            )
            status, told = form(unforeseen)
            reply = reply_with(told, status=status)
        await send_reply(send, reply)

    async def _reply(
        self, scope: Scope, receive: Receive, *, protocol: Protocol | None, task: str
    ) -> Reply:
        path, headers = scope["path"], head_of(scope)
        refuse_foreign_host(headers, self._names)
        if path not in _OPEN:
            await self._keys.refuse_stranger(headers)
        _refuse_method(scope["method"], "GET" if protocol is None else "POST")
        if protocol is None:
            return self._told(path)
        raw = await read_whole(receive, headers)
        return await self._answered(protocol, self._find(task) if task else None, raw)

    async def _answered(
        self, protocol: Protocol, served: Served | None, raw: bytes
    ) -> Reply:
        """Answer a request for a model; probes go this very way too."""
        asked = protocol.read(read_body(raw))
        served = served or self._find(asked.model or self._only())
        told = self._batcher.submit(served.opened.model, asked.texts)
        answers = await asyncio.wrap_future(told)
        given = [
            served.hold(text, scores)
            for text, scores in zip(asked.texts, answers, strict=True)
        ]
        body = protocol.write(asked, served, given)
        return reply_with(body, headers=headers_of(served, given))

    def _told(self, path: str) -> Reply:
        """Answer a request that no model is asked in."""
        found = {
            "/health": lambda: reply_with({"status": "ok"}),
            "/ready": self._readiness,
            "/v1/openapi.json": lambda: reply_with(description()),
            "/v1/models": self._models,
        }.get(path)
        if found is not None:
            return found()
        if path.startswith("/v1/models/"):
            served = self._find(path.removeprefix("/v1/models/"))
            return reply_with(model_card(served), headers=headers_of(served, ()))
        raise RequestError("there is no such path", status=404, code="gateway.path")

    def _readiness(self) -> Reply:
        is_ready = bool(self.served) or not self.refused
        told: dict[str, Json] = {
            "status": "ready" if is_ready else "refused",
            "models": len(self.served),
            "refused": len(self.refused),
        }
        return reply_with(told, status=200 if is_ready else 503)

    def _models(self) -> Reply:
        cards: list[Json] = [
            model_card(self.served[one]) for one in sorted(self.served)
        ]
        return reply_with({"object": "list", "data": cards})

    def _find(self, task: str) -> Served:
        """Give what answers for a task.

        Raises:
            RequestError: Nothing does.
        """
        if task in self.served:
            return self.served[task]
        if any(name.rpartition("-")[0] == task for name in self.refused):
            raise RequestError(
                f"the release of the model `{task}` was refused",
                status=503,
                hint="whoever runs the gateway sees why",
                code="gateway.refused",
            )
        error = RequestError(
            f"the model `{task[:200]}` does not exist",
            status=404,
            hint="GET /v1/models names those that do",
            code="gateway.model",
        )
        error.parameter = "model"
        raise error

    def _only(self) -> str:
        """Name the one task that is served, where a request names none.

        Raises:
            RequestError: There are several, or none.
        """
        if len(self.served) == 1:
            return next(iter(self.served))
        raise RequestError(
            f"{len(self.served)} models answer here",
            hint="name one: /models/TASK/predict",
            code="gateway.which-model",
        )


def _refuse_method(method: str, wanted: str) -> None:
    if method != wanted:
        raise RequestError(
            f"this path takes {wanted}",
            status=405,
            code="gateway.method",
            headers={"allow": wanted},
        )
