# SPDX-License-Identifier: Apache-2.0
"""My day: which cards wait for a person, and what came of their answers."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from fastapi import Request
from fastapi.responses import HTMLResponse

from maalem.app.desk.dealing import Dealer
from maalem.app.desk.dealing_registry import Dealers, dealers_of
from maalem.app.desk.desk import Desk, Person, desk_of, person_of
from maalem.app.desk.frame import page
from maalem.app.desk.permissions import may
from maalem.app.desk.releases import accuracy_of
from maalem.app.desk.routes import RouteTable
from maalem.app.desk.standing import (
    EVERYBODY,
    Effort,
    Standing,
    Standings,
    holds_of,
    pauses_of,
    qualifications_of,
)
from maalem.app.workspace import newest
from maalem.errors import SettingsError
from maalem.records import Estimate, Release
from maalem.tasks import TaskDefinition
from maalem.tasks.stopping import CurvePoint

TABLE = RouteTable()
_SENTENCES = 3  # of the brief: it is read between two calls


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a task's last release can do, and the one before.

    Attributes:
        release: Its number.
        accuracy: Share of the exam that its model gets right.
        before: The same of the release before it; none if it is the first.
    """

    release: int
    accuracy: Estimate
    before: Estimate | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A task, as it stands for one person.

    Attributes:
        name: Name of the task.
        title: Its title in the person's language.
        left: Cards in front of them, up to `MOST_LEFT`.
        mine: What they gave.
        median: Measured seconds of an answer, theirs or else everybody's.
        is_held: Whether their answers are held for now.
        pause: Why they are given no cards for now; none where they are.
        unqualified: Languages in which they must qualify first.
        change: What the last release can do; none without a release.
        lesson: What the quick gear learned while experts answered; none so far.
    """

    name: str
    title: str
    left: int
    mine: Effort
    median: float | None
    is_held: bool
    pause: str | None
    unqualified: tuple[str, ...]
    change: Change | None
    lesson: CurvePoint | None

    @property
    def minutes(self) -> int | None:
        """Minutes that what is left will take; none where nothing was measured."""
        if self.median is None:
            return None
        return max(1, round(self.left * self.median / 60))

    @property
    def is_open(self) -> bool:
        """Whether there is something to answer."""
        return self.left > 0 and not self.is_held


@TABLE.page("GET", "/", permission="sign")
def show_day(request: Request) -> HTMLResponse:
    """Show what waits for the caller, and what their answers changed."""
    desk, person = desk_of(request), person_of(request)
    queues, broken = queues_of(
        desk, person, standings=standings_of(request), dealers=dealers_of(request)
    )
    today = datetime.fromtimestamp(desk.clock(), UTC)
    return page(
        request,
        "day.html",
        queues=queues,
        next_up=max(
            (one for one in queues if one.is_open),
            key=lambda one: one.left,
            default=None,
        ),
        brief=brief(queues, today),
        broken=broken,
        status=200,
    )


def standings_of(request: Request) -> Standings:
    """Give the counts that the desk keeps."""
    state = request.app.state
    if not hasattr(state, "standings"):
        state.standings = Standings()
    found: Standings = state.standings
    return found


def queues_of(
    desk: Desk, person: Person, *, standings: Standings, dealers: Dealers
) -> tuple[list[Queue], list[str]]:
    """Give the tasks that a person may answer, and those whose file is refused."""
    queues, broken = [], []
    for name in desk.work.task_names() if may(person.role, "answer") else ():
        try:
            desk.work.task(name)  # a file that is refused by now is told at once
        except SettingsError:
            broken.append(name)
            continue
        dealer = dealers.of(name)
        told = standings.of(desk, name)
        queues.append(_queue(desk, person, dealer=dealer, told=told))
    return queues, broken


def _queue(desk: Desk, person: Person, *, dealer: Dealer, told: Standing) -> Queue:
    mine = told.of(person.id)
    task = dealer.deck.task
    return Queue(
        name=task.name,
        title=task.title_in(person.language),
        left=dealer.left(person.id, language=person.language, now=desk.clock()),
        mine=mine,
        median=mine.median or told.median or task.seconds_per_item,
        is_held=person.id in holds_of(desk, task.name),
        pause=_pause(desk, person, task.name),
        unqualified=_unqualified(desk, person, task),
        change=change_of(desk, task.name),
        lesson=_lesson(dealer),
    )


def _pause(desk: Desk, person: Person, task: str) -> str | None:
    """Give the reason of a pause; of a person's own before that of the task."""
    pauses = pauses_of(desk, task)
    found = pauses.get(person.id) or pauses.get(EVERYBODY)
    return found.reason if found else None


def _lesson(dealer: Dealer) -> CurvePoint | None:
    teaching = dealer.deck.teaching
    curve = () if teaching is None else teaching.curve()
    return curve[-1] if curve else None


def _unqualified(desk: Desk, person: Person, task: TaskDefinition) -> tuple[str, ...]:
    if not task.asking.qualification_cards:
        return ()
    now = datetime.fromtimestamp(desk.clock(), UTC)
    passed = {
        language
        for language, one in qualifications_of(desk, task.name, person.id).items()
        if one.passed and datetime.fromisoformat(one.expires) > now
    }
    return tuple(one for one in task.languages if one not in passed)


def change_of(desk: Desk, task: str) -> Change | None:
    """Give what the last release of a task can do; none without a release."""
    last = newest(desk.work, Release, task)
    if last is None:
        return None
    earlier = [one for one in desk.work.store.find(Release, task) if one.id != last.id]
    return Change(
        release=last.number,
        accuracy=accuracy_of(desk, last),
        before=accuracy_of(desk, earlier[-1]) if earlier else None,
    )


def brief(queues: list[Queue], today: datetime) -> list[tuple[str, int]]:
    """Give what a person should know this morning: at most three sentences.

    Returns:
        Pairs of what it is about and the number in it.
    """
    return list(_news(queues, today))[:_SENTENCES]


def _news(queues: list[Queue], today: datetime) -> Iterator[tuple[str, int]]:
    held = sum(one.is_held for one in queues)
    if held:
        yield "held", held
    day = today.date()
    given = sum(one.mine.on(day.isoformat()) for one in queues)
    before = (day - timedelta(days=1)).isoformat()
    yesterday = sum(one.mine.on(before) for one in queues)
    if given:
        yield "today", given
    elif yesterday:
        yield "yesterday", yesterday
    waiting = sum(one.left for one in queues if one.is_open)
    yield ("waiting", waiting) if waiting else ("done", 0)
