# SPDX-License-Identifier: Apache-2.0
"""The page of a person's own settings, and the one behind an invitation."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Form, Request, Response
from fastapi.responses import RedirectResponse

from maalem.app.desk import invitations, people, people_deeds
from maalem.app.desk.dealing_registry import dealers_of
from maalem.app.desk.desk import Person, desk_of, person_of
from maalem.app.desk.forms import Posted, see_other
from maalem.app.desk.frame import language_of, page
from maalem.app.desk.guard import Guard, guard_of
from maalem.app.desk.invitations import Invitation
from maalem.app.desk.key_map import DEEDS, NAMED, Chosen, choose_keys
from maalem.app.desk.my_badges import qualified
from maalem.app.desk.my_keys import keys_of, set_keys
from maalem.app.desk.people import Newcomer
from maalem.app.desk.permissions import OPEN
from maalem.app.desk.refusals import RefusedError
from maalem.app.desk.routes import RouteTable
from maalem.app.desk.sign_in import caller_of
from maalem.app.desk.speech import LANGUAGES, speech_in
from maalem.tasks.names import LANGUAGES as READABLE

TABLE = RouteTable()


@TABLE.page("GET", "/me", permission="sign")
def show_me(request: Request, *, saved: str = "") -> Response:
    """Show a person's own settings."""
    return _show_me(request, refused="", saved=saved)


@TABLE.page("POST", "/me/password", permission="sign")
def change_password(
    request: Request,
    *,
    password: Annotated[str, Form()] = "",
    new_password: Annotated[str, Form()] = "",
) -> Response:
    """Change a password; every session ends, and this browser gets a new one."""
    guard, person = guard_of(request), person_of(request)
    store = guard.desk.work.store
    member = people.find(store, person.id)
    now = guard.desk.clock()
    guard.door.refuse_too_many(caller_of(request), person.id, now=now)
    try:
        _refuse_wrong(guard, password, member.secret if member else None)
        secret = guard.passwords.hash(new_password)
    except RefusedError as error:
        return _show_me(request, refused=error.code, status=error.status)
    guard.door.welcome(caller_of(request), person.id)
    people_deeds.set_secret(store, person.id, secret)
    guard.sessions.end_all(person.id)
    answer = RedirectResponse("/me", status_code=303)
    guard.sign_in(request, person.id, answer)
    return answer


@TABLE.page("POST", "/me/reading", permission="sign")
def choose_languages(request: Request, form: Posted) -> Response:
    """Remember in which languages a person wants to be given passages."""
    person = person_of(request)
    ticked = form.get("reads", "").splitlines()
    people_deeds.set_reads(desk_of(request).work.store, person.id, ticked)
    dealers_of(request).read(person.id, ticked)
    return see_other("/me")


@TABLE.page("POST", "/me/keys", permission="answer")
def change_keys(request: Request, form: Posted) -> Response:
    """Remember a person's own keys, or go back to the standard ones."""
    store, person = desk_of(request).work.store, person_of(request)
    if "standard" in form:
        set_keys(store, person.id, DEEDS)
        return see_other("/me?saved=keys#keys")
    chosen = choose_keys(form)
    if chosen.faults:
        return _show_me(request, refused="", status=422, chosen=chosen)
    set_keys(store, person.id, chosen.keys)
    return see_other("/me?saved=keys#keys")


@TABLE.page("GET", "/invitation/{token}", permission=OPEN)
def show_invitation(request: Request, token: str) -> Response:
    """Greet somebody who was invited, in their language."""
    desk = desk_of(request)
    found = invitations.find(desk.work.store, token, now=desk.clock())
    return _show_invitation(request, found, name=found.name)


@TABLE.page("POST", "/invitation/{token}", permission=OPEN)
def accept(
    request: Request,
    *,
    token: str,
    name: Annotated[str, Form()] = "",
    email: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
) -> Response:
    """Let somebody in by a link, once."""
    guard = guard_of(request)
    store, now = guard.desk.work.store, guard.desk.clock()
    found = invitations.find(store, token, now=now)
    try:
        person = _entering(request, found, name=name, email=email)(
            guard.passwords.hash(password)
        )
    except RefusedError as error:
        typed = {"name": name, "email": email, "refused": error.code}
        return _show_invitation(request, found, status=error.status, **typed)
    guard.sessions.end_all(person)
    answer = RedirectResponse("/", status_code=303)
    guard.sign_in(request, person, answer)
    return answer


def _entering(
    request: Request, found: Invitation, *, name: str, email: str
) -> Callable[[str], str]:
    """Give what is done once there is a password; what was typed is checked first."""
    desk = desk_of(request)
    store, now = desk.work.store, desk.clock()
    if found.person is not None:
        return lambda secret: invitations.come_back(
            store, found, secret=secret, now=now
        )
    language = _greeting(request, found)
    newcomer = Newcomer(name=name, email=email, language=language, role=found.role)
    return lambda secret: (
        invitations.join(store, found, newcomer, secret=secret, now=now).id
    )


def _refuse_wrong(guard: Guard, password: str, secret: str | None) -> None:
    if not guard.passwords.is_right(password, secret):
        raise RefusedError("this is not your password", status=403, code="people.wrong")


def _show_me(
    request: Request,
    *,
    refused: str,
    status: int = 200,
    chosen: Chosen | None = None,
    saved: str = "",
) -> Response:
    person: Person = person_of(request)
    store = desk_of(request).work.store
    member = people.find(store, person.id)
    kept = Chosen(keys=keys_of(store, person.id), faults=())
    shown = {
        "keys": chosen or kept,
        "named_keys": NAMED,
        "has_saved_keys": saved == "keys",
        "member": member,
        "refused": refused,
        "qualified": qualified(desk_of(request), person),
        "readable": READABLE,
        "has_password": member is not None and member.secret is not None,
    }
    return page(request, "me.html", status=status, **shown)


def _show_invitation(
    request: Request,
    found: Invitation,
    *,
    name: str,
    status: int = 200,
    email: str = "",
    refused: str = "",
) -> Response:
    speech = speech_in(_greeting(request, found))
    spoken = {"_": speech.say, "n_": speech.count, "plain": speech.plain}
    shown = {"invitation": found, "name": name, "email": email, "refused": refused}
    return page(
        request, "invitation.html", status=status, speech=speech, **spoken, **shown
    )


def _greeting(request: Request, found: Invitation) -> str:
    """Give the language chosen in this browser, else the invitation's."""
    chosen = request.cookies.get("language", "")
    return language_of(request) if chosen in LANGUAGES else found.language
