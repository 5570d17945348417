# SPDX-License-Identifier: Apache-2.0
"""Every route, every role, nobody, and the people of another project."""

import re
import shutil
from contextlib import ExitStack

import pytest
from fastapi.routing import APIRoute
from tests.app.desk import builders

from maalem.app import loop
from maalem.app.desk import api_keys
from maalem.app.desk.application import every_route
from maalem.app.desk.guarded_route import GuardedRoute
from maalem.app.desk.permissions import OPEN, ROLES, may
from maalem.app.desk.routes import Route, RouteTable

ROUTES = every_route()
STRANGERS = ("nobody", "another project", "another project by our name")
CALLERS = (*ROLES, *STRANGERS)
DOORS = ("desk.sign-in", "desk.forbidden")


@pytest.fixture(scope="module")
def desks(desk_folder, tmp_path_factory):
    """Two desks of two projects."""
    home = tmp_path_factory.mktemp("two")
    with ExitStack() as stack:
        ours = shutil.copytree(desk_folder, home / "ours")
        theirs = builders.a_desk_project(home / "theirs")
        yield [
            builders.OpenDesk(stack.enter_context(loop.open_workspace(folder)))
            for folder in (ours, theirs)
        ]


def client_of(desks, caller):
    ours, theirs = desks
    if caller == "service":
        client = ours.client()
        store, now = ours.work.store, ours.clock()
        scopes = ROLES["service"]
        key = api_keys.create(store, "k", scopes=scopes, days=1, now=now, by="test")
        client.headers["authorization"] = f"Bearer {key}"
        return client
    if caller in ROLES:
        return ours.client(caller)
    client = ours.client()
    if caller != "nobody":
        token, session = theirs.guard.sessions.begin(
            theirs.member("owner").id, now=theirs.clock()
        )
        name = ours.guard.cookie if "our name" in caller else theirs.guard.cookie
        client.cookies.set(name, token, domain="127.0.0.1")
        client.headers["x-csrf-token"] = session.csrf
    return client


def is_turned_away(answer):
    """Whether the guard, not the handler, has answered."""
    if answer.status_code == 303:
        return answer.request.method == "GET" and answer.headers["location"].startswith(
            "/sign-in"
        )
    return any(code in answer.text for code in DOORS)


def holds(caller, route):
    if caller == "service":  # keys are for the HTTP API
        return not route.is_page and may("service", route.permission)
    if caller in STRANGERS:
        return route.permission == OPEN
    return may(caller, route.permission)


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("route", ROUTES, ids=lambda one: f"{one.method} {one.path}")
def test_a_route_opens_for_who_holds_its_permission_and_for_nobody_else(
    desks, route, caller
):
    path = re.sub(r"\{[^}]+\}", "x", route.path)
    answer = client_of(desks, caller).request(route.method, path)
    assert answer.status_code < 500
    if route.path == "/sign-in" and caller != "service":
        assert answer.status_code in (200, 401)
    else:
        assert is_turned_away(answer) is not holds(caller, route)


def test_every_way_into_the_desk_passes_the_guard(desks):
    ways = desks[0].application.routes
    assert len(ways) == len(ROUTES)
    assert all(type(way) is GuardedRoute for way in ways)
    assert {(method, way.path) for way in ways for method in way.methods} == {
        (route.method, route.path) for route in ROUTES
    }


def test_a_route_that_was_slipped_in_is_closed_to_everybody(desks):
    application = desks[0].application
    application.add_api_route("/slipped", lambda: "in", methods=["GET"])
    way = application.routes.pop()
    try:
        application.routes.append(way)
        assert isinstance(way, APIRoute)
        assert desks[0].client("owner").get("/slipped").status_code == 404
    finally:
        application.routes.remove(way)


@pytest.mark.parametrize(
    ("method", "permission"), [("GET", ""), ("GET", "anything"), ("DELETE", "read")]
)
def test_a_route_without_a_known_permission_stops_the_start(method, permission):
    with pytest.raises(ValueError, match="needs a known permission"):
        Route(
            method=method,
            path="/x",
            permission=permission,
            handler=print,
            is_page=True,
        )
    assert RouteTable().routes == []
