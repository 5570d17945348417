# SPDX-License-Identifier: Apache-2.0
"""The one place that decides who may call a route."""

import hashlib
from collections.abc import Mapping, Sequence

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool

from maalem.app.desk import api_keys, people
from maalem.app.desk.attempts import Door
from maalem.app.desk.desk import Desk, Person
from maalem.app.desk.forgery import refuse_foreign_site, refuse_without_token
from maalem.app.desk.passwords import Passwords
from maalem.app.desk.permissions import KNOWN, OPEN, ROLES
from maalem.app.desk.refusals import API, RefusedError
from maalem.app.desk.routes import Route
from maalem.app.desk.sessions import Session, Sessions
from maalem.app.desk.tokens import is_same, new_token, token_hash
from maalem.store.key_chain import read_founding

STRANGER = "desk.sign-in"


class Guard:
    """Knows who is calling and whether they may.

    Attributes:
        desk: The running desk.
        sessions: Who is signed in.
        passwords: Hashes passwords.
        door: Counts who knocks how often.
        cookie: Name of the cookie that holds a session's token; another project's
            desk on the same machine has another.
        is_secure: Whether browsers come by https.
    """

    def __init__(
        self, desk: Desk, routes: Sequence[Route], *, passwords: Passwords | None = None
    ) -> None:
        settings = desk.work.project.desk
        _, first = desk.work.store.look(read_founding)  # a rotation signs nobody out
        ledger = hashlib.sha256(first).hexdigest()
        prefix = "__Host-" if settings.is_secure else ""
        self.desk = desk
        self.sessions = Sessions(desk.work.store)
        self.passwords = passwords or Passwords()
        self.door = Door()
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

    def refuse_wrong_set_up(self, token: str) -> None:
        """Refuse who does not hold the token that was made last.

        Raises:
            RefusedError: It is another, or there is none.
        """
        if not self._set_up or not is_same(token_hash(token), self._set_up):
            raise RefusedError(
                "this is not the token that the desk printed last",
                status=403,
                hint="look where the desk was started",
                code="people.set-up",
            )

    @property
    def has_sso(self) -> bool:
        """Whether an identity provider vouches for people."""
        return bool(self.desk.work.project.sso.issuer)

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

    def sign_out(self, person: str, response: Response) -> None:
        """End all sessions of somebody, and take the cookie from their browser."""
        self.sessions.end_all(person)
        response.delete_cookie(
            self.cookie, path="/", secure=self.is_secure, httponly=True, samesite="lax"
        )

    async def admit(self, request: Request, path: str) -> None:
        """Let a request pass to its handler, or refuse it.

        Args:
            request: It then knows its person, if it has one.
            path: Path of its route, as the table has it; one that is not in the table
                is closed to everybody.

        Raises:
            RefusedError: It must not pass.
        """
        route = self._routes.get((request.method, path))
        if route is None:
            raise RefusedError("there is no such page", status=404, code="desk.missing")
        key = _bearer(request)
        if key is None:
            await run_in_threadpool(self._recognise, request)
        else:
            await run_in_threadpool(self._recognise_key, request, key)
        _refuse_unpermitted(request, route)
        if route.method != "GET" and key is None:
            refuse_foreign_site(request)
            person = getattr(request.state, "person", None)
            if person is not None:
                await refuse_without_token(request, person)

    def _recognise(self, request: Request) -> None:
        """Write down who is calling, if it is somebody who signed in."""
        now, token = self.desk.clock(), request.cookies.get(self.cookie)
        session = self.sessions.find(token, now=now) if token else None
        person = self._person_of(session) if session else None
        if person is not None:
            request.state.session = session
            request.state.person = person
            request.state.permissions = ROLES.get(person.role, frozenset())

    def _recognise_key(self, request: Request, text: str) -> None:
        """Write down which key is calling; no cookie counts beside a key."""
        found = api_keys.find(self.desk.work.store, text, now=self.desk.clock())
        if found is None or not request.url.path.startswith(API):
            raise _stranger()
        request.state.permissions = found.scopes
        request.state.person = Person(
            id=f"key:{found.id}", name=found.name, role="service", language="en"
        )

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


def guard_of(request: Request) -> Guard:
    """Give the guard of the desk that a request came to."""
    found: Guard = request.app.state.guard
    return found


def own_address(request: Request) -> str:
    """Give the address of the desk as the caller's browser knows it, without a path."""
    scheme = "https" if guard_of(request).is_secure else "http"
    return f"{scheme}://{request.headers['host']}"


def local_path(wanted: str) -> str:
    """Give a path of this desk to go on to; `/` for whatever is no such path."""
    is_local = wanted.startswith("/") and wanted.isprintable()
    if not is_local or wanted[1:2] in ("/", "\\") or "\\" in wanted:
        return "/"
    return wanted


def _bearer(request: Request) -> str | None:
    """Give the key of a program; none if a browser is calling."""
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    return text.strip() if scheme.lower() == "bearer" else None


def _refuse_unpermitted(request: Request, route: Route) -> None:
    if route.permission == OPEN:
        return
    held = getattr(request.state, "permissions", None)
    if held is None:
        raise _stranger()
    if route.permission not in (KNOWN, *held):
        raise RefusedError(
            "your role may not do this",
            status=403,
            hint="ask an owner of the project",
            code="desk.forbidden",
        )


def _stranger() -> RefusedError:
    return RefusedError(
        "nobody is signed in here",
        status=401,
        hint="sign in, or send an API key",
        code=STRANGER,
    )
