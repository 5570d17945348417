# SPDX-License-Identifier: Apache-2.0
"""An assistant sees the tasks as tools, and hears when a person must decide."""

import asyncio
import dataclasses
import json
import sys

import httpx2
import pytest
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from tests.serving.builders import HOME, KEY, Recorder, a_gateway, a_live_gateway, ask

from maalem.serving.mcp_door import refuse_foreign_origin
from maalem.serving.refusals import RequestError

TEXT = "engine will not start"
MODES = ("auto", "legacy", "2026-07-28")


@pytest.fixture
def url(gateway, loopback):
    with a_live_gateway(gateway) as address:
        yield f"{address}/mcp"


def asked(url, use, *, key=KEY, mode="auto"):
    """Connect as an assistant does, and use the connection."""

    async def go():
        headers = {"authorization": f"Bearer {key}"}
        async with (
            httpx2.AsyncClient(headers=headers) as http,
            Client(streamable_http_client(url, http_client=http), mode=mode) as client,
        ):
            return await use(client)

    return asyncio.run(go())


def classify(task="system", text=TEXT):
    async def use(client):
        return await client.call_tool("classify", {"task": task, "text": text})

    return use


@pytest.mark.parametrize("mode", MODES)
def test_an_assistant_gets_the_models_answer_and_who_gave_it(url, opened, mode):
    told = asked(url, classify(), mode=mode)
    (answer,) = opened.model.predict([TEXT])
    found = told.structured_content
    assert not told.is_error
    assert (found["label"], found["probability"]) == (answer.label, answer.probability)
    assert found["release"] == opened.release.id
    assert found["threshold"] == opened.threshold
    assert isinstance(found["needs_expert"], bool)
    assert json.loads(told.content[0].text) == found


def test_the_tools_name_the_tasks_that_answer(url, opened):
    async def use(client):
        tools = (await client.list_tools()).tools
        return tools, await client.call_tool("list_tasks", {})

    tools, listed = asked(url, use)
    assert [one.name for one in tools] == ["list_tasks", "classify"]
    assert tools[1].input_schema["properties"]["task"]["enum"] == ["system"]
    assert all(one.annotations.read_only_hint for one in tools)
    (task,) = listed.structured_content["tasks"]
    assert (task["task"], task["release"]) == ("system", opened.release.id)


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("classify", {"task": "sistem", "text": "x"}, "does not exist"),
        ("classify", {"task": "system"}, "arguments must be task and text"),
        ("classify", {"task": 3, "text": "x"}, "task must be"),
        ("classify", {"task": "system", "text": ["x"]}, "text must be"),
        ("classify", {"task": "system", "text": "x", "url": "y"}, "arguments must be"),
        ("list_tasks", {"all": True}, "arguments must be none"),
        ("rm", {}, "no such tool"),
    ],
)
def test_a_refusal_is_a_result_that_the_assistant_can_read(url, name, arguments, said):
    async def use(client):
        return await client.call_tool(name, arguments)

    told = asked(url, use)
    assert told.is_error
    assert said in told.content[0].text


def test_only_a_key_that_may_ask_opens_the_tools(url):
    for key in ("mlm_blind", "mlm_wrong"):
        with pytest.raises((MCPError, ExceptionGroup)):
            asked(url, classify(), key=key)


def test_whoever_listens_hears_what_an_assistant_asked(opened, loopback):
    heard = []
    gateway = a_gateway(opened)
    gateway.listeners.append(heard.append)
    with a_live_gateway(gateway) as address:
        asked(f"{address}/mcp", classify())
    (one,) = [one for one in heard if one.decisions]
    assert (one.operation, one.path, one.task) == ("classify", "/mcp", "system")
    assert (one.caller, one.decisions[0].text) == (KEY, TEXT)
    gateway.close()


def test_what_an_assistant_is_refused_is_told_with_its_code(opened, loopback):
    heard = []
    model = Recorder(poison="zanzibar-7731")
    gateway = a_gateway(
        dataclasses.replace(opened, model=model, probes=None), allow_unproven=True
    )
    gateway.listeners.append(heard.append)
    with a_live_gateway(gateway) as address:
        asked(f"{address}/mcp", classify(task="sistem"))
        asked(f"{address}/mcp", classify(text="zanzibar-7731"))
        asked(f"{address}/mcp", lambda client: client.call_tool("rm", {}))
    gateway.close()
    refused = [(one.operation, one.code) for one in heard if one.code]
    assert refused == [
        ("classify", "gateway.model"),
        ("classify", "engine"),
        ("read", "gateway.tool"),
    ]


def test_shaking_hands_and_listing_is_no_use_of_a_model(opened, loopback):
    heard = []
    gateway = a_gateway(opened)
    gateway.listeners.append(heard.append)
    with a_live_gateway(gateway) as address:
        asked(f"{address}/mcp", lambda client: client.call_tool("list_tasks", {}))
        listed = len(heard)
        asked(f"{address}/mcp", classify())
    gateway.close()
    assert {one.operation for one in heard[:listed]} == {"read"}
    found = [one.operation for one in heard if one.task]
    assert found == ["classify"]


def test_a_failure_tells_the_assistant_nothing_of_the_text(opened, loopback):
    model = Recorder(poison="zanzibar-7731")
    gateway = a_gateway(
        dataclasses.replace(opened, model=model, probes=None), allow_unproven=True
    )
    with a_live_gateway(gateway) as address:
        told = asked(f"{address}/mcp", classify(text="zanzibar-7731"))
    assert told.is_error
    assert "zanzibar" not in told.content[0].text
    gateway.close()


PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
ACCEPT = {"accept": "application/json, text/event-stream"}


def test_a_page_of_another_site_may_not_ask(gateway):
    for origin in ("https://evil.example", "null", "http://127.0.0.1.evil.example"):
        headers = {**ACCEPT, "origin": origin}
        told = ask(gateway, "/mcp", json=PING, headers=headers)
        assert told.status_code == 403
        assert told.json()["error"]["message"]
    for headers in (ACCEPT, {**ACCEPT, "origin": HOME}):
        assert ask(gateway, "/mcp", json=PING, headers=headers).status_code == 200


def test_an_origin_that_is_no_address_is_foreign():
    with pytest.raises(RequestError):
        refuse_foreign_origin({b"origin": b"http://["}, frozenset({"localhost"}))


def test_tools_are_asked_by_post_alone_and_with_a_key(gateway):
    assert ask(gateway, "/mcp", method="GET").status_code == 405
    assert ask(gateway, "/mcp", method="DELETE").status_code == 405
    told = ask(gateway, "/mcp", json=PING, key="", headers=ACCEPT)
    assert told.status_code == 401
    assert told.json()["jsonrpc"] == "2.0"


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"[" * 20_000, b'{"id": NaN}'])
def test_a_body_that_is_no_request_is_refused(gateway, raw):
    told = ask(gateway, "/mcp", content=raw, headers=ACCEPT)
    assert 400 <= told.status_code < 500


def test_an_assistant_may_start_the_program_itself(copied, loopback, opened):
    program = "from maalem.app.main import main; main()"
    server = StdioServerParameters(
        command=sys.executable,
        args=["-c", program, "-C", str(copied), "mcp"],
        env={"PYTHONPATH": ":".join(one for one in sys.path if one)},
    )

    async def go():
        async with Client(server) as client:
            return await classify()(client)

    told = asyncio.run(go())
    (answer,) = opened.model.predict([TEXT])
    assert told.structured_content["label"] == answer.label
    assert told.structured_content["parity"] == "proven"
