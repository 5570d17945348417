# SPDX-License-Identifier: Apache-2.0
"""What `maalem traffic` asks of the traffic file; the gateway may be open meanwhile."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path

from maalem.app.gateway.traffic_days import CheckedDay, check_days
from maalem.app.project import read_project
from maalem.app.workspace import now, open_workspace
from maalem.errors import DataError, UsageError
from maalem.serving.traffic.looking import (
    LoggedDecision,
    LoggedRequest,
    decisions_of,
    find_request,
    requests,
)
from maalem.serving.traffic.summary import TrafficSummary, summarise, tasks_asked
from maalem.serving.traffic.sweeping import Swept
from maalem.serving.traffic.sweeping import sweep as sweep_file
from maalem.serving.traffic.tables import FILE

_BACK = re.compile(r"([0-9]{1,5})([hd])")
_SECONDS = {"h": 3600, "d": 86400}
_COLUMNS = tuple(one.name for one in fields(LoggedRequest) if one.name != "caller")


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """What was answered in a span of time.

    Attributes:
        whole: All of it.
        tasks: That of each task; under the empty name what found none.
    """

    whole: TrafficSummary
    tasks: tuple[TrafficSummary, ...]


def traffic_of(folder: str, *, since: str, task: str | None) -> Traffic:
    """Summarise the traffic of a project.

    Args:
        folder: The project's folder.
        since: `24h`, `7d`, or an ISO 8601 date.
        task: The task; none for all.

    Raises:
        UsageError: `since` is none of these, or not past.
        IntegrityError: The traffic file is damaged.
    """
    path, present = _file(folder), now().timestamp()
    begin = _begin(since, present=present)
    named = (
        [task] if task is not None else tasks_asked(path, since=begin, until=present)
    )
    whole, *tasks = (
        summarise(path, task=one, since=begin, until=present) for one in (task, *named)
    )
    return Traffic(whole=whole, tasks=tuple(tasks))


def request_of(
    folder: str, name: str
) -> tuple[LoggedRequest, tuple[LoggedDecision, ...]]:
    """Give one request, and what was said of its texts.

    Raises:
        DataError: The log has none of this name.
    """
    path = _file(folder)
    found = find_request(path, name)
    if found is None:
        raise DataError(
            f"the log has no request {name!r}",
            why="it is over age, was never made, or is not written yet",
            hint="give the x-request-id of an answer",
            code="traffic.unknown",
        )
    return found, decisions_of(path, name)


def lines_of(folder: str, *, since: str, task: str | None) -> Iterator[str]:
    """Write the requests of a span of time as lines of CSV; otherwise as `traffic_of`.

    Nothing in them comes from a caller, so that no spreadsheet takes it for a formula.
    """
    present = now().timestamp()
    begin = _begin(since, present=present)
    yield _line(_COLUMNS)
    for one in requests(_file(folder), since=begin, until=present, task=task):
        yield _line([getattr(one, name) for name in _COLUMNS])


def sweep_now(folder: str) -> Swept:
    """Take away what is over age."""
    path = _file(folder)
    swept = Swept(is_shredded=not path.is_file())
    settings = read_project(Path(folder)).traffic
    if path.is_file():
        for _ in sweep_file(path, settings, now=now().timestamp(), into=swept):
            pass
    return swept


def checked_days(folder: str) -> tuple[CheckedDay, ...]:
    """Compare the log's days with the ledger."""
    with open_workspace(folder, read_only=True) as work:
        return tuple(check_days(work, now=now().timestamp()))


def _file(folder: str) -> Path:
    read_project(Path(folder))
    return Path(folder) / FILE


def _begin(since: str, *, present: float) -> float:
    if back := _BACK.fullmatch(since):
        return present - int(back[1]) * _SECONDS[back[2]]
    try:
        moment = datetime.fromisoformat(since)
    except ValueError as error:
        raise _no_moment(since) from error
    begin = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    if not 0 <= begin < present:
        raise _no_moment(since)
    return begin


def _no_moment(since: str) -> UsageError:
    return UsageError(
        f"{since!r} is no time in the past", hint="write 24h, 7d, or 2026-11-01"
    )


def _line(cells: "list[object] | tuple[str, ...]") -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="").writerow(cells)
    return written.getvalue()
