# SPDX-License-Identifier: Apache-2.0
"""What the gateway tells of itself: an OpenAPI document, made from its protocols."""

from maalem.records import Json
from maalem.serving.answering import PROTOCOLS, Protocol
from maalem.serving.settings import MOST_TEXTS

_TEXTS: Json = {
    "oneOf": [
        {"type": "string"},
        {"type": "array", "items": {"type": "string"}, "maxItems": MOST_TEXTS},
    ]
}
_BODIES: dict[str, Json] = {
    "/v1/classifications": {"model": {"type": "string"}, "input": _TEXTS},
    "/v1/chat/classifications": {
        "model": {"type": "string"},
        "input": {"description": "A conversation, or a list of them."},
    },
    "/predict": {
        "inputs": {"description": "A text, or a list of lists of one text."},
        "model": {"type": "string"},
    },
    "/models/{task}/predict": {
        "inputs": {"description": "A text, or a list of lists of one text."}
    },
    "/models/{task}": {"inputs": _TEXTS, "parameters": {"type": "object"}},
}
_HEADERS = {
    "x-maalem-release": "Digest of the release that answered.",
    "x-maalem-model": "Digest of the model that answered.",
    "x-maalem-threshold": "Lowest probability that is guaranteed, or none.",
    "x-maalem-needs-expert": "true or false for each text, in order.",
    "x-maalem-parity": "proven: its probes were repeated when it was loaded.",
    "x-ratelimit-limit-requests": "Requests a minute of this key, where it is limited.",
    "x-ratelimit-remaining-requests": "Requests that it may send at once.",
    "x-ratelimit-reset-requests": "When it may send all of them again, as 1m30s.",
}
_READ = {
    "/v1/models": "The models that answer, for clients of OpenAI and of Mistral.",
    "/v1/models/{task}": "One of them.",
}
_OPEN = {
    "/health": "Whether the process answers.",
    "/ready": "Whether models answer, or none has to; 503 where all were refused, or "
    "while the process leaves.",
    "/v1/openapi.json": "This description.",
}


def description() -> Json:
    """Give the description of the gateway; it names nothing outside."""
    paths: dict[str, Json] = {}
    for path, protocol in PROTOCOLS.items():
        paths[path] = {**_task_of(path), "post": _asking(path, protocol)}
    for path, told in (_READ | _OPEN).items():
        security: list[Json] = [] if path in _OPEN else [{"key": []}]
        operation: Json = {
            "summary": told,
            "operationId": _name("get", path),
            "security": security,
            "responses": _responses({}),
        }
        paths[path] = {**_task_of(path), "get": operation}
    key: Json = {
        "type": "http",
        "scheme": "bearer",
        "description": "A key of the desk with the scope predict.",
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Maalem gateway", "version": "1"},
        "paths": paths,
        "components": {"securitySchemes": {"key": key}},
    }


def _asking(path: str, protocol: Protocol) -> Json:
    fields = _BODIES[path]
    schema: Json = {"type": "object", "properties": fields}
    headers: dict[str, Json] = {
        name: {"description": told, "schema": {"type": "string"}}
        for name, told in _HEADERS.items()
    }
    return {
        "summary": f"{protocol.name}.",
        "operationId": _name("post", path),
        "security": [{"key": []}],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": schema}},
        },
        "responses": _responses(headers),
    }


def _responses(headers: dict[str, Json]) -> Json:
    content: Json = {"application/json": {"schema": {}}}
    return {
        "200": {"description": "Done.", "headers": headers, "content": content},
        "4XX": {"description": "Refused, in the protocol's form.", "content": content},
        "5XX": {"description": "Failed, in the protocol's form.", "content": content},
    }


def _task_of(path: str) -> dict[str, Json]:
    if "{task}" not in path:
        return {}
    parameter: Json = {
        "name": "task",
        "in": "path",
        "required": True,
        "schema": {"type": "string"},
    }
    return {"parameters": [parameter]}


def _name(method: str, path: str) -> str:
    words = path.replace("{", "").replace("}", "").replace(".", "/").split("/")
    return "_".join([method, *filter(None, words)])
