# SPDX-License-Identifier: Apache-2.0
"""The pages of live traffic: all tasks, and one task against what was promised."""

from datetime import UTC, datetime
from typing import Literal, TypeAlias

from fastapi import Request
from fastapi.responses import HTMLResponse

from maalem.app.desk.desk import Desk, desk_of
from maalem.app.desk.frame import language_of, page
from maalem.app.desk.guard import own_address
from maalem.app.desk.refusals import RefusedError
from maalem.app.desk.routes import RouteTable
from maalem.app.desk.speech import speech_in
from maalem.app.desk.traffic_gathering import (
    NO_MODEL,
    answering_now,
    tasks_of,
    traffic_of,
)
from maalem.app.desk.traffic_kept import kept_traffic_of
from maalem.app.desk.traffic_period import PERIODS
from maalem.app.desk.traffic_picture import draw_volume
from maalem.app.desk.traffic_routes import LONGEST, route_shown
from maalem.errors import EngineError, IntegrityError, MaalemError, SettingsError
from maalem.records import Release

TABLE = RouteTable()
_UNREADABLE = 503  # the page's own script then keeps the numbers it has

PeriodName: TypeAlias = Literal["day", "week", "month"]


@TABLE.page("GET", "/traffic", permission="read")
def show_tasks(request: Request) -> HTMLResponse:
    """Show how much each task is asked, and what reached no model."""
    desk = desk_of(request)
    try:
        rows, stray = tasks_of(desk), traffic_of(desk, NO_MODEL, PERIODS["day"])
    except IntegrityError as error:
        return _broken(request, error)
    return page(
        request,
        "traffic.html",
        rows=[one for one in rows if one.name],
        stray=stray.refusals if stray else (),
        titles={one.name: _title(request, one.name) for one in rows},
        in_force={one.name: answering_now(desk, one.name) for one in rows},
        moment=_moment,
    )


@TABLE.page("GET", "/traffic/{task}", permission="read")
def show_task(
    request: Request, task: str, *, period: PeriodName = "day"
) -> HTMLResponse:
    """Show the live traffic of a task against what its exam promised."""
    desk = desk_of(request)
    _refuse_unknown(desk, task)
    try:
        kept = kept_traffic_of(request)
        traffic = kept.of(desk, task, PERIODS[period])
        shifts = kept.drift(desk, task) if traffic else ()
        known = kept.challenges(desk, task) if traffic else ()
    except (IntegrityError, EngineError) as error:
        return _broken(request, error, task)
    speech = speech_in(language_of(request))
    return page(
        request,
        "traffic_task.html",
        name=task,
        title=_title(request, task),
        periods=PERIODS,
        period=PERIODS[period],
        traffic=traffic,
        volume=draw_volume(traffic.slots, traffic.period, speech) if traffic else None,
        shifts=shifts,
        challenges=known,
        alarming=1.0 / desk.work.project.routes.alpha,
        route=route_shown(desk, task),
        longest=LONGEST,
        address=own_address(request),
        moment=_moment,
    )


def _refuse_unknown(desk: Desk, task: str) -> None:
    """Refuse a task that neither is there nor was ever released."""
    is_released = next(iter(desk.work.store.find(Release, task)), None) is not None
    if not is_released and task not in desk.work.task_names():
        raise RefusedError("there is no such task", status=404, code="desk.missing")


def _title(request: Request, task: str) -> str:
    """Give what people call a task; its name where its file is gone or refused."""
    try:
        return desk_of(request).work.task(task).title_in(language_of(request))
    except SettingsError:
        return task


def _broken(request: Request, error: MaalemError, task: str = "") -> HTMLResponse:
    """Say that the file cannot be read; who answers can be decided all the same."""
    return page(
        request,
        "traffic_broken.html",
        status=_UNREADABLE,
        error=error,
        name=task,
        route=route_shown(desk_of(request), task) if task else None,
        longest=LONGEST,
    )


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
