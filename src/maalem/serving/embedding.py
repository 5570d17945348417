# SPDX-License-Identifier: Apache-2.0
"""Embeddings as OpenAI and Mistral have them: the vectors that a release answers from.

They are the examined model's own, but no exam asked for them and no probe repeats them:
every answer says so.
"""

import asyncio
import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from maalem.models.embedding import Embedding, find_embedder
from maalem.records import Json
from maalem.serving.answering import Served, headers_of, provenance_of
from maalem.serving.application import Gateway
from maalem.serving.asking import Body, model_of, read_body, texts_of
from maalem.serving.calls import Call
from maalem.serving.chat import usage_of
from maalem.serving.elsewhere import answered_elsewhere
from maalem.serving.occurrences import Decision
from maalem.serving.refusals import RequestError, openai_form, refused_field
from maalem.serving.settings import SCOPE
from maalem.serving.wire import Reply, Streamed, reply_with

UNEXAMINED = "unexamined"
"""What `x-maalem-parity` says where no probe is repeated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddingAsked:
    """Which vectors a request asks for.

    Attributes:
        model: Name of the task.
        texts: The inputs.
        is_packed: Whether vectors go out as base64.
        dimensions: Length that the vectors must have; none for any.
    """

    model: str
    texts: tuple[str, ...]
    is_packed: bool
    dimensions: int | None


class EmbeddingDoor:
    """Answers with the vectors of a released model's encoder."""

    path = "/v1/embeddings"
    method = "POST"
    operation = "embed"
    is_open = False
    scope = SCOPE
    refuse = staticmethod(openai_form)

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def answer(self, call: Call) -> Reply | Streamed:
        """Answer a call by the release of its task, or have it answered elsewhere."""
        body = read_body(call.raw)
        told = await answered_elsewhere(
            self._gateway, call, body, operation=self.operation, refuse=self.refuse
        )
        if told is not None:
            return told
        asked = read_embedding(body)
        served = self._gateway.models.choose(asked.model, call)
        call.spend(len(asked.texts))
        found = await embedded(
            self._gateway, served, asked.texts, dimensions=asked.dimensions
        )
        note_embedded(call, asked.texts, found)
        return reply_with(
            _written(asked, served, found), headers=headers_unexamined(served)
        )


def read_embedding(body: Body) -> EmbeddingAsked:
    """Read `POST /v1/embeddings`: `model`, and `input`, a text or several.

    Raises:
        RequestError: Something is refused.

    Source:
        OpenAI API reference, "Create embeddings"; Mistral AI API, "Embeddings", whose
        `output_dimension` and `output_dtype` are read too.
    """
    given = body.get("input")
    if isinstance(given, list) and any(isinstance(one, int | list) for one in given):
        raise refused_field(
            "input",
            "texts, not token numbers: the model has its own tokenizer; "
            "with LangChain set check_embedding_ctx_length=False",
        )
    packing = body.get("encoding_format") or "float"
    if packing not in ("float", "base64"):
        raise refused_field("encoding_format", "float or base64")
    if body.get("output_dtype") not in (None, "float"):
        raise refused_field("output_dtype", "float")
    wanted = body.get("dimensions", body.get("output_dimension"))
    if wanted is not None and type(wanted) is not int:
        raise refused_field("dimensions", "a number")
    return EmbeddingAsked(
        model=model_of(body),
        texts=texts_of([given] if isinstance(given, str) else given, "input"),
        is_packed=packing == "base64",
        dimensions=wanted,
    )


async def embedded(
    gateway: Gateway,
    served: Served,
    texts: Sequence[str],
    *,
    dimensions: int | None = None,
) -> Sequence[Embedding]:
    """Have texts embedded by a release, in the queue of all texts.

    Raises:
        RequestError: Its model has no vectors, or none of that length.
    """
    embedder = find_embedder(served.opened.model)
    if embedder is None:
        error = RequestError(
            f"the model `{served.opened.release.task}` answers from no vectors",
            hint="a release of the kind classify.v1 does",
            code="gateway.no-vectors",
        )
        error.parameter = "model"
        raise error
    if dimensions not in (None, embedder.dimension):
        raise refused_field(
            "dimensions",
            f"{embedder.dimension} or absent: a shortened vector was never examined",
        )
    return await asyncio.wrap_future(gateway.batcher.submit(embedder, texts))


def note_embedded(call: Call, texts: Sequence[str], found: Sequence[Embedding]) -> None:
    """Write into a call which texts were embedded; no label was chosen for them."""
    call.tokens_in = sum(one.tokens for one in found)
    call.decisions = tuple(
        Decision(place=place, text=text) for place, text in enumerate(texts)
    )


def headers_unexamined(served: Served) -> dict[str, str]:
    """Give the headers of an answer that no exam vouches for."""
    return {
        **headers_of(served, ()),
        "x-maalem-threshold": "none",
        "x-maalem-parity": UNEXAMINED,
    }


def said_unexamined(served: Served) -> dict[str, Json]:
    """Say of such an answer, in its body, who gave it."""
    return {**provenance_of(served), "threshold": None, "parity": UNEXAMINED}


def _written(asked: EmbeddingAsked, served: Served, found: Sequence[Embedding]) -> Json:
    data: list[Json] = [
        {
            "object": "embedding",
            "index": place,
            "embedding": _packed(one) if asked.is_packed else one.vector.tolist(),
        }
        for place, one in enumerate(found)
    ]
    cut: list[Json] = [place for place, one in enumerate(found) if one.is_cut]
    return {
        "id": f"embd-{secrets.token_hex(12)}",
        "object": "list",
        "data": data,
        "model": asked.model,
        "usage": usage_of(sum(one.tokens for one in found)),
        "maalem": {**said_unexamined(served), "cut": cut},
    }


def _packed(one: Embedding) -> str:
    """Write a vector as OpenAI's client unpacks it: little-endian, 32 bits each."""
    return base64.b64encode(one.vector.astype("<f4").tobytes()).decode()
