# SPDX-License-Identifier: Apache-2.0
"""The JSON that a chat completion may ask for, and whether an answer can keep to it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from maalem.records import Json
from maalem.serving.answering import Given, judged
from maalem.serving.refusals import refused_field

_FIELD = "response_format"
_TYPES: Mapping[str, str] = MappingProxyType(
    {"label": "string", "probability": "number", "needs_expert": "boolean"}
)
_SAID = frozenset({"title", "description"})  # what binds nobody
_OBJECT = _SAID | {"type", "properties", "required", "additionalProperties", "$schema"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """An object of an answer's parts.

    Attributes:
        keys: Which parts it has, of `label`, `probability` and `needs_expert`.
        allowed: Labels that may stand in it; none where any may.
    """

    keys: tuple[str, ...] = tuple(_TYPES)
    allowed: frozenset[str] | None = None

    def write(self, given: Given) -> str:
        """Write an answer so.

        Raises:
            RequestError: The model has a label that may not stand in it.
        """
        labels = given.scores.labels
        if self.allowed is not None and not self.allowed.issuperset(labels):
            raise refused_field(
                _FIELD, "one whose label may be any label that the model has"
            )
        parts = judged(given)
        told: dict[str, Json] = {key: parts[key] for key in self.keys}
        return json.dumps(told, ensure_ascii=False)


def read_shape(given: object) -> Shape | None:
    """Read `response_format`; none where the label alone is the answer.

    A schema is kept or refused, never kept in part: it may ask for an object with
    `label`, `probability` and `needs_expert`, or some of them, and `label` may list its
    values.

    Raises:
        RequestError: It asks for something else.

    Source:
        OpenAI API reference, "Structured model outputs".
    """
    if given is None or given == {"type": "text"}:
        return None
    kind = given.get("type") if isinstance(given, dict) else None
    if kind == "json_object":
        return Shape()
    described = given.get("json_schema") if isinstance(given, dict) else None
    schema = described.get("schema") if isinstance(described, dict) else None
    if kind != "json_schema" or not isinstance(schema, dict):
        raise refused_field(_FIELD, "text, json_object, or a json_schema with a schema")
    return _read_schema(schema)


def _read_schema(schema: Mapping[str, Any]) -> Shape:
    parts = schema.get("properties")
    is_object = schema.get("type") == "object" and _OBJECT.issuperset(schema)
    if not is_object or not isinstance(parts, dict) or not _TYPES.keys() >= set(parts):
        raise _unkept()
    required = schema.get("required", [])
    if not isinstance(required, list) or not all(one in parts for one in required):
        raise _unkept()
    for key, part in parts.items():
        known = _SAID | {"type"} | ({"enum"} if key == "label" else set())
        is_kept = isinstance(part, dict) and known.issuperset(part)
        if not is_kept or part.get("type", _TYPES[key]) != _TYPES[key]:
            raise _unkept()
    return Shape(keys=tuple(parts), allowed=_allowed(parts.get("label", {})))


def _allowed(label: Mapping[str, Any]) -> frozenset[str] | None:
    if "enum" not in label:
        return None
    listed = label["enum"]
    if not isinstance(listed, list):
        raise _unkept()
    return frozenset(one for one in listed if isinstance(one, str))


def _unkept() -> Exception:
    return refused_field(
        _FIELD,
        "a schema of an object with label (string), probability (number) and "
        "needs_expert (boolean), or some of these, and nothing else",
    )
