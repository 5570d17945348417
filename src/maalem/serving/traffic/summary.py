# SPDX-License-Identifier: Apache-2.0
"""What the gateway answered in a span of time, counted in its file."""

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from maalem.serving.occurrences import CANARY, CHAMPION, SHADOW
from maalem.serving.traffic.tables import reading

HOUR, DAY = 3600.0, 86400.0
_MOST_HOURS = 72  # beyond it a picture has a bar for each day
_PERCENT = (50, 95, 99)
_NOTHING = (0, 0, 0, 0, 0)
_ORDER = (CHAMPION, CANARY, SHADOW)

_SPAN = "FROM request WHERE at >= :since AND at < :until AND (:any OR task = :task)"
_SENT = f"{_SPAN} AND arm <> '{SHADOW}'"
_OF_MODELS = "operation NOT IN ('read', 'feedback')"
_ASKED = f"{_SENT} AND ({_OF_MODELS} OR code <> '')"
_ANSWERS = f"AND {_OF_MODELS} AND status < 400 AND code = ''"  # MCP refuses with 200
_REFUSED = (
    f"SELECT code, count(*) {_SENT} AND code <> '' GROUP BY code ORDER BY 2 DESC, 1"
)
_SLOTS = f"""
SELECT CAST(at / :slot AS INTEGER), count(*), sum(texts), sum(automatic),
    sum({_OF_MODELS} AND status < 400 AND code = '')
{_ASKED} GROUP BY 1"""
_MODELS = f"""
SELECT model, arm, sum(texts), sum(automatic), count(*)
{_SPAN} {_ANSWERS} AND model <> '' GROUP BY model, arm"""
_RANKED = """
SELECT place, seconds
FROM (SELECT seconds, row_number() OVER (ORDER BY seconds) AS place {})
WHERE place IN (:first, :second, :third)"""
_OF_ALL = _RANKED.format(f"{_SENT} {_ANSWERS}")
_OF_MODEL = _RANKED.format(f"{_SPAN} {_ANSWERS} AND model = :model AND arm = :arm")
_TASKS = "SELECT DISTINCT task FROM request WHERE at >= ? AND at < ? ORDER BY task"

