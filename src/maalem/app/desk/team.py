# SPDX-License-Identifier: Apache-2.0
"""The team: how far each task is, how fast, how well its experts agree."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from fastapi import Request, Response
from fastapi.responses import HTMLResponse

from maalem.app.desk.curve import Curve, draw, live_points, points_of
from maalem.app.desk.day import standings_of
from maalem.app.desk.dealing_registry import dealers_of
from maalem.app.desk.dealing_trials import Lack
from maalem.app.desk.desk import Desk, desk_of, person_of
from maalem.app.desk.docket import Docket
from maalem.app.desk.forms import Posted, see_other
from maalem.app.desk.frame import language_of, page
from maalem.app.desk.refusals import RefusedError
from maalem.app.desk.resolve import dockets_of, name_of
from maalem.app.desk.routes import RouteTable
from maalem.app.desk.speech import speech_in
from maalem.app.desk.standing import (
    EVERYBODY,
    Effort,
    Standing,
    holds_of,
    pauses_of,
)
from maalem.errors import SettingsError
from maalem.experts.influence import Influence
from maalem.experts.naming import UNNAMED, identified
from maalem.records import Hold, Item, Pause
from maalem.tasks import TaskDefinition
from maalem.tasks.stopping import Outlook, look_ahead

TABLE = RouteTable()
_WEEK = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Colleague:
    """One annotator of a task.

    Attributes:
        name: What people call them.
        effort: What they gave.
        today: Answers of today.
        week: Answers of the last seven days, today included.
        hold: The hold in force; none if their answers count.
        pause: The pause in force; none if they are given cards.
        is_person: Whether they are an expert, not a file or a column.
    """

    name: str
    effort: Effort
    today: int
    week: int
    hold: Hold | None
    pause: Pause | None
    is_person: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamTask:
    """A task, as its team stands.

    Attributes:
        name: Name of the task.
        title: Its title in the reader's language.
        items: Items it asks about.
        standing: What was given.
        docket: Disputes and agreement.
        people: Its annotators, who gave most first.
        days: Pairs of ISO 8601 date and answers of the last seven days.
        curve: The learning curve; none where nothing was measured twice.
        outlook: What a further hundred answers promise; none where no quick gear
            learns from the task.
        pause: The pause of the whole task; none if its cards are dealt.
        influence: Of which class one expert stands behind too much, with their name.
        lacks: Who cannot qualify again for want of gold cards, with their name.
    """

    name: str
    title: str
    items: int
    standing: Standing
    docket: Docket
    people: tuple[Colleague, ...]
    days: tuple[tuple[str, int], ...]
    curve: Curve | None
    outlook: Outlook | None
    pause: Pause | None
    influence: tuple[tuple[str, Influence], ...]
    lacks: tuple[tuple[str, Lack], ...]

    @property
    def progress(self) -> float:
        """Share of the items that have an answer, in [0, 1]."""
        return min(1.0, self.standing.items / self.items) if self.items else 0.0

    @property
    def minutes(self) -> int:
        """Measured minutes of all together."""
        return round(sum(one.effort.seconds for one in self.people) / 60)


@TABLE.page("GET", "/team", permission="read")
def show_team(request: Request) -> HTMLResponse:
    """Show each task with its annotators."""
    desk = desk_of(request)
    tasks = []
    for name in desk.work.task_names():
        try:
            task = desk.work.task(name)
        except SettingsError:
            continue  # the page of the tasks says why
        tasks.append(_team_task(request, desk, task))
    return page(request, "team.html", tasks=tasks)


@TABLE.page("POST", "/team/{task}/hold", permission="people")
def hold(request: Request, task: str, form: Posted) -> Response:
    """Put somebody's answers on hold, or let them count again."""
    desk, person = desk_of(request), person_of(request)
    definition = desk.work.task(task)
    annotator, reason = form.get("annotator", ""), form.get("reason", "").strip()
    if annotator not in standings_of(request).of(desk, task).efforts or not reason:
        raise RefusedError(
            "a hold needs somebody who answered, and a reason",
            status=422,
            code="desk.hold",
        )
    decided = Hold(
        id=UNNAMED,
        task=definition.name,
        annotator=annotator,
        is_lifted=form.get("do") == "lift",
        reason=reason,
        evidence=(),
        by=person.id,
        at=datetime.fromtimestamp(desk.clock(), UTC).isoformat(timespec="seconds"),
    )
    held = identified(decided)
    entry = desk.work.store.append(
        "people.hold",
        [held],
        details={"task": task, "annotator": annotator, "by": person.id},
    )
    if entry is not None:
        dealers_of(request).hear([held], index=entry.index)
    return see_other("/team")


def _team_task(request: Request, desk: Desk, task: TaskDefinition) -> TeamTask:
    told = standings_of(request).of(desk, task.name)
    today = datetime.fromtimestamp(desk.clock(), UTC).date()
    holds, pauses = holds_of(desk, task.name), pauses_of(desk, task.name)
    docket = dockets_of(request).of(desk, task)
    lacks = _lacks(request, task.name)
    return TeamTask(
        name=task.name,
        title=task.title_in(person_of(request).language),
        items=desk.work.store.count(Item, task.name),
        standing=told,
        docket=docket,
        people=tuple(
            _colleague(
                desk,
                one,
                today=today,
                hold=holds.get(one.annotator),
                pause=pauses.get(one.annotator),
            )
            for one in told.efforts.values()
        ),
        days=pace(told, today),
        curve=_curve(request, desk, task.name),
        outlook=_outlook(request, task),
        pause=pauses.get(EVERYBODY),
        influence=tuple((name_of(desk, i.annotator), i) for i in docket.influence),
        lacks=tuple((name_of(desk, one.annotator), one) for one in lacks),
    )


def _curve(request: Request, desk: Desk, task: str) -> Curve | None:
    """Draw the releases; before there are two, what the quick gear learned."""
    speech = speech_in(language_of(request))
    drawn = draw(points_of(desk, task), speech)
    teaching = dealers_of(request).of(task).deck.teaching
    if drawn is not None or teaching is None:
        return drawn
    return draw(live_points(teaching.curve()), speech, is_exam=False)


def _lacks(request: Request, task: str) -> list[Lack]:
    """Tell who cannot qualify again for want of gold cards."""
    deck = dealers_of(request).of(task).deck
    now = datetime.fromtimestamp(desk_of(request).clock(), UTC)
    with deck.lock:
        return deck.gold.trials.lacks(now)


def _outlook(request: Request, task: TaskDefinition) -> Outlook | None:
    """Tell what asking further buys, against what the owner asked for."""
    teaching = dealers_of(request).of(task.name).deck.teaching
    if teaching is None:
        return None
    return look_ahead(teaching.curve(), stop_gain=task.asking.stop_gain)


def _colleague(
    desk: Desk, effort: Effort, *, today: date, hold: Hold | None, pause: Pause | None
) -> Colleague:  # fmt: skip
    return Colleague(
        name=name_of(desk, effort.annotator),
        effort=effort,
        today=effort.on(today.isoformat()),
        week=sum(effort.on(day) for day in _last_days(today)),
        hold=hold,
        pause=pause,
        is_person=effort.annotator.startswith("expert:"),
    )


def pace(told: Standing, today: date) -> tuple[tuple[str, int], ...]:
    """Count the answers of each of the last seven days, oldest first."""
    return tuple(
        (day, sum(one.on(day) for one in told.efforts.values()))
        for day in _last_days(today)
    )


def _last_days(today: date) -> list[str]:
    return [
        (today - timedelta(days=back)).isoformat() for back in reversed(range(_WEEK))
    ]
