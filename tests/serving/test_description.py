# SPDX-License-Identifier: Apache-2.0
"""The description is valid OpenAPI, leaves out no door, and is what the doors do."""

import jsonschema
import pytest
from openapi_spec_validator import validate
from tests.serving.builders import ask

from maalem.serving.answering import PROTOCOLS
from maalem.serving.schemas import ANSWERED, ASKED
from maalem.serving.telling import TellingDoor
from maalem.serving.wire import reply_with

TEXT = "pump leaks oil"
HEADERS = (
    "x-maalem-release",
    "x-maalem-model",
    "x-maalem-threshold",
    "x-maalem-parity",
)
BODIES = {
    "/v1/classifications": {"model": "system", "input": TEXT},
    "/v1/chat/classifications": {
        "model": "system",
        "input": {"messages": [{"role": "user", "content": TEXT}]},
    },
    "/predict": {"model": "system", "inputs": TEXT},
    "/models/{task}/predict": {"inputs": TEXT},
    "/models/{task}": {"inputs": TEXT},
    "/v1/chat/completions": {
        "model": "system",
        "messages": [{"role": "user", "content": TEXT}],
    },
    "/v1/embeddings": {"model": "near", "input": TEXT},
    "/v1/rerank": {"model": "near", "query": TEXT, "documents": [TEXT]},
    "/v2/rerank": {"model": "near", "query": TEXT, "documents": [TEXT]},
    "/rerank": {"model": "near", "query": TEXT, "texts": [TEXT]},
    "/mcp": {"jsonrpc": "2.0", "id": 1, "method": "ping"},
}


def described(gateway):
    return ask(gateway, "/v1/openapi.json", key="").json()


def operations(gateway):
    for path, methods in described(gateway)["paths"].items():
        for method, operation in methods.items():
            if method != "parameters":
                yield path, method, operation


def test_the_description_is_valid_openapi(gateway):
    validate(described(gateway))


def test_every_door_is_described_as_it_is(gateway):
    doors = {(one.path, one.method.lower()): one for one in gateway.doors}
    told = {(path, method): one for path, method, one in operations(gateway)}
    assert set(told) == set(doors)
    names = [one["operationId"] for one in told.values()]
    assert len(set(names)) == len(names)
    for key, operation in told.items():
        assert operation["summary"]
        assert bool(operation["security"]) is not doors[key].is_open
        assert ("requestBody" in operation) is (key[1] == "post")


def test_a_door_that_nobody_described_is_described_all_the_same(gateway):
    door = TellingDoor(path="/v1/new/{thing}", tell=lambda _: reply_with({}))
    gateway.doors.add(door)
    told = described(gateway)
    validate(told)
    (parameter,) = told["paths"]["/v1/new/{thing}"]["parameters"]
    assert parameter["name"] == "thing"


def test_every_path_answers_as_it_is_described(near):
    for path, method, operation in operations(near):
        body = BODIES.get(path)
        headers = {"accept": "application/json, text/event-stream"}
        told = ask(near, path.format(task="system"), json=body, headers=headers)
        assert (told.status_code, method) == (200, "post" if body else "get"), path
        content = operation["responses"]["200"]["content"]["application/json"]
        jsonschema.validate(told.json(), content["schema"])
        if body:
            asked = operation["requestBody"]["content"]["application/json"]
            jsonschema.validate(body, asked["schema"])
        told_of = set(operation["responses"]["200"]["headers"])
        if path in ASKED or path in PROTOCOLS:
            assert set(HEADERS) <= told_of, path
            assert path == "/mcp" or set(HEADERS) <= set(told.headers), path


@pytest.mark.parametrize("path", [*ASKED, "/v1/classifications", "/predict"])
def test_a_refusal_has_the_form_that_is_described(gateway, path):
    told = ask(gateway, path, json={}, key="")
    operation = described(gateway)["paths"][path]["post"]
    content = operation["responses"]["4XX"]["content"]["application/json"]
    assert told.status_code == 401
    assert set(told.json()) == set(content["example"])


def test_what_is_asked_and_what_is_answered_are_described_for_the_same_paths():
    assert set(ASKED) == set(ANSWERED)
