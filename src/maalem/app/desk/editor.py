# SPDX-License-Identifier: Apache-2.0
"""Tasks and guidelines, written by an owner who never sees their files."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from fastapi import Request, Response
from fastapi.responses import HTMLResponse

from maalem.app.desk.dealing_registry import dealers_of
from maalem.app.desk.desk import Desk, desk_of, person_of
from maalem.app.desk.editor_words import why_refused
from maalem.app.desk.forms import Posted, see_other
from maalem.app.desk.frame import page
from maalem.app.desk.prose import to_html
from maalem.app.desk.routes import RouteTable
from maalem.app.desk.task_form import (
    FieldError,
    form_of,
    form_of_asking,
    rows_in,
    task_of,
)
from maalem.app.desk.task_writing import (
    NEW,
    Change,
    file_of,
    fingerprint,
    versions_of,
    write_version,
)
from maalem.errors import BusyError, MaalemError, SettingsError
from maalem.records import Annotation, Item, TaskVersion
from maalem.tasks import TaskDefinition, write_task
from maalem.tasks.asking import Asking
from maalem.tasks.definition import ANSWERS
from maalem.tasks.names import LANGUAGES

TABLE = RouteTable()
_SPARE = 2  # blank rows below the last label, for people without JavaScript
_MORE = 5
_RESERVED = "new"  # it has an address of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRow:
    """A task in the list.

    Attributes:
        name: Its name.
        task: Its definition; none where the file is refused.
        items: Items it asks about.
        answers: Annotations of them.
        version: Number of its recorded version; none if no record knows it.
        refused: Why the file is refused.
    """

    name: str
    task: TaskDefinition | None
    items: int = 0
    answers: int = 0
    version: int | None = None
    refused: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """The form as it is shown.

    Attributes:
        form: Its fields.
        seen: Fingerprint of the file that it was made from.
        before: The task as it stands; none for a new one.
        field: Field that was refused, and why; empty where none was.
        refused: Why.
        preview: The task as the fields make it, where its author asked to see it.
        labels: Rows for labels.
        criteria: Rows for criteria.
    """

    form: Mapping[str, str]
    seen: str
    before: TaskDefinition | None
    labels: int
    criteria: int
    field: str = ""
    refused: str = ""
    preview: TaskDefinition | None = None


@TABLE.page("GET", "/tasks", permission="curate")
def show_tasks(request: Request) -> HTMLResponse:
    """Show all tasks, those with a refused file too."""
    desk = desk_of(request)
    rows = [_row(desk, name) for name in desk.work.task_names()]
    return page(request, "tasks.html", rows=rows)


@TABLE.page("GET", "/tasks/new", permission="curate")
def show_new(request: Request) -> HTMLResponse:
    """Show an empty form."""
    form = form_of_asking(Asking())
    form |= {"answer": "choose", "languages": "en\nfr\nar", "accepted_error": "5"}
    return _show(request, _sheet(form, seen=NEW, before=None))


@TABLE.page("GET", "/tasks/{name}", permission="curate")
def show_task(request: Request, name: str, written: int | None = None) -> HTMLResponse:
    """Show a task as a form, its versions below; `written` is the one just saved."""
    desk = desk_of(request)
    known = desk.work.task_names()
    seen = fingerprint(file_of(desk.work, name)) if name in known else NEW
    task = desk.work.task(name)
    sheet = _sheet(form_of(task), seen=seen, before=task)
    return _show(request, sheet, written=written)


@TABLE.page("POST", "/tasks", permission="curate")
def write_new(request: Request, form: Posted) -> Response:
    """Preview or write a new task."""
    return _take(request, form, before=None)


@TABLE.page("POST", "/tasks/{name}", permission="curate")
def write_again(request: Request, name: str, form: Posted) -> Response:
    """Preview or write a new version of a task."""
    before = desk_of(request).work.task(name)
    return _take(request, {**form, "name": name}, before=before)


def _take(
    request: Request, form: Mapping[str, str], *, before: TaskDefinition | None
) -> Response:
    desk, person, deed = desk_of(request), person_of(request), form.get("do", "save")
    seen = form.get("seen", NEW) if before else NEW
    more = _MORE if deed == "more" else 0
    try:
        task = task_of(form, before)
        _refuse_reserved(task.name)
    except FieldError as refusal:
        told = why_refused(refusal.error, person.language)
        is_asked = deed != "more"
        sheet = _sheet(
            form,
            seen=seen,
            before=before,
            more=more,
            field=refusal.field if is_asked else "",
            refused=told if is_asked else "",
        )
        return _show(request, sheet, status=422 if is_asked else 200)
    if deed != "save":
        shown = task if deed == "preview" else None
        sheet = _sheet(form, seen=seen, before=before, more=more, preview=shown)
        return _show(request, sheet)
    change = Change(
        task=task,
        seen=seen,
        by=person.id,
        at=datetime.fromtimestamp(desk.clock(), UTC).isoformat(timespec="seconds"),
        note=form.get("note", "").strip(),
        ask_again=tuple(one for one in form.get("ask_again", "").splitlines() if one),
    )
    try:
        version = write_version(desk.work, change)
    except BusyError as busy:
        told = why_refused(busy, person.language)
        sheet = _sheet(form, seen=seen, before=before, field="seen", refused=told)
        return _show(request, sheet, status=409)
    dealers_of(request).forget(task.name)
    return see_other(f"/tasks/{task.name}?written={version.number}")


def _refuse_reserved(name: str) -> None:
    if name == _RESERVED:
        error = SettingsError(f"name {name!r} cannot be a task's", code="task.name")
        raise FieldError("name", error)


def _sheet(
    form: Mapping[str, str],
    *,
    seen: str,
    before: TaskDefinition | None,
    more: int = 0,
    **found: object,
) -> Sheet:
    spare = max(more, _SPARE)
    return Sheet(
        form=form,
        seen=seen,
        before=before,
        labels=rows_in(form, "label") + spare,
        criteria=rows_in(form, "criterion") + spare,
        **found,  # type: ignore[arg-type]  # field, refused or preview
    )


def _show(
    request: Request, sheet: Sheet, *, status: int = 200, written: int | None = None
) -> HTMLResponse:
    desk = desk_of(request)
    before = sheet.before
    versions = versions_of(desk.work, before.name) if before else []
    return page(
        request,
        "task_editor.html",
        status=status,
        sheet=sheet,
        form=sheet.form,
        versions=list(reversed(versions)),
        current=_number_of(before, versions),
        is_by_hand=before is not None and _is_by_hand(desk, before),
        is_whole=before is None or task_of(form_of(before), before) == before,
        written=written,
        answers=tuple(ANSWERS),
        input_languages=LANGUAGES,
        to_html=to_html,
    )


def _is_by_hand(desk: Desk, task: TaskDefinition) -> bool:
    """Tell whether saving loses comments or layout that somebody gave the file."""
    path = file_of(desk.work, task.name)
    return path.exists() and path.read_text("utf-8-sig") != write_task(task)


def _row(desk: Desk, name: str) -> TaskRow:
    try:
        task = desk.work.task(name)
    except MaalemError as error:
        return TaskRow(name=name, task=None, refused=error.message)
    return TaskRow(
        name=name,
        task=task,
        items=desk.work.store.count(Item, name),
        answers=desk.work.store.count(Annotation, name),
        version=_number_of(task, versions_of(desk.work, name)),
    )


def _number_of(task: TaskDefinition | None, versions: list[TaskVersion]) -> int | None:
    """Give the number under which the version of a task is recorded."""
    return next(
        (one.number for one in versions if task and one.id == task.version), None
    )
