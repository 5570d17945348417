# SPDX-License-Identifier: Apache-2.0
"""The pages by which people come in and go out, and the language switch."""

from typing import Annotated

from fastapi import Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from maalem.app.desk import people, people_deeds
from maalem.app.desk.desk import person_of
from maalem.app.desk.frame import language_of, page
from maalem.app.desk.guard import guard_of, local_path
from maalem.app.desk.people import Newcomer
from maalem.app.desk.permissions import OPEN
from maalem.app.desk.refusals import RefusedError
from maalem.app.desk.routes import RouteTable
from maalem.app.desk.speech import LANGUAGES

TABLE = RouteTable()


@TABLE.page("GET", "/sign-in", permission=OPEN)
def show_sign_in(
    request: Request, *, wanted: Annotated[str, Query(alias="next")] = "/"
) -> Response:
    """Show the door; a project without an owner is set up first."""
    if not people.has_owner(guard_of(request).desk.work.store):
        return RedirectResponse("/set-up", status_code=303)
    return _show(request, wanted=wanted)


@TABLE.page("POST", "/sign-in", permission=OPEN)
def sign_in(
    request: Request,
    *,
    email: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    wanted: Annotated[str, Form(alias="next")] = "/",
) -> Response:
    """Sign somebody in; an unknown name and a wrong password look the same."""
    guard = guard_of(request)
    account, caller = people.address(email), caller_of(request)
    guard.door.refuse_too_many(caller, account, now=guard.desk.clock())
    member = people.find_by_email(guard.desk.work.store, account)
    secret = member.secret if member is not None and member.is_active else None
    is_right = guard.passwords.is_right(password, secret)
    if member is None or not is_right:
        return _show(request, wanted=wanted, refused="wrong", status=401)
    guard.door.welcome(caller, account)
    answer = RedirectResponse(local_path(wanted), status_code=303)
    guard.sign_in(request, member.id, answer)
    return answer


@TABLE.page("POST", "/sign-out", permission="sign")
def sign_out(request: Request) -> Response:
    """End all sessions of a person, here and elsewhere."""
    answer = RedirectResponse("/sign-in", status_code=303)
    guard_of(request).sign_out(person_of(request).id, answer)
    return answer


@TABLE.page("GET", "/set-up", permission=OPEN)
def show_set_up(request: Request) -> Response:
    """Show how the first owner enters; once there is one, this page is gone."""
    _refuse_owned(request)
    return page(request, "set_up.html", refused="", name="", email="")


@TABLE.page("POST", "/set-up", permission=OPEN)
def set_up(
    request: Request,
    *,
    token: Annotated[str, Form()] = "",
    name: Annotated[str, Form()] = "",
    email: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
) -> Response:
    """Let the first owner enter, with the token that the desk printed."""
    _refuse_owned(request)
    guard = guard_of(request)
    guard.door.refuse_too_many(caller_of(request), "set-up", now=guard.desk.clock())
    try:
        guard.refuse_wrong_set_up(token.strip())
        language = language_of(request)
        newcomer = Newcomer(name=name, email=email, language=language, role="owner")
        owner = people_deeds.create_first_owner(
            guard.desk.work.store,
            newcomer,
            secret=guard.passwords.hash(password),
            now=guard.desk.clock(),
        )
    except RefusedError as error:
        typed = {"name": name, "email": email, "refused": error.code}
        return page(request, "set_up.html", status=error.status, **typed)
    answer = RedirectResponse("/", status_code=303)
    guard.sign_in(request, owner.id, answer)
    return answer


@TABLE.page("POST", "/language", permission=OPEN)
def choose_language(
    request: Request,
    *,
    language: Annotated[str, Form()] = "",
    back: Annotated[str, Form()] = "/",
) -> Response:
    """Switch the language of the pages: a person's own, or the browser's."""
    answer = RedirectResponse(local_path(back), status_code=303)
    if language not in LANGUAGES:
        return answer
    guard = guard_of(request)
    person = getattr(request.state, "person", None)
    if person is not None:
        people_deeds.set_language(guard.desk.work.store, person.id, language)
    answer.set_cookie(
        "language",
        language,
        max_age=365 * 24 * 3600,
        secure=guard.is_secure,
        httponly=True,
        samesite="lax",
    )
    return answer


def caller_of(request: Request) -> str:
    """Give the address that a request comes from."""
    return request.client.host if request.client else ""


def _show(
    request: Request, *, wanted: str, refused: str = "", status: int = 200
) -> Response:
    shown = {
        "next": local_path(wanted),
        "refused": refused,
        "has_sso": guard_of(request).has_sso,
    }
    return page(request, "sign_in.html", status=status, **shown)


def _refuse_owned(request: Request) -> None:
    if people.has_owner(guard_of(request).desk.work.store):
        raise RefusedError("there is no such page", status=404, code="desk.missing")
