# SPDX-License-Identifier: Apache-2.0
"""Each day of the request log stands in the ledger, so that a changed row is seen."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from maalem.app.gateway.rounds import Rounds
from maalem.app.workspace import Workspace
from maalem.records import Json
from maalem.serving.traffic.days import DAY, Day, day_of, days_to_close
from maalem.serving.traffic.log import EACH, Chore
from maalem.serving.traffic.tables import FILE

CLOSED = "traffic.day"
"""The ledger's name for a day that is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedDay:
    """A day of the log beside what the ledger says of it.

    Attributes:
        day: ISO 8601 date.
        entry: Number of the ledger's entry.
        requests: Requests that the ledger counts.
        found: Requests that the log has; none where they are over age.
        is_same: Whether the log says what it said when the day was closed.
    """

    day: str
    entry: int
    requests: int
    found: int | None
    is_same: bool


def close_days(work: Workspace) -> Chore:
    """Enter each day of the log that is over into the ledger, once, in order.

    Several processes may log; the one that writes the ledger enters the days.
    """

    def chore(now: float) -> Iterator[None]:
        path = work.folder / FILE
        closed = (str(one.details["day"]) for one in work.store.entries(CLOSED))
        for day in days_to_close(path, after=max(closed, default=""), now=now):
            for found in day_of(path, day):
                yield
                if found is not None:
                    _enter(work, found)

    return chore


def closing_days(work: Workspace, clock: Callable[[], float]) -> Rounds:
    """Enter the days that gateways elsewhere log, hourly, until closed.

    Args:
        work: The project, opened for writing.
        clock: Seconds since 1970.
    """

    def deed() -> None:
        for _ in close_days(work)(clock()):
            pass

    return Rounds(deed, every=EACH, name="close the days of the log")


def check_days(work: Workspace, *, now: float) -> Iterator[CheckedDay]:
    """Compare each closed day with what the log has of it now.

    Args:
        work: The opened project, which may be open for reading alone.
        now: Seconds since 1970.
    """
    oldest = now - work.project.traffic.keep_days * DAY
    for entry in work.store.entries(CLOSED):
        day, requests = str(entry.details["day"]), entry.details["requests"]
        is_kept = _begin_of(day) >= oldest
        found = _day(work, day) if is_kept else None
        yield CheckedDay(
            day=day,
            entry=entry.index,
            requests=requests if isinstance(requests, int) else 0,
            found=found.requests if found else None,
            is_same=found is None or found.digest == entry.details["digest"],
        )


def _enter(work: Workspace, found: Day) -> None:
    details: dict[str, Json] = {
        "day": found.day,
        "requests": found.requests,
        "digest": found.digest,
    }
    work.store.append(CLOSED, details=details)


def _day(work: Workspace, day: str) -> Day | None:
    *_, found = day_of(work.folder / FILE, day)
    return found


def _begin_of(day: str) -> float:
    return datetime.combine(date.fromisoformat(day), time(), UTC).timestamp()
