# SPDX-License-Identifier: Apache-2.0
"""What the HTTP API tells of itself: an OpenAPI document, made from the routes."""

import inspect
from collections.abc import Mapping
from typing import Any, TypedDict

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from maalem.app.desk.guard import guard_of
from maalem.app.desk.permissions import KNOWN, ROLES
from maalem.app.desk.routes import Route, RouteTable

TABLE = RouteTable()
PATH = "/api/v1/openapi.json"
SESSION, TOKEN, KEY = "session", "csrf", "key"
"""Names of the ways to say who is calling; the token goes with a session."""

_ABOUT = (
    "What the cards in the browser use, and programs may. Paths under /api/v1 keep "
    "their meaning; answers may gain fields, requests with unknown fields are refused."
)


class FailureDetail(BaseModel):
    """Why something was refused."""

    code: str = Field(description="Stable; docs/reference/errors.md names the way out.")
    message: str
    hint: str = Field(description="What to do; may be empty.")


class Failure(BaseModel):
    """The form of every refusal."""

    error: FailureDetail


class Title(TypedDict):
    """What stands at the head of the description."""

    title: str
    version: str
    description: str


TITLE = Title(title="Maalem desk", version="1", description=_ABOUT)


class Told(TypedDict, total=False):
    """What a route tells of itself, as FastAPI takes it."""

    operation_id: str
    responses: dict[int | str, dict[str, Any]]
    openapi_extra: dict[str, Any]


def described(route: Route) -> Told:
    """Tell what a route of the API gives, how it refuses, and who may call it.

    What it gives is described and not checked again: a check of our own answers took
    0.27 ms of each receipt. A page tells nothing.
    """
    if route.is_page:
        return Told()
    given = inspect.signature(route.handler).return_annotation
    ways: list[dict[str, list[str]]] = [{SESSION: []}]
    if route.method != "GET":
        ways = [{SESSION: [], TOKEN: []}]
    if route.permission in (KNOWN, *ROLES["service"]):
        ways.append({KEY: []})
    success = {"model": given, "description": "Done."}
    if given is JSONResponse:
        success = {"description": "This description."}
    return Told(
        operation_id=route.handler.__name__,
        responses={
            200: success,
            "4XX": {"model": Failure, "description": "Refused, with the reason."},
        },
        openapi_extra={"security": ways, "x-permission": route.permission},
    )


def description_of(application: FastAPI, *, cookie: str) -> Mapping[str, Any]:
    """Give the description of an application's API; it names nothing outside.

    Args:
        application: With its routes.
        cookie: Name of the cookie that holds a session's token.
    """
    made = application.openapi()
    made["components"]["securitySchemes"] = {
        SESSION: {
            "type": "apiKey",
            "in": "cookie",
            "name": cookie,
            "description": "Of a browser in which somebody has signed in.",
        },
        TOKEN: {
            "type": "apiKey",
            "in": "header",
            "name": "x-csrf-token",
            "description": "Of the session, from the page's <meta name=csrf>; "
            "whatever changes something needs it beside the cookie.",
        },
        KEY: {
            "type": "http",
            "scheme": "bearer",
            "description": "A key that an owner has made; its scopes are permissions.",
        },
    }
    return made


@TABLE.api("GET", PATH, permission=KNOWN)
def describe_api(request: Request) -> JSONResponse:
    """Describe this API in OpenAPI 3.1; nothing in it is loaded from elsewhere."""
    cookie = guard_of(request).cookie
    return JSONResponse(description_of(request.app, cookie=cookie))
