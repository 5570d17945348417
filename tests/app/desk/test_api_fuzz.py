# SPDX-License-Identifier: Apache-2.0
"""Whatever is sent to the HTTP API, it answers as its description says, or refuses."""

import json
import types

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.app.desk.openapi import TEXT, faults, fits, fitting, unfitting

from maalem.app.desk import api_keys
from maalem.app.desk.api_description import PATH
from maalem.app.desk.application import every_route
from maalem.app.steps.settled import exam_items
from maalem.records import Item

WAYS = sorted(
    (route.path, route.method.lower()) for route in every_route() if not route.is_page
)
CALLERS = ("expert", "curator", "owner", "key")
KEYS = [f"6f1b2f9e-7a57-4a8e-9a01-{number:012}" for number in range(4)]
MANY = settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture
def callers(opened):
    """Clients of each role, and one with a key instead of a session."""
    made = {role: opened.client(role) for role in CALLERS[:3]}
    store, now = opened.work.store, opened.clock()
    key = api_keys.create(
        store, "fuzz", scopes=api_keys.SCOPES, days=1, now=now, by="test"
    )
    made["key"] = opened.client()
    made["key"].headers["authorization"] = f"Bearer {key}"
    return made


@pytest.fixture
def said(callers):
    return callers["key"].get(PATH).json()


@pytest.fixture
def known(callers):
    """Values that mean something: items of cards that were given, labels, keys."""
    cards = [
        card["item"]
        for client in callers.values()
        for card in client.post("/api/v1/tasks/system/cards", json={})
        .json()
        .get("cards", ())
    ]
    task = callers["key"].get("/api/v1/tasks/system").json()
    labels = [[], ["Engine"], ["Engine", "Electrical"], ["Brakes"]]
    return {
        "item": cards,
        "labels": labels,
        "key": KEYS,
        "of": KEYS,
        "version": [task["guideline_version"]],
    }


def address(draw, path, known):
    """Fill the places of a path, mostly with what there is."""
    names = {"task": ["system"], "item": known["item"]}
    for name, values in names.items():
        text = TEXT.filter(lambda text: "/" not in text)  # that is another path
        chosen = draw(st.sampled_from([*values, *values, None])) or draw(text)
        path = path.replace(f"{{{name}}}", quoted(chosen))
    return path


def quoted(text):
    raw = text.encode("utf-8", "surrogatepass")
    return "".join(f"%{byte:02x}" for byte in raw) or "%20"


def sent(client, method, url, body):
    """Send a request; the body is bytes, so that nothing is mended on the way."""
    if method == "get":
        return client.get(url)
    headers = {"content-type": "application/json"}
    return client.post(url, content=json.dumps(body).encode(), headers=headers)


def body_of(said, path, method):
    content = said["paths"][path][method].get("requestBody", {}).get("content", {})
    return content.get("application/json", {}).get("schema")


@pytest.mark.slow
@pytest.mark.parametrize(("path", "method"), WAYS)
def test_an_answer_is_as_described_whatever_was_asked(
    path, method, callers, said, known
):
    schema = body_of(said, path, method)
    good = fitting(said, schema, known) if schema else st.none()
    bad = unfitting(said, schema, known) if schema else st.none()

    @MANY
    @given(st.data(), st.sampled_from(CALLERS), good | bad)
    def check(data, who, body):
        url = address(data.draw, path, known)
        answer = sent(callers[who], method, url, body)
        assert faults(said, path, method, answer) == "", (url, body)

    check()


@pytest.mark.slow
@pytest.mark.parametrize(("path", "method"), WAYS)
def test_nobody_is_told_anything_without_a_key_or_a_session(
    path, method, opened, said, known
):
    schema = body_of(said, path, method)
    good = fitting(said, schema, known) if schema else st.none()
    stranger = opened.client()
    keys = st.sampled_from(["", "Bearer ", "Bearer mlm_0_0", "Basic eDp4"])

    @MANY
    @given(st.data(), keys, good)
    def check(data, key, body):
        stranger.headers["authorization"] = key
        answer = sent(stranger, method, address(data.draw, path, known), body)
        assert answer.status_code == 401
        assert faults(said, path, method, answer) == ""

    check()


@pytest.mark.slow
@pytest.mark.parametrize(("path", "method"), [way for way in WAYS if way[1] == "post"])
def test_what_the_description_does_not_allow_is_refused(
    path, method, callers, said, known
):
    schema = body_of(said, path, method)

    @MANY
    @given(st.sampled_from(CALLERS), unfitting(said, schema, known))
    def check(who, body):
        url = path.replace("{task}", "system")
        answer = sent(callers[who], method, url, body)
        if not fits(said, body, schema):
            assert 400 <= answer.status_code < 500, body

    check()


def test_every_way_can_succeed_so_that_something_is_checked(
    opened, callers, said, known
):
    """The laws above say nothing where everything is refused."""
    client, task = callers["curator"], "/api/v1/tasks/system"
    item = client.post(f"{task}/cards", json={}).json()["cards"][0]["item"]
    answer = {"key": KEYS[0], "item": item, "labels": ["Engine"]}
    version = {"version": known["version"][0]}
    items = list(opened.work.store.find(Item))
    taught = {one.id for one in items} - exam_items(opened.work, items)
    gold = {"item": min(taught), "labels": ["Engine"]}
    taken = {"key": KEYS[1], "of": KEYS[0]}
    bodies = {"answers": answer, "guideline-read": version, "withdraw": taken}
    bodies["skips"] = {"key": KEYS[2], "item": item}
    for path, method in WAYS:
        body = {**bodies, "cards": {"most": 1}, "gold": gold}.get(path.split("/")[-1])
        if path.endswith("withdraw"):
            sent(client, "post", f"{task}/answers", answer)
        url = path.replace("{task}", "system").replace("{item}", item)
        found = sent(client, method, url, body)
        assert found.status_code == 200, (path, found.text)
        assert faults(said, path, method, found) == ""


def an_answer(status, body, *, kind="application/json"):
    return types.SimpleNamespace(
        status_code=status,
        headers={"content-type": kind},
        text=json.dumps(body),
        json=lambda: body,
    )


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (an_answer(500, {}), "fault of the desk"),
        (an_answer(302, {}), "not described"),
        (an_answer(200, {}), "not as described"),
        (an_answer(200, {"tasks": [{"task": 1}]}), "not as described"),
        (an_answer(422, {"error": {"code": "x"}}), "not as described"),
        (an_answer(422, {"detail": []}), "not as described"),
        (an_answer(401, "<html>", kind="text/html"), "not described"),
    ],
)
def test_what_is_not_as_described_is_found(answer, fault, said):
    assert fault in faults(said, "/api/v1/tasks", "get", answer)