_Asked: TypeAlias = Mapping[str, str | float | None]
_Percentiles: TypeAlias = tuple[float | None, float | None, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One hour, or one day.

    Attributes:
        start: Its first second since 1970, in UTC a full hour or day.
        requests: Requests that came in it.
        texts: Texts that got a label.
        automatic: Those among them that need no person.
    """

    start: float
    requests: int = 0
    texts: int = 0
    automatic: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelTraffic:
    """What one model answered in one place of a task; a shadow too.

    Attributes:
        model: Digest of the model, or `NAME@UPSTREAM`.
        arm: `champion`, `canary` or `shadow`.
        texts: Texts that got a label.
        automatic: Those among them that need no person.
        p50: Median of the seconds of an answer.
    """

    model: str
    arm: str
    texts: int
    automatic: int
    p50: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficSummary:
    """What was asked and answered; what shadows said counts in `by_model` alone.

    Attributes:
        task: The task; none for all of them, and for what found none.
        since: First second, since 1970.
        until: End, which is excluded.
        requests: Requests, answered or refused; what only reads or corrects is none
            unless it is refused.
        texts: Texts that got a label.
        automatic: Those among them that need no person.
        refused: Codes of refusals with how many there were, the most first.
        p50: Seconds within which half of the answers were given; none without answers.
        p95: As above, for 95 of 100.
        p99: As above, for 99 of 100.
        slot: Seconds of one of `by_hour`: an hour up to three days, then a day.
        by_hour: The span in order, with hours in which nothing came.
        by_model: Who answered, champions first.
    """

    task: str | None
    since: float
    until: float
    requests: int = 0
    texts: int = 0
    automatic: int = 0
    refused: tuple[tuple[str, int], ...] = ()
    p50: float | None = None
    p95: float | None = None
    p99: float | None = None
    slot: float = HOUR
    by_hour: tuple[Slot, ...] = ()
    by_model: tuple[ModelTraffic, ...] = ()

    @property
    def share(self) -> float | None:
        """Share of the texts that needed no person; none without texts."""
        return self.automatic / self.texts if self.texts else None


def summarise(
    path: Path, *, task: str | None, since: float, until: float
) -> TrafficSummary:
    """Count what was answered in a span of time.

    A percentile is the time of an answer that was given, by nearest rank; refusals are
    no answers. SQLite sorts on its disk, so that a year takes time but not memory.

    Args:
        path: The traffic file; where it is missing, nothing came.
        task: The task; none for all, and the empty name for requests that found none.
        since: First second, since 1970.
        until: End, which is excluded; after `since`.

    Raises:
        IntegrityError: The file is damaged.
    """
    slot = HOUR if until - since <= _MOST_HOURS * HOUR else DAY
    asked = {"task": task, "any": task is None, "since": since, "until": until}
    with reading(path) as database:
        if database is None:
            slots = _all((), since=since, until=until, slot=slot)
            return TrafficSummary(
                task=task, since=since, until=until, slot=slot, by_hour=slots
            )
        found = database.execute(_SLOTS, {**asked, "slot": slot}).fetchall()
        _, requests, texts, automatic, answers = map(
            sum, zip(_NOTHING, *found, strict=True)
        )
        p50, p95, p99 = _percentiles(database, _OF_ALL, asked, number=answers)
        return TrafficSummary(
            task=task,
            since=since,
            until=until,
            requests=requests,
            texts=texts,
            automatic=automatic,
            refused=tuple(database.execute(_REFUSED, asked).fetchall()),
            p50=p50,
            p95=p95,
            p99=p99,
            slot=slot,
            by_hour=_all(found, since=since, until=until, slot=slot),
            by_model=_by_model(database, asked),
        )


def tasks_asked(path: Path, *, since: float, until: float) -> tuple[str, ...]:
    """Name the tasks that were asked in a span of time; empty for what found none."""
    with reading(path) as database:
        if database is None:
            return ()
        return tuple(name for (name,) in database.execute(_TASKS, (since, until)))


def _percentiles(
    database: sqlite3.Connection, query: str, asked: _Asked, *, number: int
) -> _Percentiles:
    """Give the times of the answers whose ranks are 50, 95 and 99 in 100, rounded up.

    Source:
        Hyndman and Fan (1996), "Sample Quantiles in Statistical Packages", type 1.
    """
    if not number:
        return None, None, None
    first, second, third = (-(-number * percent // 100) for percent in _PERCENT)
    ranks = {"first": first, "second": second, "third": third}
    found: dict[int, float] = dict(database.execute(query, {**asked, **ranks}))
    return found[first], found[second], found[third]


def _all(
    rows: Iterable[tuple[int, int, int, int, int]],
    *,
    since: float,
    until: float,
    slot: float,
) -> tuple[Slot, ...]:
    """Give every slot of a span, those too in which nothing came."""
    found = {
        number: Slot(
            start=number * slot, requests=requests, texts=texts, automatic=done
        )
        for number, requests, texts, done, _ in rows
    }
    numbers = range(int(since // slot), int(-(-until // slot)))
    return tuple(found.get(one) or Slot(start=one * slot) for one in numbers)


def _by_model(database: sqlite3.Connection, asked: _Asked) -> tuple[ModelTraffic, ...]:
    found = []
    for model, arm, texts, automatic, number in database.execute(_MODELS, asked):
        of_model = {**asked, "model": model, "arm": arm}
        p50, _, _ = _percentiles(database, _OF_MODEL, of_model, number=number)
        found.append(
            ModelTraffic(
                model=model, arm=arm, texts=texts, automatic=automatic, p50=p50
            )
        )
    return tuple(sorted(found, key=lambda one: (_ORDER.index(one.arm), -one.texts)))
