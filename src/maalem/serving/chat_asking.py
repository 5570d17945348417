# SPDX-License-Identifier: Apache-2.0
"""What a chat completion asks of a classifier: a text, and no more than it can do."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from maalem.serving.asking import (
    Body,
    is_sound,
    model_of,
    said_in,
    texts_of,
)
from maalem.serving.chat_shape import Shape, read_shape
from maalem.serving.refusals import refused_field
from maalem.serving.settings import MOST_TEXTS


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatAsked:
    """What a chat completion asks.

    Attributes:
        model: Name of the task.
        text: What the user said.
        unread: Messages of the system, which no classifier reads.
        shape: The JSON that is asked for; none for the label alone.
        is_streamed: Whether the answer goes out as events.
        tells_usage: Whether the events end with the tokens that were read.
    """

    model: str
    text: str
    unread: int
    shape: Shape | None
    is_streamed: bool
    tells_usage: bool


def read_chat(body: Body) -> ChatAsked:
    """Read `POST /v1/chat/completions`.

    A classifier was examined on single texts. So a conversation is refused; messages of
    the system are counted and not read. What cannot be honoured is refused by its name;
    what changes no answer of a classifier, such as a temperature, must be sane.

    Raises:
        RequestError: Something is refused.

    Source:
        OpenAI API reference, "Create chat completion".
    """
    model = model_of(body)
    for field, value in body.items():
        _refuse_unfit(field, value)
    text, unread = _read_messages(body.get("messages"))
    options = {} if body.get("stream_options") is None else body["stream_options"]
    if not isinstance(options, dict):
        raise refused_field("stream_options", "an object")
    return ChatAsked(
        model=model,
        text=text,
        unread=unread,
        shape=read_shape(body.get("response_format")),
        is_streamed=body.get("stream") is True,
        tells_usage=options.get("include_usage") is True,
    )


def _read_messages(given: object) -> tuple[str, int]:
    """Give what the user says, and how many messages of the system stand before it."""
    if not isinstance(given, list) or not 1 <= len(given) <= MOST_TEXTS:
        raise refused_field("messages", f"a list of 1 to {MOST_TEXTS} messages")
    *before, last = [one if isinstance(one, dict) else {} for one in given]
    is_single = last.get("role") == "user" and all(
        one.get("role") in ("system", "developer") for one in before
    )
    if not is_single:
        raise refused_field(
            "messages",
            "one message of a user, with none before it but the system's: "
            "the model was examined on single texts and reads no conversation",
        )
    (text,) = texts_of([said_in(last.get("content"))], "messages")
    return text, len(before)


def _refuse_unfit(field: str, value: object) -> None:
    """Refuse a field that is not known, cannot be honoured, or is not sane."""
    if field in _READ or field in _WITHOUT_EFFECT or value is None:
        return
    if field in _SANE:
        holds, wanted = _SANE[field]
        if not holds(value):
            raise refused_field(field, wanted)
    elif field not in _ABSENT:
        name = field[:64] if is_sound(field) else "a field"
        raise refused_field(name, "absent: it is not known here")
    elif value not in _EMPTY:
        raise refused_field(field, f"absent: {_ABSENT[field]}")


def _between(
    low: float, high: float, *, whole: bool = False
) -> tuple[Callable[[Any], bool], str]:
    kinds = (int,) if whole else (int, float)

    def holds(value: Any) -> bool:  # noqa: ANN401  # JSON
        return type(value) in kinds and low <= value <= high and math.isfinite(value)

    return holds, f"a number from {low} to {high}"


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


_READ = frozenset({"model", "messages", "stream_options", "response_format"})
_WITHOUT_EFFECT = frozenset(
    {
        *("user", "metadata", "service_tier", "safety_identifier", "prompt_cache_key"),
        *("prompt_cache_retention", "reasoning_effort", "verbosity", "safe_prompt"),
        *("parallel_tool_calls", "prompt_mode"),
    }
)
_SANE: Mapping[str, tuple[Callable[[Any], bool], str]] = MappingProxyType(
    {
        "stream": (_is_flag, "true or false"),
        "n": (lambda value: value == 1 and type(value) is int, "1"),
        "temperature": _between(0, 2),
        "top_p": _between(0, 1),
        "presence_penalty": _between(-2, 2),
        "frequency_penalty": _between(-2, 2),
        "max_tokens": _between(1, 1_000_000, whole=True),
        "max_completion_tokens": _between(1, 1_000_000, whole=True),
        "seed": _between(-(2**63), 2**63, whole=True),
        "random_seed": _between(0, 2**63, whole=True),
    }
)
_ABSENT: Mapping[str, str] = MappingProxyType(
    {
        "tools": "a classifier calls none",
        "tool_choice": "a classifier calls no tools",
        "functions": "a classifier calls none",
        "function_call": "a classifier calls no functions",
        "logprobs": "a label has no tokens; its probability stands under maalem",
        "top_logprobs": "a label has no tokens; all scores stand under maalem",
        "logit_bias": "a label has no tokens",
        "stop": "a label is never cut",
        "audio": "answers are text",
        "modalities": "answers are text",
        "prediction": "a classifier predicts no text",
        "web_search_options": "nothing outside is asked",
        "store": "nothing is kept for a later request",
    }
)
_EMPTY: tuple[object, ...] = (False, 0, "", "none", "auto", [], {}, ["text"])
