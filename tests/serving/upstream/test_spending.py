# SPDX-License-Identifier: Apache-2.0
"""What is answered elsewhere is held against a key as what is answered here."""

import dataclasses
from contextlib import contextmanager

import httpx
import pytest
from tests.app.desk.conftest import loopback  # noqa: F401  # a fixture
from tests.serving.builders import KEY, Clock, a_gateway, a_live_gateway
from tests.serving.upstream.builders import (
    ANSWER,
    CHAT,
    CHUNKED,
    DONE,
    HEADERS,
    Temper,
    an_upstream,
    chunk,
    event,
    http,
    says,
)

from maalem.serving import LimitSettings
from maalem.serving.allowances import Allowance
from maalem.serving.counters import Counters, read_counters
from maalem.serving.keys import Caller
from maalem.serving.limits import Limits
from maalem.serving.upstream.relay import Relay
from maalem.serving.upstream.server import Server
from maalem.serving.upstream.settings import Upstreams

pytestmark = pytest.mark.usefixtures("loopback")
PATH = "/v1/chat/completions"
FREE = LimitSettings().filled(Allowance())
USED = event("", choices=[], usage=ANSWER["usage"])
STREAMED = [event("one", usage=None), USED, DONE]
OK = http(200, ANSWER)


@contextmanager
def a_limited_house(behave, path, **limits):
    """Have an upstream, and a gateway before it whose one key is held to limits."""
    temper, clock = Temper(behave), Clock()
    caller = Caller(
        id=KEY,
        scopes=frozenset({"predict"}),
        allowance=dataclasses.replace(FREE, **limits),
    )
    gateway = a_gateway(check=lambda key: caller if key == KEY else None, clock=clock)
    upstream = an_upstream(temper.port)
    gateway.relay = Relay(Upstreams(served=(upstream,)), [Server(upstream)])
    counters = Counters(path)
    held = Limits(counters, clock=clock)
    gateway.gates.append(held.admit)
    gateway.listeners.append(held.hear)
    gateway.when_closed(counters.close)
    try:
        with a_live_gateway(gateway) as address:
            yield address, temper
    finally:
        gateway.close()
        temper.close()


def asked(address, body, path=PATH):
    return httpx.post(f"{address}{path}", json=body, headers=HEADERS)


@pytest.mark.parametrize(
    ("path", "body", "count"),
    [
        (PATH, CHAT, 1),
        ("/v1/embeddings", {"input": "a"}, 1),
        ("/v1/embeddings", {"input": ["a", "b", "c"]}, 3),
        ("/v1/embeddings", {"input": [1, 2, 3]}, 1),
        ("/v1/embeddings", {"input": [[1], [2, 3]]}, 2),
        ("/v1/embeddings", {"input": "a", "inputs": ["a", "b"]}, 2),
        ("/v1/rerank", {"query": "q", "documents": ["a", "b", "c"]}, 4),
        ("/v1/classifications", {"input": ["a", "b"]}, 2),
        ("/v1/chat/classifications", {"input": {"messages": []}}, 1),
    ],
)
def test_texts_that_are_answered_elsewhere_are_counted_before_they_are_sent(
    path, body, count, tmp_path
):
    place, body = tmp_path / "limits", {**body, "model": "small"}
    with a_limited_house(says(OK), place, texts_per_month=count) as (address, temper):
        assert asked(address, body, path).status_code == 200
        assert asked(address, body, path).status_code == 429
        assert len(temper.requests) == 1
    assert read_counters(place)[KEY].texts == count
    with a_limited_house(says(OK), None, texts_per_minute=1) as (address, temper):
        assert asked(address, body, path).status_code == (413 if count > 1 else 200)


def test_texts_that_an_upstream_did_not_answer_are_given_back(tmp_path):
    place = tmp_path / "limits"
    with a_limited_house(says(http(500)), place, texts_per_month=1) as (address, _):
        assert asked(address, CHAT).status_code == 502
    assert read_counters(place)[KEY].texts == 0


@pytest.mark.parametrize(
    ("options", "is_told"),
    [
        ({}, False),
        ({"stream_options": None}, False),
        ({"stream_options": {"include_usage": False, "other": 1}}, False),
        ({"stream_options": {"include_usage": True}}, True),
    ],
)
def test_tokens_of_a_stream_are_charged_and_told_to_whom_asked(
    options, is_told, tmp_path
):
    place = tmp_path / "limits"
    told = CHUNKED + b"".join(map(chunk, STREAMED)) + b"0\r\n\r\n"
    with a_limited_house(says(told), place, tokens_per_month=12) as (address, temper):
        got = asked(address, {**CHAT, "stream": True, **options})
        wanted = [one for one in STREAMED if is_told or one is not USED]
        assert got.content == b"".join(wanted)
        assert asked(address, CHAT).status_code == 429
        ((_, sent),) = temper.requests
    given = options.get("stream_options") or {}
    assert sent["stream_options"] == {**given, "include_usage": True}
    assert read_counters(place)[KEY].tokens == 12


def test_a_key_without_a_limit_of_tokens_has_its_stream_asked_as_it_was():
    told = CHUNKED + b"".join(map(chunk, STREAMED)) + b"0\r\n\r\n"
    body = {**CHAT, "stream": True}
    with a_limited_house(says(told), None, texts_per_month=9) as (address, temper):
        assert asked(address, body).content == b"".join(STREAMED)
        ((_, sent),) = temper.requests
    assert sent == {**body, "model": "there"}
