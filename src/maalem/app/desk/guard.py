# SPDX-License-Identifier: Apache-2.0
"""The one place that decides who may call a route."""

import hashlib
from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import partial
from typing import Any
from urllib.parse import quote, urlsplit

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from maalem.app.desk import people
from maalem.app.desk.desk import Desk, Person
from maalem.app.desk.passwords import Passwords
from maalem.app.desk.permissions import OPEN, may
from maalem.app.desk.refusals import (
    API,
    RefusedError,
    answer_failure,
    answer_unforeseen,
)
from maalem.app.desk.routes import Route
from maalem.app.desk.sessions import Session, Sessions
from maalem.app.desk.tokens import is_same, new_token, token_hash
from maalem.errors import MaalemError

STRANGER = "desk.sign-in"
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


class Guard:
    """Knows who is calling and whether they may.

    Attributes:
        desk: The running desk.
        sessions: Who is signed in.
        passwords: Hashes passwords.
        cookie: Name of the cookie that holds a session's token; another project's
            desk on the same machine has another.
        is_secure: Whether browsers come by https.
    """

    def __init__(
        self, desk: Desk, routes: Sequence[Route], *, passwords: Passwords | None = None
    ) -> None:
        settings = desk.work.project.desk
        ledger = hashlib.sha256(desk.work.store.signing_key.public_bytes).hexdigest()
        prefix = "__Host-" if settings.is_secure else ""
        self.desk = desk
        self.sessions = Sessions(desk.work.store)
        self.passwords = passwords or Passwords()
        self.cookie = f"{prefix}maalem-{ledger[:8]}"
        self.is_secure = settings.is_secure
        self._routes: Mapping[tuple[str, str], Route] = {
            (route.method, route.path): route for route in routes
        }
        self._set_up = ""

    def new_set_up_token(self) -> str:
        """Make the token with which the first owner enters; an older one is void."""
        token = new_token()
        self._set_up = token_hash(token)
        return token

    def is_set_up_token(self, token: str) -> bool:
        """Tell whether a token opens the door to the first owner."""
        waits = bool(self._set_up) and not people.has_owner(self.desk.work.store)
        return waits and is_same(token_hash(token), self._set_up)

    def sign_in(self, request: Request, person: str, response: Response) -> None:
        """Begin a session, and end the one that the browser had before.

        Args:
            request: Of the browser.
            person: Pseudonym of who signs in.
            response: The answer, which gets the new cookie.
        """
        now = self.desk.clock()
        before = self.sessions.find(request.cookies.get(self.cookie, ""), now=now)
        if before is not None:
            self.sessions.end(before)
        token, _ = self.sessions.begin(person, now=now)
        response.set_cookie(
            self.cookie,
            token,
            path="/",
            secure=self.is_secure,
            httponly=True,
            samesite="lax",
        )

    def sign_out(self, request: Request, response: Response) -> None:
        """End the session of a browser."""
        session = getattr(request.state, "session", None)
        if session is not None:
            self.sessions.end(session)
        response.delete_cookie(
            self.cookie, path="/", secure=self.is_secure, httponly=True, samesite="lax"
        )

    async def admit(self, request: Request, path: str) -> None:
        """Let a request pass to its handler, or refuse it.

        Args:
            request: It then knows its person.
            path: Path of its route, as the table has it; one that is not in the table
                is closed to everybody.

        Raises:
            RefusedError: It must not pass.
        """
        route = self._routes.get((request.method, path))
        if route is None:
            raise RefusedError("there is no such page", status=404, code="desk.missing")
        await run_in_threadpool(self._recognise, request)
        person = getattr(request.state, "person", None)
        if route.permission != OPEN:
            _refuse_stranger(person)
        if person is not None and not may(person.role, route.permission):
            raise RefusedError(
                "your role may not do this",
                status=403,
                hint="ask an owner of the project",
                code="desk.forbidden",
            )
        if route.method != "GET":
            _refuse_foreign_site(request)
            if person is not None:
                await _refuse_without_token(request, person)

    def _recognise(self, request: Request) -> None:
        """Write down who is calling, if it is somebody."""
        token = request.cookies.get(self.cookie)
        session = self.sessions.find(token, now=self.desk.clock()) if token else None
        person = self._person_of(session) if session else None
        if person is not None:
            request.state.session = session
            request.state.person = person

    def _person_of(self, session: Session) -> Person | None:
        member = people.find(self.desk.work.store, session.person)
        if member is None or not member.is_active:
            return None
        return Person(
            id=member.id,
            name=member.name,
            role=member.role,
            language=member.language,
            csrf=session.csrf,
        )


class GuardedRoute(APIRoute):
    """A route whose handler is reached only past the guard."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Put the guard before the handler, before even the body is read."""
        answer = super().get_route_handler()
        return partial(_answer_guarded, answer, self.path)


async def _answer_guarded(
    answer: Callable[[Request], Coroutine[Any, Any, Response]],
    path: str,
    request: Request,
) -> Response:
    try:
        await guard_of(request).admit(request, path)
        return await answer(request)
    except (HTTPException, RequestValidationError):
        raise
    except MaalemError as error:
        if error.code == STRANGER and _is_page_visit(request):
            return _to_sign_in(request)
        return answer_failure(request, error)
    except Exception as error:  # noqa: BLE001  # told in the log, and answered
        return answer_unforeseen(request, error)


def guard_of(request: Request) -> Guard:
    """Give the guard of the desk that a request came to."""
    found: Guard = request.app.state.guard
    return found


def local_path(wanted: str) -> str:
    """Give a path of this desk to go on to; `/` for whatever is no such path."""
    is_local = wanted.startswith("/") and wanted.isprintable()
    if not is_local or wanted[1:2] in ("/", "\\") or "\\" in wanted:
        return "/"
    return wanted


def _is_page_visit(request: Request) -> bool:
    return request.method == "GET" and not request.url.path.startswith(API)


def _to_sign_in(request: Request) -> Response:
    path = request.url.path
    wanted = f"?next={quote(path, safe='/')}" if path != "/" else ""
    return RedirectResponse(f"/sign-in{wanted}", status_code=303)


def _refuse_stranger(person: Person | None) -> None:
    if person is None:
        raise RefusedError(
            "nobody is signed in here",
            status=401,
            hint="sign in, or send an API key",
            code=STRANGER,
        )


def _refuse_foreign_site(request: Request) -> None:
    """Refuse what another site made the browser send."""
    site = request.headers.get("sec-fetch-site", "none")
    origin = request.headers.get("origin")
    is_own = origin is None or urlsplit(origin).netloc == request.headers["host"]
    if site not in ("same-origin", "none") or not is_own:
        raise _forged()


async def _refuse_without_token(request: Request, person: Person) -> None:
    """Refuse a change that does not carry the token of the session."""
    given: object = request.headers.get("x-csrf-token")
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given is None and kind in _FORMS:
        given = (await request.form()).get("csrf")
    if not isinstance(given, str) or not is_same(given, person.csrf):
        raise _forged()


def _forged() -> RefusedError:
    return RefusedError(
        "this request did not come from a page of this desk",
        status=403,
        hint="load the page again",
        code="desk.csrf",
    )
