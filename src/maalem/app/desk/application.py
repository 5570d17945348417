# SPDX-License-Identifier: Apache-2.0
"""The desk as an ASGI application: all route tables joined, with walls around."""

from fastapi import FastAPI

from maalem.app.desk import day
from maalem.app.desk.desk import Desk
from maalem.app.desk.routes import Route, RouteTable

TABLES: tuple[RouteTable, ...] = (day.TABLE,)
"""The tables of all modules with routes."""


def every_route() -> tuple[Route, ...]:
    """Give all routes of the desk."""
    return tuple(route for table in TABLES for route in table.routes)


def build(desk: Desk) -> FastAPI:
    """Make the application of a desk.

    Args:
        desk: The running desk; it outlives the application.
    """
    application = FastAPI(
        title="Maalem desk", version="1", docs_url=None, redoc_url=None
    )
    application.state.desk = desk
    for route in every_route():
        application.add_api_route(
            route.path,
            route.handler,
            methods=[route.method],
            include_in_schema=not route.is_page,
        )
    return application
