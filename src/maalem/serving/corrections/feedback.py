# SPDX-License-Identifier: Apache-2.0
"""The door at which somebody says of an answer that it was right, or what is right."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from maalem.errors import IntegrityError
from maalem.records import Json
from maalem.serving.asking import LONGEST, Body, read_body
from maalem.serving.calls import Call
from maalem.serving.corrections.settings import SCOPE
from maalem.serving.refusals import RequestError, openai_form, refused_field
from maalem.serving.settings import MOST_TEXTS
from maalem.serving.wire import Reply, reply_with

logger = logging.getLogger(__name__)

MOST_COMMENT = 2_000
"""Code points of a comment."""
_MOST_NAME = 200
_FIELDS = frozenset(
    {"request", "place", "label", "correct", "comment", "by", "input", "text"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What somebody says of one answer.

    Attributes:
        request: The `x-request-id` of the answer.
        place: Number of the text in the request, from 0.
        label: What is right; none where the answer was, and empty where it was wrong
            and nobody says what is right.
        comment: Why, in their words; empty for nothing.
        by: Who says so, as the caller names them; empty where it does not.
        input: The text, where the log does not keep it; else none.
        key: The `Idempotency-Key` of the request; empty for none.
        caller: Public part of the key that sends it.
        at: When, in seconds since 1970.
    """

    request: str
    place: int
    label: str | None
    comment: str
    by: str
    input: str | None
    key: str
    caller: str
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """What became of it.

    Attributes:
        id: Digest of the annotation.
        task: Name of the task.
        label: What was said to be right; empty where nothing was.
        agrees: Whether the answer had said so.
        status: `queued`: experts will settle it; `known`: it was sent before; `noted`:
            it is counted, and nobody is asked.
    """

    id: str
    task: str
    label: str
    agrees: bool
    status: str


Allow: TypeAlias = Callable[[str], None]
"""Refuses a task that whoever speaks may not speak of."""
Filer: TypeAlias = Callable[[Said, Allow], Filed]
"""Keeps what is said, durably; it may be slow, and is called in a thread."""


class FeedbackDoor:
    """Takes feedback on answers; the same sent twice is one."""

    path = "/v1/feedback"
    method = "POST"
    operation = "feedback"
    is_open = False
    scope = SCOPE
    refuse = staticmethod(openai_form)

    def __init__(self, file: Filer) -> None:
        self._file = file

    async def answer(self, call: Call) -> Reply:
        """Keep what is said, and tell what became of it.

        Raises:
            RequestError: It is refused, or cannot be kept at the moment.
        """
        said = read_feedback(read_body(call.raw), call)
        try:
            filed = await asyncio.to_thread(self._file, said, call.refuse_task)
        except IntegrityError as failure:
            logger.error("feedback was not kept: %s", failure.why)  # noqa: TRY400  # expected of a disk
            raise unkept() from failure
        call.task = filed.task
        told: dict[str, Json] = {
            "id": filed.id,
            "object": "feedback",
            "request": said.request,
            "place": said.place,
            "model": filed.task,
            "label": filed.label or None,
            "agrees": filed.agrees,
            "status": filed.status,
        }
        return reply_with(told)


def unknown() -> RequestError:
    """Make the refusal of an answer that the log does not know."""
    return RequestError(
        "no answer of that request and place is known",
        status=404,
        hint="it is known a second after it was given, and as long as the log keeps it",
        code="gateway.feedback-unknown",
    )


def unkept() -> RequestError:
    """Make the refusal of feedback that cannot be kept at the moment."""
    return RequestError(
        "feedback cannot be kept at the moment",
        status=503,
        hint="send it again later; whoever runs the gateway sees why",
        code="gateway.feedback-unkept",
        headers={"retry-after": "60"},
    )


def read_feedback(body: Body, call: Call) -> Said:
    """Read the body of `POST /v1/feedback`.

    Raises:
        RequestError: A field is refused.
    """
    unknown = sorted(set(body) - _FIELDS)
    if unknown:
        raise RequestError(
            "the body has a field that is not known",
            hint=f"known are {', '.join(sorted(_FIELDS - {'text'}))}",
            code="gateway.field",
        )
    if body.get("text") is not None:
        raise refused_field("text", "left out: the tasks here are answered by a label")
    return Said(
        request=read_request(body),
        place=read_place(body),
        label=_label(body),
        comment=_text(body, "comment", most=MOST_COMMENT) or "",
        by=_text(body, "by", most=_MOST_NAME) or "",
        input=_text(body, "input", most=LONGEST),
        key=_idempotency_key(call),
        caller=call.caller.id if call.caller else "",
        at=call.at,
    )


def read_request(body: Body) -> str:
    """Read which request is meant.

    Raises:
        RequestError: It names none.
    """
    request = _text(body, "request", most=_MOST_NAME)
    if not request:
        raise refused_field("request", "the x-request-id of the answer")
    return request


def read_place(body: Body) -> int:
    """Read which text of it is meant; the first where none is.

    Raises:
        RequestError: There can be no such text.
    """
    place = body.get("place", 0)
    if type(place) is not int or not 0 <= place < MOST_TEXTS:
        raise refused_field("place", f"a number from 0 to {MOST_TEXTS - 1}")
    return place


def _label(body: Body) -> str | None:
    """Read what is right: a label, or whether the answer was."""
    is_right, label = body.get("correct"), _text(body, "label", most=_MOST_NAME)
    if is_right is not None and type(is_right) is not bool:
        raise refused_field("correct", "true or false")
    if not label and is_right is None:
        raise refused_field("label", "the label that is right, or correct be given")
    if label and is_right is not None:
        raise refused_field("correct", "left out where label says what is right")
    return label if is_right is None else None if is_right else ""


def _text(body: Body, field: str, *, most: int) -> str | None:
    given = body.get(field)
    if given is None:
        return None
    if not isinstance(given, str) or len(given) > most:
        raise refused_field(field, f"a text of at most {most} letters")
    if not given.isascii() and any("\ud800" <= one <= "\udfff" for one in given):
        raise refused_field(field, "Unicode without halves of pairs")
    return given


def _idempotency_key(call: Call) -> str:
    key = call.headers.get(b"idempotency-key", b"").decode("latin-1")
    if len(key) > _MOST_NAME or not key.isprintable():
        raise RequestError(
            f"the idempotency-key must be printable, {_MOST_NAME} letters at most",
            code="gateway.header",
        )
    return key
