# SPDX-License-Identifier: Apache-2.0
"""The pages by which people come in whom an identity provider vouches for."""

import importlib
from typing import TYPE_CHECKING, Annotated

from fastapi import Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel

from maalem.app.desk.desk import Desk
from maalem.app.desk.frame import language_of, page
from maalem.app.desk.guard import guard_of, own_address
from maalem.app.desk.identities import Admission, Errand, ProviderError, member_for
from maalem.app.desk.permissions import OPEN
from maalem.app.desk.refusals import RefusedError
from maalem.app.desk.routes import RouteTable
from maalem.app.desk.sign_in import caller_of
from maalem.errors import MaalemError, MissingPartError, boundary

if TYPE_CHECKING:
    from maalem.app.desk.oidc import Provider

TABLE = RouteTable()
_ERRAND_SECONDS = 600
_BACK = "/sso/callback"


class Answer(BaseModel):
    """What providers add to the address to which they send a browser back.

    Attributes:
        code: To be exchanged for an ID token.
        state: As the errand said it.
        iss: Who answers.
    """

    code: str = ""
    state: str = ""
    iss: str = ""
    error: str = ""
    error_description: str = ""
    error_uri: str = ""
    session_state: str = ""
    scope: str = ""
    authuser: str = ""
    prompt: str = ""
    hd: str = ""


def find_provider(desk: Desk) -> "Provider | None":
    """Make the provider that the settings name, if they name one.

    Raises:
        MissingPartError: The extra `sso` is not installed.
    """
    settings = desk.work.project.sso
    if not settings.issuer:
        return None
    hint = "pip install 'maalem[sso]'"
    with boundary(MissingPartError, "load OpenID Connect", hint=hint):
        oidc = importlib.import_module("maalem.app.desk.oidc")
    made: Provider = oidc.Provider(settings, secret=desk.sso_secret, clock=desk.clock)
    return made


@TABLE.page("GET", "/sso", permission=OPEN)
def leave(request: Request) -> Response:
    """Send a browser to the provider; what it must bring back goes into a cookie."""
    guard, provider = guard_of(request), _provider_of(request)
    guard.door.refuse_too_many(caller_of(request), "sso", now=guard.desk.clock())
    errand = Errand()
    try:
        address = provider.address_for(errand, back=own_address(request) + _BACK)
    except ProviderError as error:
        return _back_at_the_door(request, error)
    answer = RedirectResponse(address, status_code=303)
    answer.set_cookie(
        f"{guard.cookie}-sso",
        errand.text,
        max_age=_ERRAND_SECONDS,
        path="/",
        secure=guard.is_secure,
        httponly=True,
        samesite="lax",
    )
    return answer


@TABLE.page("GET", _BACK, permission=OPEN)
def arrive(request: Request, given: Annotated[Answer, Query()]) -> Response:
    """Let in whom the provider vouches for."""
    guard, provider = guard_of(request), _provider_of(request)
    guard.door.refuse_too_many(caller_of(request), "sso", now=guard.desk.clock())
    admission = Admission(
        role=guard.desk.work.project.sso.newcomers,
        language=language_of(request),
        now=guard.desk.clock(),
    )
    cookie = f"{guard.cookie}-sso"
    try:
        errand = Errand.read(request.cookies.get(cookie, ""))
        back = own_address(request) + _BACK
        vouched = provider.vouch(errand, given.model_dump(), back=back)
        member = member_for(guard.desk.work.store, vouched, admission)
    except (ProviderError, RefusedError) as error:
        answer = _back_at_the_door(request, error)
        answer.delete_cookie(cookie, path="/", secure=guard.is_secure, httponly=True)
        return answer
    answer = RedirectResponse("/", status_code=303)
    guard.sign_in(request, member.id, answer)
    answer.delete_cookie(cookie, path="/", secure=guard.is_secure, httponly=True)
    return answer


def _provider_of(request: Request) -> "Provider":
    found: Provider | None = request.app.state.provider
    if found is None:
        raise RefusedError("there is no such page", status=404, code="desk.missing")
    return found


def _back_at_the_door(request: Request, error: MaalemError) -> Response:
    shown = {"next": "/", "refused": error.code, "has_sso": True}
    return page(request, "sign_in.html", status=403, **shown)
