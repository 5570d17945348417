# SPDX-License-Identifier: Apache-2.0
"""What happened at the gateway, for whoever counts, keeps, samples or compares it."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

logger = logging.getLogger(__name__)

CHAMPION, CANARY, SHADOW = "champion", "canary", "shadow"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a model said of one text.

    Attributes:
        place: Number of the text in its request, from 0.
        text: The text, as it came.
        label: The answer; empty where the operation chooses no label.
        probability: Of the label, in [0, 1]; none where there is none.
        reason: Why a person must decide; empty where the model may.
    """

    place: int
    text: str
    label: str = ""
    probability: float | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """One request, answered or refused.

    Attributes:
        request: Its id, the `x-request-id` of the answer.
        at: When it came, in seconds since 1970.
        seconds: From its coming until the last byte was handed over.
        operation: `classify`, `chat`, `embed`, `rerank`, `feedback`, `read`; empty
            where no door was found.
        path: The path's template, never a caller's own text.
        caller: Public part of the key; empty if none opened.
        task: The model that was asked for, where there is one of that name.
        release: Digest of the release that answered; empty where none did.
        model: Digest of the model, or `NAME@UPSTREAM` of one that is served elsewhere.
        threshold: What the answers were held to; none where nothing is guaranteed.
        arm: `champion`, `canary`, or `shadow` of one whose answer was not sent.
        status: HTTP status.
        code: Code of the refusal; empty for an answer.
        tokens_in: Tokens read, where the upstream tells; else none.
        tokens_out: Tokens written, as above.
        decisions: What was said of each text.
        trace: The caller's `traceparent` (W3C Trace Context), as it was sent.
    """

    request: str
    at: float
    seconds: float
    operation: str
    path: str
    caller: str
    task: str = ""
    release: str = ""
    model: str = ""
    threshold: float | None = None
    arm: str = CHAMPION
    status: int = 200
    code: str = ""
    tokens_in: int | None = None
    tokens_out: int | None = None
    decisions: tuple[Decision, ...] = ()
    trace: str = ""


Listener: TypeAlias = Callable[[Occurrence], None]
"""Is told of each occurrence, in the loop of events: it returns at once, and hands what
takes time to a thread of its own. What it raises is an error of the gateway, which is
logged, and which keeps no other listener from being told."""


def tell_all(listeners: Iterable[Listener], told: Occurrence) -> None:
    """Tell each listener what happened, whatever those before it raise."""
    for listener in listeners:
        try:
            listener(told)
        except Exception as error:  # noqa: BLE001  # told in the log; others count on it
            # Its class alone: its words, and a trace, may hold the text.
            logger.error("a listener failed with %s", type(error).__name__)  # noqa: TRY400
