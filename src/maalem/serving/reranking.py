# SPDX-License-Identifier: Apache-2.0
"""Documents in the order of their nearness to a query.

The score is the cosine of two vectors of a released model's encoder, in [-1, 1]. It
was made for a task's labels, not for search, and no exam has measured it as one.
"""

from collections.abc import Sequence

import numpy as np

from maalem.models.embedding import Embedding
from maalem.models.weights import FloatArray
from maalem.serving.application import Gateway
from maalem.serving.asking import read_body
from maalem.serving.calls import Call
from maalem.serving.elsewhere import answered_elsewhere
from maalem.serving.embedding import embedded, headers_unexamined, note_embedded
from maalem.serving.reranking_forms import Ranked, Ranking, RerankAsked, RerankProtocol
from maalem.serving.settings import SCOPE
from maalem.serving.wire import Reply, Streamed, reply_with


class RerankDoor:
    """Orders documents by the encoder of a released model, in one protocol."""

    method = "POST"
    operation = "rerank"
    is_open = False
    scope = SCOPE

    def __init__(self, path: str, protocol: RerankProtocol, gateway: Gateway) -> None:
        self.path = path
        self.refuse = protocol.refuse
        self._protocol = protocol
        self._gateway = gateway

    async def answer(self, call: Call) -> Reply | Streamed:
        """Answer a call by the release of its task, or have it answered elsewhere."""
        body = read_body(call.raw)
        told = await answered_elsewhere(
            self._gateway, call, body, operation=self.operation, refuse=self.refuse
        )
        if told is not None:
            return told
        asked = self._protocol.read(body)
        served = self._gateway.models.choose(asked.model, call)
        texts = (asked.query, *asked.documents)
        call.spend(len(texts))
        found = await embedded(self._gateway, served, texts)
        note_embedded(call, texts, found)
        ranking = Ranking(
            served=served,
            found=ranked(asked, found),
            tokens=sum(one.tokens for one in found),
        )
        written = self._protocol.write(asked, ranking)
        return reply_with(written, headers=headers_unexamined(served))


def ranked(asked: RerankAsked, found: Sequence[Embedding]) -> list[Ranked]:
    """Put documents in order, the nearest first; equals keep the order they came in.

    Args:
        asked: What is to be ordered.
        found: Vectors of the query and of each document.
    """
    query, *documents = (_unit(one) for one in found)
    scores = [float(query @ document) for document in documents]
    order = sorted(range(len(scores)), key=lambda place: -scores[place])
    return [
        Ranked(
            place=place,
            score=scores[place],
            text=asked.documents[place] if asked.is_told else None,
        )
        for place in order[: asked.most]
    ]


def _unit(one: Embedding) -> FloatArray:
    """Give a vector the length 1; one that has none stays."""
    length = float(np.linalg.norm(one.vector))
    vector: FloatArray = one.vector / np.float32(length if length > 0.0 else 1.0)
    return vector
