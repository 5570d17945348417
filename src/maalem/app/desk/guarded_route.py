# SPDX-License-Identifier: Apache-2.0
"""How a route is put behind the guard, with whatever it does not declare refused."""

from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any
from urllib.parse import quote

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import get_flat_params
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from maalem.app.desk.guard import STRANGER, guard_of
from maalem.app.desk.refusals import (
    API,
    RefusedError,
    answer_failure,
    answer_unforeseen,
)
from maalem.errors import MaalemError


class GuardedRoute(APIRoute):
    """A route whose handler is reached only past the guard."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Put the guard before the handler, before even the body is read."""
        answer = super().get_route_handler()
        return partial(_answer_guarded, answer, self)


async def _answer_guarded(
    answer: Callable[[Request], Coroutine[Any, Any, Response]],
    route: GuardedRoute,
    request: Request,
) -> Response:
    try:
        await guard_of(request).admit(request, route.path)
        _refuse_unknown_queries(request, route.dependant)
        return await answer(request)
    except (HTTPException, RequestValidationError):
        raise
    except MaalemError as error:
        if error.code == STRANGER and _is_page_visit(request):
            return _to_sign_in(request)
        return answer_failure(request, error)
    except Exception as error:  # noqa: BLE001  # told in the log, and answered
        return answer_unforeseen(request, error)


def _refuse_unknown_queries(request: Request, dependant: Dependant) -> None:
    """Refuse a filter that the route does not declare, rather than overlook it."""
    known = {field.alias for field in get_flat_params(dependant)}
    unknown = [name for name in request.query_params if name not in known]
    if unknown:
        raise RefusedError(
            f"unknown in the query: {unknown[0][:80]!r}",
            status=400,
            hint=f"known: {', '.join(sorted(known)) or 'nothing'}",
            code="desk.query",
        )


def _is_page_visit(request: Request) -> bool:
    return request.method == "GET" and not request.url.path.startswith(API)


def _to_sign_in(request: Request) -> Response:
    path = request.url.path
    wanted = f"?next={quote(path, safe='/')}" if path != "/" else ""
    return RedirectResponse(f"/sign-in{wanted}", status_code=303)
