# SPDX-License-Identifier: Apache-2.0
"""What the gateway tells of itself: an OpenAPI document, made from its doors."""

from collections.abc import Iterable

from maalem.records import Json
from maalem.serving.answering import PROTOCOLS
from maalem.serving.calls import Call, Door
from maalem.serving.refusals import RequestError
from maalem.serving.schemas import ANSWERED, ASKED, STREAMED, TEXTS
from maalem.serving.telling import TellingDoor
from maalem.serving.wire import Reply, reply_with

_BODIES: dict[str, Json] = {
    "/v1/classifications": {"model": {"type": "string"}, "input": TEXTS},
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
    "/models/{task}": {"inputs": TEXTS, "parameters": {"type": "object"}},
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


def describing_door(doors: Iterable[Door]) -> TellingDoor:
    """Give the door that describes all doors, itself and those to come among them."""

    def tell(_call: Call) -> Reply:
        return reply_with(description(doors))

    return TellingDoor(path="/v1/openapi.json", tell=tell, is_open=True)


def description(doors: Iterable[Door]) -> Json:
    """Give the description of a gateway; it names nothing outside."""
    paths: dict[str, Json] = {}
    for door in doors:
        paths[door.path] = {**_variable_of(door), door.method.lower(): _told_of(door)}
    key: Json = {
        "type": "http",
        "scheme": "bearer",
        "description": "A key of the desk with the scope that the path asks for.",
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Maalem gateway", "version": "1"},
        "paths": paths,
        "components": {"securitySchemes": {"key": key}},
    }


def _told_of(door: Door) -> dict[str, Json]:
    security: list[Json] = [] if door.is_open else [{"key": []}]
    told: dict[str, Json] = {
        "summary": _summary_of(door),
        "operationId": _name(door.method.lower(), door.path),
        "security": security,
        "responses": _responses(door),
    }
    if not door.is_open:
        told["x-maalem-scope"] = door.scope
    if door.method == "POST":
        content: Json = {"application/json": {"schema": _body_of(door)}}
        told["requestBody"] = {"required": True, "content": content}
    return told


def _summary_of(door: Door) -> str:
    """Say what a path is for; of one that is not known here, what is done there."""
    if door.path in PROTOCOLS:
        return f"{PROTOCOLS[door.path].name}."
    if door.path in ASKED:
        return ASKED[door.path][0]
    return (_READ | _OPEN).get(door.path, f"The operation {door.operation}.")


def _body_of(door: Door) -> Json:
    if door.path in ASKED:
        return ASKED[door.path][1]
    return {"type": "object", "properties": _BODIES.get(door.path, {})}


def _responses(door: Door) -> Json:
    """Describe the answers; that of a refusal shows the form of its protocol."""
    content: dict[str, Json] = {
        "application/json": {"schema": ANSWERED.get(door.path, {})}
    }
    if door.path in STREAMED:
        content["text/event-stream"] = {"schema": {"type": "string"}}
    _, example = door.refuse(RequestError("the reason"))
    refused: Json = {"application/json": {"schema": {}, "example": example}}
    return {
        "200": {"description": "Done.", "headers": _headers(door), "content": content},
        "4XX": {"description": "Refused, in the protocol's form.", "content": refused},
        "5XX": {"description": "Failed, in the protocol's form.", "content": refused},
    }


def _headers(door: Door) -> dict[str, Json]:
    if door.operation not in ("classify", "chat", "embed", "rerank"):
        return {}
    return {
        name: {"description": told, "schema": {"type": "string"}}
        for name, told in _HEADERS.items()
    }


def _variable_of(door: Door) -> dict[str, Json]:
    """Describe the part of a path that may be any text."""
    _, brace, rest = door.path.partition("{")
    if not brace:
        return {}
    parameter: Json = {
        "name": rest.partition("}")[0],
        "in": "path",
        "required": True,
        "schema": {"type": "string"},
    }
    return {"parameters": [parameter]}


def _name(method: str, path: str) -> str:
    words = path.replace("{", "").replace("}", "").replace(".", "/").split("/")
    return "_".join([method, *filter(None, words)])
