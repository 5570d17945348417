# SPDX-License-Identifier: Apache-2.0
"""What the traffic file has of one request, and of those of a span of time."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from maalem.serving.traffic.tables import reading

_COLUMNS = """
id, at, seconds, operation, path, caller, task, "release", model, threshold, arm,
status, code, tokens_in, tokens_out, texts, automatic"""
_ONE = f"SELECT {_COLUMNS} FROM request WHERE id = ?"  # noqa: S608  # names of columns
_SPAN = f"""
SELECT {_COLUMNS} FROM request
WHERE at >= ? AND at < ? AND (? OR task = ?) ORDER BY at, id"""  # noqa: S608  # as above
_PLACES = """
SELECT request, place, label, probability, reason, text, digest
FROM decision WHERE request = ? ORDER BY place"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedRequest:
    """One request as it is kept; fields as an `Occurrence` has them.

    Attributes:
        request: Its id; that of a shadow ends with `.shadow`.
        at: When it came, in seconds since 1970.
        seconds: Until the last byte.
        operation: What was done.
        path: Template of the path.
        caller: Public part of the key; empty where it is not kept.
        task: The model asked for.
        release: Digest of the release that answered.
        model: Digest of its model, or `NAME@UPSTREAM`.
        threshold: What the answers were held to.
        arm: Which of the task's models answered.
        status: HTTP status.
        code: Code of the refusal.
        tokens_in: Tokens read, where known.
        tokens_out: Tokens written, where known.
        texts: Texts that got a label.
        automatic: Those among them that need no person.
    """

    request: str
    at: float
    seconds: float
    operation: str
    path: str
    caller: str
    task: str
    release: str
    model: str
    threshold: float | None
    arm: str
    status: int
    code: str
    tokens_in: int | None
    tokens_out: int | None
    texts: int
    automatic: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedDecision:
    """What was said of one text, as it is kept.

    Attributes:
        request: Id of its request.
        place: Number of the text in the request, from 0.
        label: The answer.
        probability: Of the label.
        reason: Why a person must decide; empty where the model may.
        text: The text, spared of personal data; none where it is not kept.
        digest: SHA-256 of the text as it came; empty where it is not kept any more.
    """

    request: str
    place: int
    label: str
    probability: float | None
    reason: str
    text: str | None
    digest: str


def find_request(path: Path, request: str) -> LoggedRequest | None:
    """Give a request by its id, if it is kept."""
    with reading(path) as database:
        row = database.execute(_ONE, (request,)).fetchone() if database else None
    return _request(row) if row else None


def decisions_of(path: Path, request: str) -> tuple[LoggedDecision, ...]:
    """Give what was said of the texts of a request, in their order."""
    with reading(path) as database:
        rows = database.execute(_PLACES, (request,)).fetchall() if database else []
    return tuple(_decision(row) for row in rows)


def find(path: Path, request: str, place: int) -> LoggedDecision | None:
    """Give what was said of one text of a request, if it is kept."""
    found = (one for one in decisions_of(path, request) if one.place == place)
    return next(found, None)


def requests(
    path: Path, *, since: float, until: float, task: str | None = None
) -> Iterator[LoggedRequest]:
    """Give the requests of a span of time in order, one by one.

    Args:
        path: The traffic file.
        since: First second, since 1970.
        until: End, which is excluded.
        task: The task; none for all.
    """
    with reading(path) as database:
        if database is not None:
            asked = (since, until, task is None, task)
            yield from map(_request, database.execute(_SPAN, asked))


_REQUEST = tuple(one.name for one in fields(LoggedRequest))
_DECISION = tuple(one.name for one in fields(LoggedDecision))


def _request(row: tuple[Any, ...]) -> LoggedRequest:
    return LoggedRequest(**dict(zip(_REQUEST, row, strict=True)))


def _decision(row: tuple[Any, ...]) -> LoggedDecision:
    return LoggedDecision(**dict(zip(_DECISION, row, strict=True)))
