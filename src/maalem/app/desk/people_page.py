# SPDX-License-Identifier: Apache-2.0
"""The page on which an owner invites people, gives roles and makes API keys."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Form, Request, Response
from fastapi.responses import RedirectResponse

from maalem.app.desk import api_keys, invitations, people, people_deeds
from maalem.app.desk.api_keys import Bounds, allowed
from maalem.app.desk.desk import desk_of, person_of
from maalem.app.desk.frame import page
from maalem.app.desk.guard import guard_of, own_address
from maalem.app.desk.people import PERSON_ROLES, Newcomer
from maalem.app.desk.refusals import RefusedError
from maalem.app.desk.routes import RouteTable
from maalem.serving.allowances import NAMES
from maalem.serving.counters import PLACE, read_counters
from maalem.serving.limits import month_of

TABLE = RouteTable()
_PAGE = "/people"


@TABLE.page("GET", _PAGE, permission="people")
def show_people(request: Request) -> Response:
    """Show who may do what."""
    return _show(request)


@TABLE.page("POST", "/people/invite", permission="people")
def invite(
    request: Request,
    *,
    name: Annotated[str, Form()] = "",
    role: Annotated[str, Form()] = "expert",
    language: Annotated[str, Form()] = "en",
) -> Response:
    """Make an invitation and show its link, this once."""
    desk, by = desk_of(request), person_of(request).id
    try:
        guest = Newcomer(name=name, email=None, language=language, role=role)
    except RefusedError as error:
        return _show(request, refused=error.code, status=error.status)
    token = invitations.invite(desk.work.store, guest, now=desk.clock(), by=by)
    return _show(request, link=_link(request, token), link_for=guest.name)


@TABLE.page("POST", "/people/uninvite", permission="people")
def uninvite(request: Request, *, invitation: Annotated[str, Form()] = "") -> Response:
    """Make a link useless that nobody has used."""
    by = person_of(request).id
    invitations.revoke(desk_of(request).work.store, invitation, by=by)
    return RedirectResponse(_PAGE, status_code=303)


@TABLE.page("POST", "/people/role", permission="people")
def change_role(
    request: Request,
    *,
    person: Annotated[str, Form()] = "",
    role: Annotated[str, Form()] = "",
) -> Response:
    """Give somebody another role."""
    by = person_of(request).id
    try:
        people_deeds.set_role(desk_of(request).work.store, person, role, by=by)
    except RefusedError as error:
        return _show(request, refused=error.code, status=error.status)
    return RedirectResponse(_PAGE, status_code=303)


@TABLE.page("POST", "/people/door", permission="people")
def open_or_close(
    request: Request,
    *,
    person: Annotated[str, Form()] = "",
    deed: Annotated[str, Form()] = "",
) -> Response:
    """Close the door to somebody, open it again, or let them choose a new password."""
    guard, by = guard_of(request), person_of(request).id
    store = guard.desk.work.store
    member = people_deeds.member_named(store, person)
    if deed == "password":
        now = guard.desk.clock()
        token = invitations.invite_back(store, member, now=now, by=by)
        return _show(request, link=_link(request, token), link_for=member.name)
    try:
        _deed_named(deed)(store, member.id, by=by)
    except RefusedError as error:
        return _show(request, refused=error.code, status=error.status)
    guard.sessions.end_all(member.id)
    return RedirectResponse(_PAGE, status_code=303)


@TABLE.page("POST", "/people/keys", permission="people")
def make_key(
    request: Request,
    *,
    name: Annotated[str, Form()] = "",
    scope: Annotated[list[str] | None, Form()] = None,
    days: Annotated[int, Form()] = 90,
    task: Annotated[list[str] | None, Form()] = None,
    limit: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """Make an API key and show it, this once; limits come in the order of `NAMES`."""
    desk, by = desk_of(request), person_of(request).id
    store = desk.work.store
    try:
        bounds = Bounds(tasks=frozenset(task or ()), allowance=allowed(limit or ()))
        key = api_keys.create(
            store, name, scopes=scope or (), days=days, now=desk.clock(), by=by
        )
        if bounds != Bounds():
            api_keys.bind(store, key, bounds, by=by)
    except RefusedError as error:
        return _show(request, refused=error.code, status=error.status)
    return _show(request, key=key)


@TABLE.page("POST", "/people/keys/revoke", permission="people")
def revoke_key(request: Request, *, key: Annotated[str, Form()] = "") -> Response:
    """Make an API key useless."""
    desk, by = desk_of(request), person_of(request).id
    api_keys.revoke(desk.work.store, key, now=desk.clock(), by=by)
    return RedirectResponse(_PAGE, status_code=303)


def _deed_named(name: str) -> Callable[..., None]:
    deeds = {
        "open": people_deeds.activate,
        "close": people_deeds.deactivate,
        "erase": people_deeds.erase,
    }
    if name not in deeds:
        raise RefusedError("there is no such deed", status=422, code="people.value")
    return deeds[name]


def _link(request: Request, token: str) -> str:
    return f"{own_address(request)}/invitation/{token}"


def _show(request: Request, *, status: int = 200, **told: str) -> Response:
    desk = desk_of(request)
    store, now = desk.work.store, desk.clock()
    kept = read_counters(desk.work.folder / PLACE)
    month = month_of(now)
    shown = {
        "used": {key: one for key, one in kept.items() if one.month == month},
        "last": {key: one.last for key, one in kept.items()},
        "limits": NAMES,
        "tasks": desk.work.task_names(),
        "members": people.everyone(store),
        "invitations": invitations.pending(store, now=now),
        "keys": api_keys.everyone(store),
        "roles": PERSON_ROLES,
        "scopes": api_keys.SCOPES,
        "moment": lambda seconds: datetime.fromtimestamp(seconds, UTC),
        "now": now,
    }
    blank = {"refused": "", "link": "", "link_for": "", "key": ""}
    return page(request, "people.html", status=status, **shown, **{**blank, **told})
