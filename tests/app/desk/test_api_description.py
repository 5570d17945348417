# SPDX-License-Identifier: Apache-2.0
"""The HTTP API tells of itself in OpenAPI 3.1, to whoever is known."""

import json
import re
from uuid import uuid4

import pytest
from tests.app.desk.openapi import KINDS, fits, resolved

from maalem.app.desk import api_keys
from maalem.app.desk.api_description import PATH
from maalem.app.desk.application import every_route

API = [route for route in every_route() if not route.is_page]


@pytest.fixture
def said(desk_client):
    answer = desk_client("expert").get(PATH)
    assert answer.headers["content-type"] == "application/json"
    return answer.json()


def parts(node):
    """Give every object in a document."""
    if isinstance(node, dict):
        yield node
    for child in (
        node.values()
        if isinstance(node, dict)
        else node
        if isinstance(node, list)
        else ()
    ):
        yield from parts(child)


def operations(said):
    for path, methods in said["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def test_every_way_of_the_api_is_described_and_no_page(said):
    found = {(method.upper(), path) for path, method, _ in operations(said)}
    assert found == {(route.method, route.path) for route in API}


def test_the_description_has_the_structure_of_openapi_3_1(said):
    assert re.fullmatch(r"3\.1\.\d", said["openapi"])
    assert {"title", "version"} <= set(said["info"])
    names = [operation["operationId"] for _, _, operation in operations(said)]
    assert len(set(names)) == len(names)
    for path, method, operation in operations(said):
        named = {
            one["name"]
            for one in operation.get("parameters", [])
            if one["in"] == "path" and one["required"] and one["schema"]
        }
        assert named == set(re.findall(r"{(\w+)}", path))
        assert operation["responses"]
        assert all(one["description"] for one in operation["responses"].values())
        assert ("requestBody" in operation) == (method == "post")
    for schema in parts(said["components"]["schemas"]):
        if isinstance(schema.get("type"), str):
            assert schema["type"] in KINDS


def test_the_description_stands_for_itself(said):
    for part in parts(said):
        reference = part.get("$ref")
        if isinstance(reference, str):
            assert reference.startswith("#/")
            assert resolved(said, reference)
    assert "://" not in json.dumps(said)


def test_a_refusal_of_a_method_names_those_that_there_are(desk_client):
    refused = desk_client("expert").delete("/api/v1/tasks/system/answers")
    assert refused.status_code == 405
    assert refused.headers["allow"] == "GET, POST"
    assert refused.json()["error"]["code"] == "desk.refused"


@pytest.mark.parametrize(
    ("most", "status"),
    [(5, 200), (5.0, 200), (5.5, 422), ("5", 422), (True, 422), (1e300, 422)],
)
def test_a_whole_number_may_be_written_as_json_writes_numbers(
    most, status, desk_client
):
    client = desk_client("expert")
    asked = client.post("/api/v1/tasks/system/cards", json={"most": most})
    assert asked.status_code == status


def test_each_way_says_who_may_go_it_and_how_it_refuses(said, opened):
    schemes = said["components"]["securitySchemes"]
    assert schemes["session"]["name"] == opened.guard.cookie
    for route in API:
        operation = said["paths"][route.path][route.method.lower()]
        assert operation["x-permission"] == route.permission
        ways = [set(way) for way in operation["security"]]
        assert all(way <= set(schemes) for way in ways)
        session = {"session"} if route.method == "GET" else {"session", "csrf"}
        assert session in ways
        assert ({"key"} in ways) == (route.permission in ("answer", "read", "known"))
        refused = operation["responses"]["4XX"]["content"]["application/json"]
        assert refused["schema"]["$ref"].endswith("/Failure")


@pytest.mark.parametrize("scope", api_keys.SCOPES)
def test_a_key_of_any_scope_may_read_it_and_nobody_else(opened, scope):
    client = opened.client()
    assert client.get(PATH).status_code == 401
    store, now = opened.work.store, opened.clock()
    key = api_keys.create(store, "k", scopes=[scope], days=1, now=now, by="test")
    client.headers["authorization"] = f"Bearer {key}"
    assert client.get(PATH).status_code == 200


def test_what_is_given_is_what_the_description_says(said, desk_client):
    client = desk_client("expert")

    def check(method, path, status, **sent):
        here = path.replace("{task}", "system")
        answer = client.request(method, here, **sent)
        assert answer.status_code == status
        responses = said["paths"][path][method.lower()]["responses"]
        content = responses["200" if status == 200 else "4XX"]["content"]
        assert fits(said, answer.json(), content["application/json"]["schema"])
        return answer.json()

    task = "/api/v1/tasks/{task}"
    check("GET", "/api/v1/tasks", 200)
    check("GET", task, 200)
    card = check("POST", f"{task}/cards", 200, json={"most": 1})["cards"][0]
    form = {"key": str(uuid4()), "item": card["item"], "labels": ["Engine"]}
    check("POST", f"{task}/answers", 200, json=form)
    assert len(check("GET", f"{task}/answers", 200)) == 1
    check("POST", f"{task}/answers", 422, json={"key": "none"})
    check("POST", f"{task}/gold", 403, json={"item": card["item"], "labels": []})
