# SPDX-License-Identifier: Apache-2.0
"""The pages by which people come in and go out, and the language switch."""

from typing import Annotated

from fastapi import Form, Request, Response
from fastapi.responses import RedirectResponse

from maalem.app.desk import people
from maalem.app.desk.frame import language_of, page
from maalem.app.desk.guard import guard_of, local_path
from maalem.app.desk.people import Newcomer
from maalem.app.desk.permissions import OPEN
from maalem.app.desk.refusals import RefusedError
from maalem.app.desk.routes import RouteTable
from maalem.app.desk.speech import LANGUAGES

TABLE = RouteTable()


@TABLE.page("GET", "/sign-in", permission=OPEN)
def show_sign_in(request: Request) -> Response:
    """Show the door; a project without an owner is set up first."""
    guard = guard_of(request)
    if not people.has_owner(guard.desk.work.store):
        return RedirectResponse("/set-up", status_code=303)
    wanted = local_path(request.query_params.get("next", "/"))
    return page(request, "sign_in.html", next=wanted, is_wrong=False)


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
    member = people.find_by_email(guard.desk.work.store, email)
    secret = member.secret if member is not None and member.is_active else None
    is_right = guard.passwords.is_right(password, secret)
    if member is None or not is_right:
        shown = {"next": local_path(wanted), "is_wrong": True}
        return page(request, "sign_in.html", status=401, **shown)
    answer = RedirectResponse(local_path(wanted), status_code=303)
    guard.sign_in(request, member.id, answer)
    return answer


@TABLE.page("POST", "/sign-out", permission="sign")
def sign_out(request: Request) -> Response:
    """End the session of this browser."""
    answer = RedirectResponse("/sign-in", status_code=303)
    guard_of(request).sign_out(request, answer)
    return answer


@TABLE.page("GET", "/set-up", permission=OPEN)
def show_set_up(request: Request) -> Response:
    """Show how the first owner enters; once there is one, this page is gone."""
    if people.has_owner(guard_of(request).desk.work.store):
        raise RefusedError("there is no such page", status=404, code="desk.missing")
    return page(request, "set_up.html", refused="")


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
    guard = guard_of(request)
    store = guard.desk.work.store
    if not guard.is_set_up_token(token.strip()):
        return page(request, "set_up.html", status=403, refused="token")
    language = language_of(request)
    newcomer = Newcomer(name=name, email=email, language=language, role="owner")
    secret = guard.passwords.hash(password)
    owner = people.create(
        store, newcomer, secret=secret, now=guard.desk.clock(), by="set-up"
    )
    answer = RedirectResponse("/", status_code=303)
    guard.sign_in(request, owner.id, answer)
    return answer


@TABLE.page("POST", "/language", permission=OPEN)
def choose_language(
    request: Request,
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
        people.set_language(guard.desk.work.store, person.id, language)
    answer.set_cookie(
        "language",
        language,
        max_age=365 * 24 * 3600,
        secure=guard.is_secure,
        httponly=True,
        samesite="lax",
    )
    return answer
