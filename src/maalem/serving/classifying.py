# SPDX-License-Identifier: Apache-2.0
"""The doors at which texts are classified."""

import asyncio
from collections.abc import Sequence

from maalem.serving.answering import Given, Protocol, Served, headers_of
from maalem.serving.asking import read_body
from maalem.serving.batching import Batcher
from maalem.serving.calls import Call
from maalem.serving.occurrences import Decision
from maalem.serving.served import Models
from maalem.serving.settings import SCOPE
from maalem.serving.wire import Reply, reply_with


class ClassifyDoor:
    """Answers by a released model, in one protocol."""

    method = "POST"
    operation = "classify"
    is_open = False
    scope = SCOPE

    def __init__(
        self, path: str, protocol: Protocol, *, models: Models, batcher: Batcher
    ) -> None:
        self.path = path
        self.refuse = protocol.refuse
        self._protocol = protocol
        self._models = models
        self._batcher = batcher

    async def answer(self, call: Call) -> Reply:
        """Answer a call by the release that its task is given."""
        return await self.answer_with(None, call)

    async def answer_with(self, served: Served | None, call: Call) -> Reply:
        """Answer a call by a release; probes go this very way too."""
        if served is None and call.variable:
            served = self._models.choose(call.variable, call)
        asked = self._protocol.read(read_body(call.raw))
        served = served or self._models.choose(asked.model, call)
        call.spend(len(asked.texts))
        given = await answers_of(self._batcher, served, asked.texts)
        call.decisions = decisions_of(asked.texts, given)
        body = self._protocol.write(asked, served, given)
        return reply_with(body, headers=headers_of(served, given))


async def answers_of(
    batcher: Batcher, served: Served, texts: Sequence[str]
) -> list[Given]:
    """Have texts answered by a release, each held to its threshold."""
    answers = await asyncio.wrap_future(batcher.submit(served.opened.model, texts))
    return [
        served.hold(text, scores) for text, scores in zip(texts, answers, strict=True)
    ]


def decisions_of(texts: Sequence[str], given: Sequence[Given]) -> tuple[Decision, ...]:
    """Say what was answered, for whoever listens."""
    return tuple(
        Decision(
            place=place,
            text=text,
            label=one.scores.label,
            probability=one.scores.probability,
            reason=one.reason,
        )
        for place, (text, one) in enumerate(zip(texts, given, strict=True))
    )
