# SPDX-License-Identifier: Apache-2.0
"""How a refusal is answered: JSON for programs, a page for people, never a trace."""

import logging
import traceback
from collections.abc import Mapping
from types import MappingProxyType

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import Match

from maalem.app.desk.frame import language_of, page
from maalem.errors import (
    BusyError,
    DataError,
    EvidenceError,
    GateError,
    MaalemError,
    SettingsError,
    UsageError,
)
from maalem.translation import translation_in

logger = logging.getLogger(__name__)

API = "/api/"
"""What the paths of the HTTP API begin with."""

_STATUS: Mapping[type[MaalemError], int] = MappingProxyType(
    {
        UsageError: 400,
        SettingsError: 422,
        DataError: 422,
        BusyError: 409,
        GateError: 409,
        EvidenceError: 409,
    }
)
_MISSING = frozenset({"task.missing", "store.missing", "trace.no-row"})
_PLAIN: Mapping[int, str] = MappingProxyType(
    {
        400: "the request cannot be understood",
        404: "there is no such page",
        405: "this cannot be done here",
        408: "the request came too slowly",
        413: "the request is too large",
        422: "something in the request is missing or not allowed",
    }
)


class RefusedError(MaalemError):
    """A request that is refused, with the HTTP status that says so.

    Attributes:
        status: HTTP status, from 400 to 499.
        headers: Headers of the answer.
    """

    default_code = "desk.refused"
    exit_code = 2

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        hint: str = "",
        code: str = "",
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        super().__init__(message, hint=hint, code=code)
        self.status = status
        self.headers = headers


def status_of(error: MaalemError) -> int:
    """Give the HTTP status of a failure; 500 for one that the caller cannot mend."""
    if isinstance(error, RefusedError):
        return error.status
    if error.code in _MISSING:
        return 404
    return _STATUS.get(type(error), 500)


def answer_failure(request: Request, error: MaalemError) -> Response:
    """Answer a failure in the form that the caller can read.

    Args:
        request: What failed.
        error: Why.
    """
    status = status_of(error)
    headers = dict(error.headers) if isinstance(error, RefusedError) else {}
    told = {"code": error.code, "message": error.message, "hint": error.hint}
    if request.url.path.startswith(API):
        told |= _in_language(error, language_of(request))
        return JSONResponse({"error": told}, status_code=status, headers=headers)
    shown = page(request, "error.html", status=status, code=status, error=told)
    shown.headers.update(headers)
    return shown


def _in_language(error: MaalemError, language: str) -> dict[str, str]:
    """Tell message and hint to whom a page will show them; programs ask in English."""
    told = translation_in(language)
    return {"message": told.plain(error.message), "hint": told.plain(error.hint)}


def answer_unforeseen(request: Request, error: Exception) -> Response:
    """Answer what nobody thought of; its text may hold data and is told to nobody."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    logger.error(
        "%s failed with %s at %s:%s",
        getattr(request.scope.get("route"), "path", ""),
        type(error).__name__,
        last.filename,
        last.lineno,
    )
    told = MaalemError("something unforeseen happened", code="unforeseen")
    return answer_failure(request, told)


def teach_failures(application: FastAPI) -> None:
    """Make an application answer every failure as said here."""

    def of_http(request: Request, error: Exception) -> Response:
        status = getattr(error, "status_code", 400)
        told = _PLAIN.get(status, "the request is refused")
        told_headers = getattr(error, "headers", None) or {}
        headers = {name.lower(): value for name, value in told_headers.items()}
        if status == 405:  # Starlette names the methods of one route of the path
            headers["allow"] = ", ".join(_methods(application, request))
        refused = RefusedError(
            told, status=status, code="desk.refused", headers=headers
        )
        return answer_failure(request, refused)

    def of_values(request: Request, error: Exception) -> Response:
        return answer_failure(request, _refused_values(error))

    def of_maalem(request: Request, error: Exception) -> Response:
        if not isinstance(error, MaalemError):
            return answer_unforeseen(request, error)
        return answer_failure(request, error)

    application.add_exception_handler(HTTPException, of_http)
    application.add_exception_handler(RequestValidationError, of_values)
    application.add_exception_handler(MaalemError, of_maalem)


def _methods(application: FastAPI, request: Request) -> list[str]:
    """Give the methods of all routes of a path, which a refusal of one must name.

    Source:
        RFC 9110, HTTP Semantics, section 15.5.6.
    """
    fitting = [
        route
        for route in application.routes
        if route.matches(request.scope)[0] is not Match.NONE
    ]
    return sorted({one for route in fitting for one in getattr(route, "methods", ())})


def _refused_values(error: Exception) -> RefusedError:
    """Name the fields that are refused, and never what stood in them."""
    places = []
    if isinstance(error, RequestValidationError):
        places = [".".join(map(str, one["loc"])) for one in error.errors()]
    return RefusedError(
        f"refused: {', '.join(places) or 'the request'}",
        status=422,
        hint="look at the fields in the description of the API",
        code="desk.request",
    )
