# SPDX-License-Identifier: Apache-2.0
"""Chat completions as OpenAI has them: a classifier answers with its label."""

import asyncio
import json
import secrets
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from maalem.models.embedding import find_embedder
from maalem.records import Json
from maalem.serving.answering import (
    Given,
    Served,
    headers_of,
    judged,
    provenance_of,
    scores_of,
)
from maalem.serving.application import Gateway
from maalem.serving.asking import read_body
from maalem.serving.calls import Call
from maalem.serving.chat_asking import ChatAsked, read_chat
from maalem.serving.classifying import answers_of, decisions_of
from maalem.serving.elsewhere import answered_elsewhere
from maalem.serving.refusals import openai_form
from maalem.serving.settings import SCOPE
from maalem.serving.wire import Reply, Streamed, reply_with

DONE = b"data: [DONE]\n\n"
SHORT = 500  # letters; 0.2 ms by MiniLM's tokenizer, about what a thread costs


class ChatDoor:
    """Answers chat completions, whole or as events."""

    path = "/v1/chat/completions"
    method = "POST"
    operation = "chat"
    is_open = False
    scope = SCOPE
    refuse = staticmethod(openai_form)

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def answer(self, call: Call) -> Reply | Streamed:
        """Answer a call by the release that its task is given, or have it answered."""
        body = read_body(call.raw)
        told = await answered_elsewhere(
            self._gateway, call, body, operation=self.operation, refuse=self.refuse
        )
        if told is not None:
            return told
        asked = read_chat(body)
        served = self._gateway.models.choose(asked.model, call)
        call.spend(1)
        (given,) = await answers_of(self._gateway.batcher, served, [asked.text])
        call.decisions = decisions_of([asked.text], [given])
        call.tokens_in = await _tokens_of(served, asked.text)
        call.tokens_out = None if call.tokens_in is None else 0
        completion = Completion(
            id=f"chatcmpl-{secrets.token_hex(12)}",
            created=int(call.at),
            asked=asked,
            served=served,
            given=given,
            tokens=call.tokens_in,
        )
        headers = {**headers_of(served, [given]), "x-maalem-unread": str(asked.unread)}
        if asked.is_streamed:
            headers["content-type"] = "text/event-stream"
            return Streamed(parts=completion.events(), headers=headers)
        return reply_with(completion.whole(), headers=headers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """An answer, in the form of a chat completion.

    Attributes:
        id: Its id.
        created: When it was asked for, in seconds since 1970.
        asked: What was asked.
        served: What answered.
        given: The answer.
        tokens: Tokens that were read; none where the model reads none.
    """

    id: str
    created: int
    asked: ChatAsked
    served: Served
    given: Given
    tokens: int | None

    @property
    def content(self) -> str:
        """What the assistant says: the label, or the JSON that was asked for."""
        shape = self.asked.shape
        return shape.write(self.given) if shape else self.given.scores.label

    def whole(self) -> Json:
        """Give it in one piece.

        Raises:
            RequestError: It cannot have the shape that was asked for.
        """
        message: Json = {"role": "assistant", "content": self.content, "refusal": None}
        choice: dict[str, Json] = {
            "index": 0,
            "message": message,
            "logprobs": None,
            "finish_reason": "stop",
        }
        return {
            **self._head("chat.completion"),
            "choices": [choice],
            "usage": usage_of(self.tokens, written=0),
            "maalem": self._said(),
        }

    def events(self) -> AsyncGenerator[bytes]:
        """Give it as server-sent events.

        Raises:
            RequestError: It cannot have the shape that was asked for.
        """
        head = self._head("chat.completion.chunk")
        if self.asked.tells_usage:
            head["usage"] = None
        begun: Json = {"role": "assistant", "content": ""}
        told: list[dict[str, Json]] = [
            {**head, "choices": [_delta(begun)]},
            {**head, "choices": [_delta({"content": self.content})]},
            {**head, "choices": [_delta({}, finish="stop")], "maalem": self._said()},
        ]
        if self.asked.tells_usage:
            usage = usage_of(self.tokens, written=0)
            told.append({**head, "choices": [], "usage": usage})
        return _sent([*map(event, told), DONE])

    def _head(self, kind: str) -> dict[str, Json]:
        return {
            "id": self.id,
            "object": kind,
            "created": self.created,
            "model": self.asked.model,
            "system_fingerprint": self.served.opened.release.id,
        }

    def _said(self) -> dict[str, Json]:
        return {
            **provenance_of(self.served),
            **judged(self.given),
            "scores": scores_of(self.given.scores),
            "unread": self.asked.unread,
        }


def event(told: Json) -> bytes:
    """Write one server-sent event.

    Source:
        WHATWG HTML, "Server-sent events", section 9.2.6.
    """
    written = json.dumps(
        told, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    )
    return b"data: " + written.encode() + b"\n\n"


def usage_of(tokens: int | None, *, written: int | None = None) -> dict[str, Json]:
    """Say how many tokens were read; null where the model reads none, never 0.

    Args:
        tokens: Tokens that were read.
        written: Tokens that were written; none where an operation writes none.
    """
    told: dict[str, Json] = {"prompt_tokens": tokens, "total_tokens": tokens}
    if written is not None:
        told["completion_tokens"] = None if tokens is None else written
    return told


async def _tokens_of(served: Served, text: str) -> int | None:
    """Count what a model reads; a long text would hold up the others."""
    embedder = find_embedder(served.opened.model)
    if embedder is None or len(text) <= SHORT:
        return embedder.count(text) if embedder else None
    return await asyncio.to_thread(embedder.count, text)


def _delta(told: Json, *, finish: str | None = None) -> dict[str, Json]:
    return {"index": 0, "delta": told, "logprobs": None, "finish_reason": finish}


async def _sent(parts: list[bytes]) -> AsyncGenerator[bytes]:
    for part in parts:
        yield part
