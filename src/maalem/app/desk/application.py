# SPDX-License-Identifier: Apache-2.0
"""The desk as an ASGI application: all route tables joined, with walls around."""

from fastapi import FastAPI

from maalem.app.desk import (
    api_cards,
    api_description,
    api_gold,
    approvals,
    cards_page,
    corpus_page,
    correcting,
    datasets,
    day,
    editor,
    gold_page,
    me,
    my_badges,
    offline,
    pausing,
    people_page,
    releases,
    resolve,
    sign_in,
    sso,
    static_files,
    team,
    trace_page,
    traffic_page,
    traffic_routes,
    webhooks,
)
from maalem.app.desk.courier import Courier
from maalem.app.desk.dealing_lessons import teach_live
from maalem.app.desk.dealing_registry import Dealers
from maalem.app.desk.desk import Desk
from maalem.app.desk.docket import Dockets
from maalem.app.desk.guard import Guard
from maalem.app.desk.guarded_route import GuardedRoute
from maalem.app.desk.passwords import Passwords
from maalem.app.desk.patience import PATIENCE
from maalem.app.desk.refusals import teach_failures
from maalem.app.desk.routes import Route, RouteTable
from maalem.app.desk.standing import Standings
from maalem.app.desk.traffic_kept import KeptTraffic
from maalem.app.desk.walls import Walls
from maalem.app.desk.watcher import Watcher
from maalem.app.desk.webhook_notices import add_webhooks, tell_missed

TABLES: tuple[RouteTable, ...] = (
    static_files.TABLE,
    offline.TABLE,
    sign_in.TABLE,
    day.TABLE,
    cards_page.TABLE,
    resolve.TABLE,
    gold_page.TABLE,
    editor.TABLE,
    team.TABLE,
    pausing.TABLE,
    corpus_page.TABLE,
    datasets.TABLE,
    approvals.TABLE,
    releases.TABLE,
    traffic_page.TABLE,
    traffic_routes.TABLE,
    trace_page.TABLE,
    me.TABLE,
    my_badges.TABLE,
    people_page.TABLE,
    sso.TABLE,
    correcting.TABLE,
    api_cards.TABLE,
    api_gold.TABLE,
    api_description.TABLE,
)
"""The tables of all modules with routes."""


def every_route() -> tuple[Route, ...]:
    """Give all routes of the desk."""
    return tuple(route for table in TABLES for route in table.routes)


def closed() -> FastAPI:
    """Make the application with its routes; without a guard it lets nobody in.

    What it tells of itself is given by a route behind the guard, not by FastAPI's own.
    """
    application = FastAPI(
        **api_description.TITLE,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    application.router.route_class = GuardedRoute
    for route in every_route():
        application.add_api_route(
            route.path,
            route.handler,
            methods=[route.method],
            include_in_schema=not route.is_page,
            response_model=None,
            **api_description.described(route),
        )
    add_webhooks(application)
    return application


def build(
    desk: Desk, *, passwords: Passwords | None = None, patience: float = PATIENCE
) -> FastAPI:
    """Make the application of a desk.

    Args:
        desk: The running desk; it outlives the application.
        passwords: Hashes passwords; with the usual costs if left out.
        patience: Seconds within which the body of a request must have come.
    """
    application = closed()
    application.state.desk = desk
    application.state.guard = Guard(desk, every_route(), passwords=passwords)
    application.state.provider = sso.find_provider(desk)
    application.state.dealers = Dealers(
        desk.work, clock=desk.clock, teach=teach_live(desk.work)
    )
    application.state.watcher = Watcher(
        desk.work, clock=desk.clock, tell=application.state.dealers.hear
    )
    application.state.standings, application.state.dockets = Standings(), Dockets()
    application.state.traffic = KeptTraffic()
    hooks = webhooks.everyone(desk.work.store)
    application.state.courier = Courier(hooks, clock=desk.clock)
    tell_missed(application.state.courier, desk.work.store, hooks)
    teach_failures(application)
    application.add_middleware(
        Walls, settings=desk.work.project.desk, patience=patience
    )
    return application
