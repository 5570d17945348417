# SPDX-License-Identifier: Apache-2.0
"""How Cohere, Jina and text-embeddings-inference ask for an order of documents."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

from maalem.records import Json
from maalem.serving.answering import Served
from maalem.serving.asking import Body, model_of, texts_of
from maalem.serving.embedding import said_unexamined
from maalem.serving.refusals import (
    Form,
    cohere_form,
    jina_form,
    refused_field,
    tei_form,
)
from maalem.serving.settings import MOST_DOCUMENTS


@dataclass(frozen=True, slots=True, kw_only=True)
class RerankAsked:
    """What is to be ordered.

    Attributes:
        model: Name of the task; empty where the request names none.
        query: What the documents are compared with.
        documents: The documents.
        most: How many of the nearest come back; none for all.
        is_told: Whether their texts come back too.
    """

    model: str
    query: str
    documents: tuple[str, ...]
    most: int | None = None
    is_told: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """One document with its nearness.

    Attributes:
        place: Its number in the request, from 0.
        score: Cosine of its vector and the query's, in [-1, 1].
        text: Its text, where that was asked for.
    """

    place: int
    score: float
    text: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """Documents in order.

    Attributes:
        served: What read them.
        found: The nearest first.
        tokens: Tokens that were read.
    """

    served: Served
    found: Sequence[Ranked]
    tokens: int


Writer: TypeAlias = Callable[[RerankAsked, Ranking], Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class RerankProtocol:
    """One way to have documents ordered.

    Attributes:
        read: Reads what is asked.
        write: Writes the answer.
        refuse: Writes a refusal.
    """

    read: Callable[[Body], RerankAsked]
    write: Writer
    refuse: Form


def _read_cohere(body: Body) -> RerankAsked:
    """Read Cohere's `POST /v2/rerank`.

    Source:
        Cohere API, "Rerank API (v2)".
    """
    return _read_ranking(body, is_told=False)


def _read_jina(body: Body) -> RerankAsked:
    """Read Jina's `POST /v1/rerank`, which gives texts back unless told otherwise.

    Source:
        Jina AI, "Reranker API".
    """
    return _read_ranking(body, is_told=True)


def _read_ranking(body: Body, *, is_told: bool) -> RerankAsked:
    most = body.get("top_n")
    if most is not None and (type(most) is not int or not 1 <= most <= 10_000):
        raise refused_field("top_n", "a number from 1 to 10000")
    given = body.get("documents")
    if isinstance(given, list):
        given = [one.get("text") if isinstance(one, dict) else one for one in given]
    return RerankAsked(
        model=model_of(body),
        query=_query(body),
        documents=texts_of(given, "documents", most=MOST_DOCUMENTS),
        most=most,
        is_told=_flag(body, "return_documents", default=is_told),
    )


def _read_tei(body: Body) -> RerankAsked:
    """Read `POST /rerank` of text-embeddings-inference.

    Source:
        huggingface/text-embeddings-inference, docs/openapi.json, `RerankRequest`.
    """
    return RerankAsked(
        model=model_of(body) if "model" in body else "",
        query=_query(body),
        documents=texts_of(body.get("texts"), "texts", most=MOST_DOCUMENTS),
        is_told=_flag(body, "return_text", default=False),
    )


def _query(body: Body) -> str:
    (query,) = texts_of([body.get("query")], "query")
    return query


def _flag(body: Body, field: str, *, default: bool) -> bool:
    value = body.get(field)
    if value is not None and not isinstance(value, bool):
        raise refused_field(field, "true or false")
    return default if value is None else value


def _cohere(_asked: RerankAsked, ranking: Ranking) -> Json:
    return {
        "id": secrets.token_hex(12),
        "results": [_relevance(one) for one in ranking.found],
        "meta": {"api_version": {"version": "2"}},
        "maalem": said_unexamined(ranking.served),
    }


def _jina(asked: RerankAsked, ranking: Ranking) -> Json:
    usage: Json = {"total_tokens": ranking.tokens, "prompt_tokens": ranking.tokens}
    return {
        "model": asked.model,
        "usage": usage,
        "results": [_relevance(one) for one in ranking.found],
        "maalem": said_unexamined(ranking.served),
    }


def _tei(_asked: RerankAsked, ranking: Ranking) -> Json:
    told: list[Json] = []
    for one in ranking.found:
        text: dict[str, Json] = {} if one.text is None else {"text": one.text}
        told.append({"index": one.place, "score": one.score, **text})
    return told


def _relevance(one: Ranked) -> dict[str, Json]:
    told: dict[str, Json] = {"index": one.place, "relevance_score": one.score}
    if one.text is not None:
        told["document"] = {"text": one.text}
    return told


RERANKING: Mapping[str, RerankProtocol] = MappingProxyType(
    {
        "/v1/rerank": RerankProtocol(read=_read_jina, write=_jina, refuse=jina_form),
        "/v2/rerank": RerankProtocol(
            read=_read_cohere, write=_cohere, refuse=cohere_form
        ),
        "/rerank": RerankProtocol(read=_read_tei, write=_tei, refuse=tei_form),
    }
)
"""Every path where documents are ordered, with its protocol."""
