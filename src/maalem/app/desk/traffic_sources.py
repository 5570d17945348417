# SPDX-License-Identifier: Apache-2.0
"""The numbers of live traffic, counted in the gateway's file."""

import sqlite3
from collections import Counter
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from maalem.app.desk import traffic_queries as queries
from maalem.app.desk.traffic_period import DAY, Period
from maalem.app.desk.traffic_view import (
    LEVEL,
    Answering,
    Corrections,
    Latency,
    Promise,
    Refusals,
    Slot,
    TaskTraffic,
)
from maalem.errors import IntegrityError, boundary
from maalem.evaluation.proportions import tabled_interval
from maalem.records import Estimate
from maalem.serving.occurrences import SHADOW
from maalem.serving.traffic.tables import FILE

_PATIENCE = 5.0  # seconds that a reader waits for a writer
_PERCENT = (50, 95, 99)

Spoken: TypeAlias = tuple[str, str, str]
"""Digest of the release, name of the model, arm."""
Table: TypeAlias = list[tuple[int, int, int]]
"""Texts of a request, how many of them were decided alone, how many are so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """What is counted of one task.

    Attributes:
        task: Name of the task; empty for requests that reached no model.
        period: How far back.
        now: Seconds since 1970; what came after is not counted.
    """

    task: str
    period: Period
    now: float

    @property
    def asked(self) -> dict[str, str | float]:
        """The values that the queries name."""
        since = self.period.since(self.now)
        return {"task": self.task, "since": since, "until": self.now}


@contextmanager
def reading(folder: Path) -> Generator[sqlite3.Connection | None]:
    """Open a project's traffic for reading, beside whoever writes; none without any.

    Raises:
        IntegrityError: The file cannot be read.
    """
    path = folder / FILE
    if not path.is_file() or not path.stat().st_size:
        yield None
        return
    address = f"{path.absolute().as_uri()}?mode=ro"
    with (
        boundary(IntegrityError, "read the traffic of the gateway"),
        closing(sqlite3.connect(address, uri=True, timeout=_PATIENCE)) as opened,
    ):
        yield opened if has_table(opened, "request") else None


def has_table(opened: sqlite3.Connection, name: str) -> bool:
    """Tell whether a table is there."""
    return (name,) in opened.execute(queries.TABLES).fetchall()


def task_in(opened: sqlite3.Connection, name: str, now: float) -> TaskTraffic:
    """Give the traffic of a task in the last day, and when it was last asked."""
    asked = {"task": name, "since": now - DAY, "until": now}
    (last,) = opened.execute(queries.LAST, asked).fetchone()
    requests, refused = opened.execute(queries.REQUESTS, asked).fetchone()
    return TaskTraffic(name=name, requests=requests, refused=int(refused), last=last)


def slots_in(opened: sqlite3.Connection, span: Span) -> tuple[Slot, ...]:
    """Count the requests of each bar of the picture, empty ones too."""
    slot = span.period.slot
    rows = opened.execute(queries.SLOTS, {**span.asked, "slot": slot})
    found = {number: (answered, refused) for number, answered, refused in rows}
    first = span.period.since(span.now) // slot
    slots = []
    for number in range(first, first + span.period.slots):
        answered, refused = found.get(number, (0, 0))
        slots.append(Slot(start=number * slot, answered=answered, refused=refused))
    return tuple(slots)


def refusals_in(opened: sqlite3.Connection, span: Span) -> tuple[Refusals, ...]:
    """Count the refused requests by reason, the commonest first."""
    return tuple(
        Refusals(code=code, status=status, requests=requests)
        for code, status, requests in opened.execute(queries.REFUSALS, span.asked)
    )


def latency_in(
    opened: sqlite3.Connection, span: Span, spoken: Spoken | None = None
) -> Latency:
    """Give how long answers took, of all that were sent or of one model.

    Source:
        Hyndman and Fan (1996), "Sample Quantiles in Statistical Packages", type 1:
        each is the time of an answer that was given.
    """
    asked, count, ranked = span.asked, queries.COUNT, queries.RANKED
    if spoken is not None:
        asked |= dict(zip(("release", "model", "arm"), spoken, strict=True))
        count, ranked = queries.COUNT_OF_MODEL, queries.RANKED_OF_MODEL
    (number,) = opened.execute(count, asked).fetchone()
    ranks = {f"p{one}": -(-number * one // 100) for one in _PERCENT}
    found = dict(opened.execute(ranked, asked | ranks))
    p50, p95, p99 = (found.get(rank) for rank in ranks.values())
    return Latency(p50=p50, p95=p95, p99=p99, count=number)


def texts_in(opened: sqlite3.Connection, span: Span) -> dict[Spoken, Table]:
    """Count the texts of the requests that each model answered, and those alone."""
    found: dict[Spoken, Table] = {}
    for release, model, arm, texts, alone, times in opened.execute(
        queries.TEXTS, span.asked
    ):
        table = found.setdefault((release, model, arm), [])
        table.append((texts, int(alone), times))
    return found


def answering_in(
    opened: sqlite3.Connection,
    span: Span,
    *,
    texts: Mapping[Spoken, Table],
    promises: Mapping[str, Promise],
) -> tuple[Answering, ...]:
    """Put the models that answered beside what was promised of them.

    Args:
        opened: The file.
        span: What is counted.
        texts: Of each model, from `texts_in`.
        promises: By digest of the release.
    """
    found = [
        Answering(
            model=spoken[1],
            arm=spoken[2],
            requests=sum(times for _, _, times in table),
            texts=sum(size * times for size, _, times in table),
            alone=share_alone(table),
            p50=latency_in(opened, span, spoken).p50,
            promise=promises.get(spoken[0]),
        )
        for spoken, table in texts.items()
    ]
    return tuple(sorted(found, key=lambda one: -one.requests))


def share_of_sent(texts: Mapping[Spoken, Table]) -> tuple[int, Estimate]:
    """Give the texts that callers got an answer to, and the share decided alone."""
    table = [
        row for (_, _, arm), rows in texts.items() if arm != SHADOW for row in rows
    ]
    return sum(size * times for size, _, times in table), share_alone(table)


def share_alone(table: Sequence[tuple[int, int, int]]) -> Estimate:
    """Give the share of texts that was decided alone; a request is one draw."""
    counted = list(_summed(table))
    texts = sum(size * times for size, _, times in counted)
    if not texts:
        return Estimate(value=None, reason="no text was decided")
    low, high = tabled_interval(counted, level=LEVEL)
    alone = sum(hits * times for _, hits, times in counted)
    groups = sum(times for _, _, times in counted)
    return Estimate(
        value=alone / texts,
        low=low,
        high=high,
        level=LEVEL,
        count=texts,
        groups=groups,
    )


def _summed(
    table: Sequence[tuple[int, int, int]],
) -> Iterator[tuple[int, int, int]]:
    """Join like rows; requests in which nothing was decided tell nothing."""
    times: Counter[tuple[int, int]] = Counter()
    for size, hits, several in table:
        times[size, hits] += several
    for (size, hits), several in times.items():
        if size:
            yield size, hits, several


def corrections_in(
    opened: sqlite3.Connection, span: Span, *, waiting: int
) -> Corrections:
    """Count what people said of the answers, and what a person must decide.

    Args:
        opened: The file.
        span: What is counted.
        waiting: Questions that wait for experts now.
    """
    given, wrong = 0, 0
    if has_table(opened, "correction"):
        given, wrong = opened.execute(queries.CORRECTIONS, span.asked).fetchone()
    (cases,) = opened.execute(queries.CASES, span.asked).fetchone()
    return Corrections(given=given, wrong=int(wrong), cases=cases, open=waiting)
