# SPDX-License-Identifier: Apache-2.0
"""What each protocol's request asks: the body is read strictly, and kept nowhere."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from maalem.serving.redirects import refuse_redirects
from maalem.serving.refusals import RequestError, refused_field
from maalem.serving.settings import MOST_TEXTS

LONGEST = 100_000
"""Code points of a text; a model's window is far below."""

Body: TypeAlias = Mapping[str, Any]


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


_STRICT = json.JSONDecoder(parse_constant=_refuse_constant)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a request asks.

    Attributes:
        texts: The inputs.
        model: Name of the task; empty where the request names none.
        is_single: Whether it sent one input and no list.
        most_labels: How many labels it wants of each answer; none for all.
    """

    texts: tuple[str, ...]
    model: str = ""
    is_single: bool = False
    most_labels: int | None = None


def read_body(raw: bytes) -> Body:
    """Read the body of a request.

    Raises:
        RequestError: It is no JSON object, too deep, or would have another server
            asked.
    """
    try:
        body = _STRICT.decode(raw.decode())
    except (ValueError, RecursionError) as error:
        raise RequestError("the body is not JSON", code="gateway.body") from error
    if not isinstance(body, dict):
        raise RequestError("the body is not a JSON object", code="gateway.body")
    refuse_redirects(body)
    return body


def read_mistral(body: Body) -> Asked:
    """Read `POST /v1/classifications`: `model`, and `input`, a text or several.

    Source:
        Mistral AI API, "Classifiers"; older clients write `inputs`.
    """
    given = body.get("input", body.get("inputs"))
    is_single = isinstance(given, str)
    texts = texts_of([given] if is_single else given, "input")
    return Asked(texts=texts, model=model_of(body), is_single=is_single)


def read_mistral_chat(body: Body) -> Asked:
    """Read `POST /v1/chat/classifications`; the last message of a user is the input.

    Source:
        Mistral AI API, "Classifiers".
    """
    given = body.get("input", body.get("inputs"))
    is_single = isinstance(given, dict)
    chats = [given] if is_single else given
    if not isinstance(chats, list):
        raise refused_field("input", "a conversation or a list of them")
    texts = texts_of([_last_said(chat) for chat in chats], "input")
    return Asked(texts=texts, model=model_of(body), is_single=is_single)


def read_tei(body: Body) -> Asked:
    """Read `POST /predict` of text-embeddings-inference.

    `inputs` is a text, a list of one text, or a batch: a list of lists of one text. Two
    texts in a list are a pair, which no model here reads.

    Source:
        huggingface/text-embeddings-inference, docs/openapi.json, `PredictRequest`.
    """
    if body.get("raw_scores"):
        raise refused_field("raw_scores", "false: only probabilities are promised")
    given = body.get("inputs")
    is_batch = isinstance(given, list) and any(isinstance(one, list) for one in given)
    batch = given if is_batch else [given]
    texts = texts_of([_alone(one) for one in batch or []], "inputs")
    named = model_of(body) if "model" in body else ""
    return Asked(texts=texts, model=named, is_single=not is_batch)


def read_hugging_face(body: Body) -> Asked:
    """Read a text classification of Hugging Face's inference API.

    Source:
        huggingface.js, tasks, text-classification, spec/input.json.
    """
    parameters = body.get("parameters") or {}
    if not isinstance(parameters, dict):
        raise refused_field("parameters", "an object")
    if parameters.get("function_to_apply") not in (None, "softmax"):
        raise refused_field("function_to_apply", "softmax: nothing else is promised")
    most = parameters.get("top_k")
    if most is not None and (type(most) is not int or not 1 <= most <= 10_000):
        raise refused_field("top_k", "a number from 1 to 10000")
    given = body.get("inputs")
    is_single = isinstance(given, str)
    texts = texts_of([given] if is_single else given, "inputs")
    return Asked(texts=texts, is_single=is_single, most_labels=most)


def texts_of(given: object, field: str, *, most: int = MOST_TEXTS) -> tuple[str, ...]:
    """Read texts.

    Args:
        given: What stands in the field.
        field: Its name.
        most: How many there may be.

    Raises:
        RequestError: It is no list, there are too many, or one is no sound text.
    """
    if not isinstance(given, list) or not given:
        raise refused_field(field, "a text or a list of texts")
    if len(given) > most:
        raise refused_field(field, f"at most {most} texts", status=413)
    for text in given:
        if not isinstance(text, str):
            raise refused_field(field, "a text or a list of texts")
        if len(text) > LONGEST:
            raise refused_field(
                field, f"texts of at most {LONGEST} letters", status=413
            )
        if not is_sound(text):
            raise refused_field(field, "Unicode without halves of pairs")
    return tuple(given)


def model_of(body: Body) -> str:
    """Read the name of a model.

    Raises:
        RequestError: There is none.
    """
    name = body.get("model")
    if not isinstance(name, str) or not name or not is_sound(name):
        raise refused_field("model", "the name of a task")
    return name


def _alone(given: object) -> object:
    """Give the text that a list of one text holds."""
    if not isinstance(given, list):
        return given
    if len(given) != 1:
        raise refused_field("inputs", "single texts: no model here reads pairs")
    return given[0]


def _last_said(chat: object) -> str:
    """Give what a user said last in a conversation."""
    messages = chat.get("messages") if isinstance(chat, dict) else None
    if not isinstance(messages, list):
        raise refused_field("messages", "a list of messages")
    said = [
        one.get("content")
        for one in messages
        if isinstance(one, dict) and one.get("role") == "user"
    ]
    return said_in(said[-1] if said else None)


def said_in(content: object) -> str:
    """Read what a message says, in one piece or in parts.

    Raises:
        RequestError: It is no text.
    """
    if isinstance(content, list):
        content = "".join(_part(part) for part in content)
    if not isinstance(content, str):
        raise refused_field("messages", "with one text of a user at least")
    return content


def _part(part: object) -> str:
    if isinstance(part, dict) and part.get("type") == "text":
        text = part.get("text")
        if isinstance(text, str):
            return text
    raise refused_field("content", "texts only")


def is_sound(text: str) -> bool:
    """Tell whether a text can be written as UTF-8."""
    return text.isascii() or not any("\ud800" <= one <= "\udfff" for one in text)
