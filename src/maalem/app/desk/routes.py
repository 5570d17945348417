# SPDX-License-Identifier: Apache-2.0
"""The table of routes: each has a declared permission, or nothing starts."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from maalem.app.desk.permissions import KNOWN, OPEN, ROLES

Handler = TypeVar("Handler", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One way into the desk.

    Attributes:
        method: `GET` or `POST`; a GET changes nothing.
        path: Its path, as FastAPI writes it.
        permission: What its caller must hold; see `permissions.ROLES`.
        handler: The function that answers.
        is_page: Whether it answers with a page for people; others stand in OpenAPI.
    """

    method: str
    path: str
    permission: str
    handler: Callable[..., Any]
    is_page: bool

    def __post_init__(self) -> None:
        known = {OPEN, KNOWN}.union(*ROLES.values())
        if self.method not in ("GET", "POST") or self.permission not in known:
            raise ValueError(f"{self.method} {self.path} needs a known permission")


class RouteTable:
    """The routes of one module; the application joins all tables."""

    def __init__(self) -> None:
        self.routes: list[Route] = []

    def page(
        self, method: str, path: str, *, permission: str
    ) -> Callable[[Handler], Handler]:
        """Give a path that answers with a page, or with a redirect to one."""
        return self._adding(method, path, permission=permission, is_page=True)

    def api(
        self, method: str, path: str, *, permission: str
    ) -> Callable[[Handler], Handler]:
        """Give a path of the documented HTTP API, which answers with JSON."""
        return self._adding(method, path, permission=permission, is_page=False)

    def _adding(
        self, method: str, path: str, *, permission: str, is_page: bool
    ) -> Callable[[Handler], Handler]:
        def add(handler: Handler) -> Handler:
            route = Route(
                method=method,
                path=path,
                permission=permission,
                handler=handler,
                is_page=is_page,
            )
            self.routes.append(route)
            return handler

        return add
