# SPDX-License-Identifier: Apache-2.0
"""The page behind a link: one answer, and whether it was right, without an account."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Form, Request, Response

from maalem.app.desk.answering_forms import LabelView
from maalem.app.desk.attempts import Door
from maalem.app.desk.dealing_views import label_views
from maalem.app.desk.desk import desk_of
from maalem.app.desk.frame import language_of, page
from maalem.app.desk.permissions import OPEN
from maalem.app.desk.refusals import RefusedError
from maalem.app.desk.routes import RouteTable
from maalem.app.desk.sign_in import caller_of
from maalem.app.steps.cases import CaseMaker
from maalem.app.steps.corrections import traffic_file
from maalem.app.steps.feedback import FeedbackFiler
from maalem.app.steps.linking import linker_of
from maalem.app.workspace import Workspace
from maalem.corpus.cleaning import clean
from maalem.records import Item
from maalem.serving.corrections.book import Book
from maalem.serving.corrections.feedback import Said
from maalem.serving.corrections.links import Linked
from maalem.serving.corrections.logged import Logged, find_logged
from maalem.serving.corrections.reading import find_taken
from maalem.serving.refusals import RequestError
from maalem.tasks import TaskDefinition

TABLE = RouteTable()
RIGHT = " right"
"""What the form sends where the answer was right; no label begins with a space."""
WRONG = " wrong"
"""What it sends where the answer was wrong, and who opened the link knows no better."""
_CALLER = "link"


@TABLE.page("GET", "/correct/{token}", permission=OPEN)
def show_answer(request: Request, token: str) -> Response:
    """Show one answer, and nothing else of the project."""
    linked = _linked(request, token)
    logged, task, text = _answer(desk_of(request).work, linked)
    language = language_of(request)
    labels = [
        one for one in label_views(task, language) if one.name in task.label_names
    ]
    return _page(
        request,
        text=text,
        labels=[one for one in labels if one.name != logged.label],
        answer=next((one.shown for one in labels if one.name == logged.label), ""),
    )


@TABLE.page("POST", "/correct/{token}", permission=OPEN)
def take_answer(
    request: Request, token: str, *, label: Annotated[str, Form()] = ""
) -> Response:
    """Keep what somebody says; the first word behind a link stands."""
    linked = _linked(request, token)
    work, clock = desk_of(request).work, desk_of(request).clock
    _, task, _ = _answer(work, linked)
    if label not in (RIGHT, WRONG, *task.label_names):
        raise RefusedError("choose what is right", status=422, code="desk.link-label")
    said = Said(
        request=linked.request, place=linked.place, comment="", by="", input=None,
        label={RIGHT: None, WRONG: ""}.get(label, label), caller=_CALLER,
        key=f"link {linked.request} {linked.place}", at=clock(),
    )  # fmt: skip
    book = Book(traffic_file(work))
    try:
        FeedbackFiler(work, book, maker=CaseMaker(work), clock=clock)(said)
    except RequestError as refusal:
        if refusal.status != 409:  # that is somebody's earlier word
            raise _gone() from refusal
    return _page(request, is_done=True)


def _page(
    request: Request,
    *,
    text: str = "",
    labels: Sequence[LabelView] = (),
    answer: str = "",
    is_done: bool = False,
) -> Response:
    return page(
        request,
        "correct.html",
        text=text,
        labels=labels,
        answer=answer,
        is_done=is_done,
        right=RIGHT,
        wrong=WRONG,
        project="Maalem",  # who opens a link learns nothing of ours, not even a name
    )


def _linked(request: Request, token: str) -> Linked:
    """Read a link; whoever tries many waits.

    Raises:
        RefusedError: It opens nothing, or was opened too often.
    """
    desk, door = desk_of(request), _door_of(request)
    now = desk.clock()
    door.refuse_too_many(caller_of(request), token, now=now)
    linker = linker_of(desk.work)
    linked = linker.read(token, now=now) if linker is not None else None
    if linked is None:
        raise _gone()
    return linked


def _door_of(request: Request) -> Door:
    found: Door = request.app.state.links
    return found


def _answer(work: Workspace, linked: Linked) -> tuple[Logged, TaskDefinition, str]:
    """Give an answer, its task, and its text as experts see it or as it was kept.

    Raises:
        RefusedError: Nothing of it was kept.
        SettingsError: Its task is gone.
    """
    path = traffic_file(work)
    logged = find_logged(path, linked.request, linked.place)
    taken = find_taken(path, linked.request, linked.place)
    if logged is None or not logged.label:
        raise _gone()
    if (
        taken is not None
        and taken.item is not None
        and work.store.has(Item, taken.item)
    ):
        return logged, work.task(logged.task), work.store.get(Item, taken.item).text
    if logged.text is None:
        raise _gone()
    return logged, work.task(logged.task), clean(logged.text)[0]


def _gone() -> RefusedError:
    return RefusedError(
        "this link opens nothing, or nothing more",
        status=404,
        hint="ask for a new one where you saw the answer",
        code="desk.link",
    )
