# SPDX-License-Identifier: Apache-2.0
"""The shapes of what is asked and answered where clients of vendors ask."""

from collections.abc import Mapping
from types import MappingProxyType

from maalem.records import Json
from maalem.serving.settings import MOST_DOCUMENTS, MOST_TEXTS

_STRING: Json = {"type": "string"}
_NUMBER: Json = {"type": "number"}
_WHOLE: Json = {"type": "integer"}
_FLAG: Json = {"type": "boolean"}
TEXTS: Json = {
    "oneOf": [
        _STRING,
        {"type": "array", "items": _STRING, "minItems": 1, "maxItems": MOST_TEXTS},
    ]
}
"""A text or several."""


def an_object(required: Mapping[str, Json], **optional: Json) -> Json:
    """Describe an object by its fields; others may be there too."""
    names: list[Json] = [*required]
    return {"type": "object", "properties": {**required, **optional}, "required": names}


def _list_of(items: Json, *, most: int | None = None) -> Json:
    limit: dict[str, Json] = {} if most is None else {"maxItems": most}
    return {"type": "array", "items": items, **limit}


_PROVENANCE: Json = {
    "type": "object",
    "description": "Which release and model answered, and what vouches for it.",
}
_MESSAGE = an_object(
    {"role": {"enum": ["system", "developer", "user"]}, "content": {}},
)
_CHAT = an_object(
    {
        "model": _STRING,
        "messages": {
            "type": "array",
            "items": _MESSAGE,
            "minItems": 1,
            "maxItems": MOST_TEXTS,
            "description": "One of a user, last; those of the system are not read.",
        },
    },
    stream=_FLAG,
    stream_options=an_object({}, include_usage=_FLAG),
    response_format={"type": "object"},
)
_USAGE = an_object(
    {
        "prompt_tokens": {"type": ["integer", "null"]},
        "total_tokens": {"type": ["integer", "null"]},
    }
)
_COMPLETION = an_object(
    {
        "id": _STRING,
        "object": _STRING,
        "created": _WHOLE,
        "model": _STRING,
        "choices": _list_of({"type": "object"}),
        "usage": _USAGE,
        "maalem": _PROVENANCE,
    }
)
_EMBEDDING = an_object(
    {"model": _STRING, "input": TEXTS},
    encoding_format={"enum": ["float", "base64"]},
    dimensions=_WHOLE,
)
_VECTOR = an_object(
    {
        "object": _STRING,
        "index": _WHOLE,
        "embedding": {"oneOf": [_STRING, _list_of(_NUMBER)]},
    }
)
_VECTORS = an_object(
    {
        "object": _STRING,
        "data": _list_of(_VECTOR),
        "model": _STRING,
        "usage": _USAGE,
        "maalem": _PROVENANCE,
    }
)
_DOCUMENTS = _list_of(
    {"oneOf": [_STRING, an_object({"text": _STRING})]}, most=MOST_DOCUMENTS
)
_RERANK = an_object(
    {"model": _STRING, "query": _STRING, "documents": _DOCUMENTS},
    top_n=_WHOLE,
    return_documents=_FLAG,
)
_RERANK_TEI = an_object(
    {"query": _STRING, "texts": _list_of(_STRING, most=MOST_DOCUMENTS)},
    model=_STRING,
    return_text=_FLAG,
)
_NEARNESS = an_object(
    {"index": _WHOLE, "relevance_score": _NUMBER},
    document=an_object({"text": _STRING}),
)
_NEARNESS_TEI = an_object({"index": _WHOLE, "score": _NUMBER}, text=_STRING)
_RANKING = an_object({"results": _list_of(_NEARNESS), "maalem": _PROVENANCE})
_RPC = an_object({"jsonrpc": {"const": "2.0"}}, id={}, method=_STRING, params={})

ASKED: Mapping[str, tuple[str, Json]] = MappingProxyType(
    {
        "/v1/chat/completions": ("Chat completions, as OpenAI has them.", _CHAT),
        "/v1/embeddings": ("Embeddings, as OpenAI has them.", _EMBEDDING),
        "/v1/rerank": ("Reranking, as Jina has it.", _RERANK),
        "/v2/rerank": ("Reranking, as Cohere has it.", _RERANK),
        "/rerank": ("Reranking, as text-embeddings-inference has it.", _RERANK_TEI),
        "/mcp": ("Tools for assistants, in the Model Context Protocol.", _RPC),
    }
)
"""What a path is for, and the shape of its request."""
ANSWERED: Mapping[str, Json] = MappingProxyType(
    {
        "/v1/chat/completions": _COMPLETION,
        "/v1/embeddings": _VECTORS,
        "/v1/rerank": _RANKING,
        "/v2/rerank": _RANKING,
        "/rerank": _list_of(_NEARNESS_TEI),
        "/mcp": _RPC,
    }
)
"""The shape of its answer."""
STREAMED = frozenset({"/v1/chat/completions"})
"""Paths that answer as server-sent events where that is asked for."""
