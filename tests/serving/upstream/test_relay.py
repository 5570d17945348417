# SPDX-License-Identifier: Apache-2.0
"""What goes to an upstream and what comes back, whatever its temper."""

import asyncio
import json
import socket
import threading
import time

import httpx
import pytest
from tests.app.desk.conftest import loopback  # noqa: F401  # a fixture
from tests.serving.upstream.builders import (
    ANSWER,
    CHAT,
    CHUNKED,
    DONE,
    HEADERS,
    STREAM,
    a_house,
    chunk,
    event,
    http,
    says,
    says_and_hangs_up,
    says_nothing,
)

pytestmark = pytest.mark.usefixtures("loopback")
PATH = "/v1/chat/completions"
OK = http(200, ANSWER)


def asked(address, body=CHAT, path=PATH, **headers):
    return httpx.post(f"{address}{path}", json=body, headers=HEADERS | headers)


def code_of(answer):
    """Give the code of a refusal, without what all of them begin with."""
    code = answer.json()["error"]["code"]
    return code.removeprefix("gateway.").removeprefix("upstream-")


def the_one(told):
    """Give what was told of the one request, which is after its last byte."""
    for _ in range(200):
        if told:
            (one,) = told
            return one
        time.sleep(0.01)
    raise AssertionError("nothing was told")


def test_only_the_model_is_renamed_and_the_answer_comes_back_as_it_is():
    body = {**CHAT, "temperature": 0.25, "seed": 2**60, "stop": ["é", "\U0001f600"]}
    with a_house(says(OK)) as (address, temper, told):
        answer = asked(address, body)
        assert answer.content == json.dumps(ANSWER).encode()
        assert answer.headers["x-maalem-model"] == "small@near"
        ((_, sent),) = temper.requests
        assert sent == {**body, "model": "there"}
        one = the_one(told)
        assert (one.task, one.model, one.code) == ("small", "small@near", "")
        assert (one.tokens_in, one.tokens_out) == (9, 3)


def test_no_header_of_the_caller_reaches_the_upstream():
    theirs = {
        "cookie": "a=secret",
        "x-forwarded-for": "10.0.0.1",
        "x-api-base": "http://e",
    }
    with a_house(says(OK), key="sk-house") as (address, temper, _):
        asked(address, CHAT, **theirs)
        ((head, _),) = temper.requests
        assert b"authorization: Bearer sk-house\r\n" in head
        assert b"host: 127.0.0.1:%d\r\n" % temper.port in head
        for told in (b"secret", b"10.0.0.1", b"mlm_key", b"cookie", b"x-api-base"):
            assert told not in head


def test_no_header_of_the_upstream_comes_back():
    told = http(200, ANSWER, "set-cookie: a=1", "x-internal: 10.0.0.9", "server: x")
    with a_house(says(told)) as (address, _, _):
        answer = asked(address)
        assert not {"set-cookie", "x-internal"} & set(answer.headers)
        assert answer.headers.get("server") != "x"


@pytest.mark.parametrize(
    "field", ["api_base", "base_url", "user_config", "api_key", "extra_headers",
              "model_list", "aws_bedrock_runtime_endpoint", "chat_template"],
)  # fmt: skip
def test_a_field_that_leads_elsewhere_is_refused_by_its_name(field):
    with a_house(says(OK)) as (address, temper, _):
        answer = asked(address, {**CHAT, field: "http://evil"})
        assert (answer.status_code, code_of(answer)) == (400, "redirect")
        assert answer.json()["error"]["param"] == field
        assert temper.requests == []


def test_each_operation_has_its_place_and_only_what_is_spoken_is_asked():
    with a_house(says(OK), operations=("embed", "classify")) as (address, temper, _):
        asked(address, {"model": "small", "input": "a"}, "/v1/embeddings")
        asked(address, {"model": "small", "input": []}, "/v1/chat/classifications")
        paths = [head.split()[1] for head, _ in temper.requests]
        assert paths == [b"/v1/embeddings", b"/v1/chat/classifications"]
        answer = asked(address)
        assert (answer.status_code, answer.json()["error"]["param"]) == (400, "model")


def test_texts_of_a_task_leave_the_house_only_where_the_task_may():
    outside = {"leaves_house": True, "task": "system"}
    with a_house(says(OK), may_leave=("other",), **outside) as (address, temper, told):
        answer = asked(address)
        assert (answer.status_code, code_of(answer)) == (403, "policy")
        assert (temper.requests, the_one(told).model) == ([], "")
    with a_house(says(OK), may_leave=("system",), **outside) as (address, _, _):
        assert asked(address).status_code == 200


def test_a_caller_by_itself_sends_nothing_out_unless_the_owner_says_so():
    with a_house(says(OK), may_leave=("a",), leaves_house=True) as (address, temper, _):
        assert code_of(asked(address)) == "policy"
        assert temper.requests == []


def test_a_connection_is_used_again():
    with a_house(says(OK)) as (address, temper, _):
        for _ in range(5):
            assert asked(address).status_code == 200
        assert temper.lines == 1


def test_a_redirect_is_not_followed():
    there = http(307, b"", "location: http://127.0.0.1:1/")
    with a_house(says(there)) as (address, temper, _):
        answer = asked(address)
        assert (answer.status_code, code_of(answer)) == (
            502,
            "redirect",
        )
        assert len(temper.requests) == 1


def test_proxies_of_the_environment_are_not_asked(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with a_house(says(OK)) as (address, _, _), httpx.Client(trust_env=False) as client:
        answer = client.post(f"{address}{PATH}", json=CHAT, headers=HEADERS)
        assert answer.status_code == 200


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        (http(500, b"secret trace"), 502, "failed"),
        (http(401, {"error": {"message": "bad key sk-secret"}}), 502, "failed"),
        (http(404, b"secret"), 502, "failed"),
        (http(429, b"secret", "retry-after: 7"), 429, "full"),
        (http(503, b"secret", "retry-after: 30"), 503, "busy"),
        (http(200, b"<html>secret</html>"), 502, "garbage"),
        (http(200, b'{"a":NaN}'), 502, "garbage"),
        (http(200, b'"secret"'), 502, "garbage"),
        (http(200, b"[" * 100_000), 502, "garbage"),
        (http(200, ANSWER, "content-encoding: gzip"), 502, "garbage"),
        (http(200, DONE, kind="text/event-stream"), 502, "garbage"),
        (b"\x16\x03\x01 secret\r\n\r\n", 502, "garbage"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 9\r\n\r\n{}", 502,
         "garbage"),
        (b"HTTP/1.1 200 OK\r\nx: " + b"a" * 200_000, 502, "garbage"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 9000, 502, "garbage"),
        (b"HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n", 502,
         "garbage"),
    ],
)  # fmt: skip
def test_what_is_no_answer_is_a_refusal_and_is_not_repeated(said, status, code):
    with a_house(says(said), retries=0) as (address, _, told):
        answer = asked(address)
        assert (answer.status_code, code_of(answer)) == (status, code)
        assert "secret" not in answer.text
        assert the_one(told).code == f"gateway.upstream-{code}"


def test_what_the_caller_asked_wrongly_is_told_in_the_upstreams_words():
    said = http(400, {"error": {"message": "max_tokens is too large\n"}})
    with a_house(says(said)) as (address, _, _):
        answer = asked(address)
        assert (answer.status_code, code_of(answer)) == (
            400,
            "refused",
        )
        assert answer.json()["error"]["message"] == "max_tokens is too large "


def test_an_upstream_says_when_to_come_back():
    with a_house(says(http(429, b"", "retry-after: 7"))) as (address, _, _):
        assert asked(address).headers["retry-after"] == "7"
    with a_house(says(http(429, b"", "retry-after: 9999"))) as (address, _, _):
        assert asked(address).headers["retry-after"] == "60"


def test_an_answer_that_is_announced_first_is_one():
    with a_house(says(b"HTTP/1.1 103 Early\r\nlink: x\r\n\r\n" + OK)) as (
        address,
        _,
        _,
    ):
        assert asked(address).json() == ANSWER


def test_what_comes_after_the_answer_is_nobodys():
    other = http(200, {"for": "somebody else"})
    with a_house(says(OK + other, OK)) as (address, temper, _):
        assert asked(address).json() == ANSWER
        assert asked(address).json() == ANSWER
        assert temper.lines == 2


def test_what_comes_unasked_on_a_waiting_line_is_nobodys():
    async def behave(_number, writer, _reader):
        writer.write(OK)
        await writer.drain()
        await asyncio.sleep(0.1)
        writer.write(http(200, {"for": "somebody else"}))

    with a_house(behave) as (address, temper, _):
        assert asked(address).json() == ANSWER
        time.sleep(0.3)
        assert asked(address).json() == ANSWER
        assert temper.lines == 2


def test_an_answer_in_drips_is_put_together():
    parts = [OK[at : at + 40] for at in range(0, len(OK), 40)]
    with a_house(says_and_hangs_up(*parts, pause=0.01)) as (address, _, _):
        assert asked(address).json() == ANSWER


def test_an_answer_that_ends_with_the_line_is_one():
    told = (
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n"
        + json.dumps(ANSWER).encode()
    )
    with a_house(says_and_hangs_up(told)) as (address, _, _):
        assert asked(address).json() == ANSWER


def test_an_answer_that_is_too_large_is_no_answer(monkeypatch):
    monkeypatch.setattr("maalem.serving.upstream.relay.LARGEST_ANSWER", 1000)
    with a_house(says(http(200, {"a": "x" * 2000}))) as (address, _, _):
        assert code_of(asked(address)) == "garbage"


def test_a_hung_upstream_is_not_waited_for_nor_asked_again():
    with a_house(says_nothing, silence_seconds=0.2, retries=3) as (address, temper, _):
        answer = asked(address)
        assert (answer.status_code, code_of(answer)) == (504, "slow")
        assert len(temper.requests) == 1


def test_an_answer_that_drips_for_too_long_is_not_waited_for():
    drips = says_and_hangs_up(*[bytes([one]) for one in OK], pause=0.02)
    with a_house(drips, whole_seconds=0.3) as (address, _, _):
        assert code_of(asked(address)) == "slow"


def test_an_upstream_that_is_not_there_is_said():
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    url = f"http://127.0.0.1:{port}/v1"
    with a_house(says(OK), url=url, retries=2) as (address, _, _):
        answer = asked(address)
        assert (answer.status_code, code_of(answer)) == (
            502,
            "unreachable",
        )


def test_a_line_that_was_closed_while_nobody_used_it_costs_nothing():
    async def behave(number, writer, _reader):
        if number == 2:  # what came on the old line is lost, as if it had been closed
            writer.transport.abort()
            return
        writer.write(OK)

    with a_house(behave) as (address, temper, _):
        assert asked(address).json() == ANSWER
        assert asked(address).json() == ANSWER
        assert (temper.lines, len(temper.requests)) == (2, 3)


@pytest.mark.parametrize(
    ("path", "times"), [("/v1/chat/completions", 1), ("/v1/embeddings", 3)]
)
def test_a_lost_request_is_sent_again_only_where_twice_is_once(path, times):
    with a_house(says_and_hangs_up(), retries=2) as (address, temper, _):
        answer = asked(address, CHAT, path)
        assert (answer.status_code, code_of(answer)) == (502, "lost")
        assert len(temper.requests) == times


def test_nothing_is_asked_again_once_an_answer_has_begun():
    begun = says_and_hangs_up(OK[:30])
    with a_house(begun, retries=5) as (address, temper, _):
        assert code_of(asked(address, CHAT, "/v1/embeddings")) == "lost"
        assert len(temper.requests) == 1


def test_an_upstream_that_is_busy_for_a_moment_is_asked_again():
    busy = http(503, b"", "retry-after: 0")
    with a_house(says(busy, OK)) as (address, temper, _):
        assert asked(address).json() == ANSWER
        assert len(temper.requests) == 2


def test_an_upstream_that_keeps_failing_rests():
    with a_house(says(http(500)), retries=0) as (address, temper, _):
        codes = [code_of(asked(address)) for _ in range(7)]
        assert codes[:5] == ["failed"] * 5
        assert codes[5:] == ["resting"] * 2
        assert len(temper.requests) == 5
        answer = asked(address)
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) in range(1, 6)


def test_no_more_is_asked_at_once_than_may_be():
    async def go(address):
        async with httpx.AsyncClient(headers=HEADERS) as client:
            calls = [client.post(f"{address}{PATH}", json=CHAT) for _ in range(3)]
            return [one.status_code for one in await asyncio.gather(*calls)]

    async def behave(_number, writer, _reader):
        await asyncio.sleep(0.3)
        writer.write(OK)

    with a_house(behave, most_connections=2) as (address, _, _):
        assert sorted(asyncio.run(go(address))) == [200, 200, 429]


def streamed(address, **body):
    told = {**CHAT, "stream": True, **body}
    with httpx.stream("POST", f"{address}{PATH}", json=told, headers=HEADERS) as answer:
        return answer, list(answer.iter_raw())


def test_events_come_as_they_are_sent():
    async def behave(_number, writer, _reader):
        writer.write(CHUNKED + chunk(event("one")))
        await writer.drain()
        assert await asyncio.to_thread(seen.wait, 10)
        writer.write(chunk(event("two")) + chunk(DONE) + b"0\r\n\r\n")

    seen = threading.Event()
    body = {**CHAT, "stream": True}
    with (
        a_house(behave) as (address, _, _),
        httpx.stream("POST", f"{address}{PATH}", json=body, headers=HEADERS) as answer,
    ):
        parts = answer.iter_raw()
        assert next(parts) == event("one")
        seen.set()
        assert b"".join(parts) == event("two") + DONE
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["x-maalem-model"] == "small@near"


def test_tokens_of_a_stream_are_counted_where_they_are_told():
    parts = [event("a", usage=None), event("b", usage=ANSWER["usage"]), DONE]
    told = CHUNKED + b"".join(map(chunk, parts)) + b"0\r\n\r\n"
    with a_house(says(told)) as (address, temper, occurrences):
        _, got = streamed(address)
        assert b"".join(got) == b"".join(parts)
        one = the_one(occurrences)
        assert (one.tokens_in, one.tokens_out) == (9, 3)
        streamed(address)
        assert temper.lines == 1


@pytest.mark.parametrize(
    "told",
    [
        CHUNKED + chunk(event("one")) + chunk(event("two")[:20]),
        STREAM + b"\r\n" + event("one") + event("two")[:20],
        CHUNKED + chunk(event("one")) + b"zz\r\n",
    ],
    ids=["chunked", "until closed", "garbage"],
)
def test_a_stream_that_breaks_off_ends_with_an_error_and_no_half_event(told):
    with a_house(says_and_hangs_up(told)) as (address, _, occurrences):
        answer, parts = streamed(address)
        assert answer.status_code == 200
        first, last = b"".join(parts).removesuffix(b"\n\n").split(b"\n\n")
        assert first + b"\n\n" == event("one")
        error = json.loads(last.removeprefix(b"data: "))["error"]
        assert error["code"].startswith("gateway.upstream-")
        assert the_one(occurrences).code == error["code"]


def test_a_stream_that_hangs_ends_with_an_error():
    async def behave(_number, writer, reader):
        writer.write(CHUNKED + chunk(event("one")))
        await reader.read()

    with a_house(behave, silence_seconds=0.2) as (address, _, told):
        _, parts = streamed(address)
        assert b"gateway.upstream-slow" in parts[-1]
        assert the_one(told).code == "gateway.upstream-slow"


def test_an_event_without_end_is_not_kept(monkeypatch):
    monkeypatch.setattr("maalem.serving.upstream.events.MOST_HELD", 1000)
    told = CHUNKED + chunk(b"data: " + b"x" * 5000)
    with a_house(says(told)) as (address, _, _):
        _, parts = streamed(address)
        assert b"garbage" in b"".join(parts)


def test_a_refusal_before_the_stream_is_an_answer_of_its_own():
    with a_house(says(http(500))) as (address, _, _):
        answer, parts = streamed(address)
        assert answer.status_code == 502
        told = json.loads(b"".join(parts))
        assert told["error"]["code"] == "gateway.upstream-failed"


def test_whoever_goes_takes_the_upstreams_work_along():
    async def behave(_number, writer, reader):
        writer.write(CHUNKED + chunk(event("one")))
        await reader.readexactly(1)

    with a_house(behave) as (address, temper, told):
        body = {**CHAT, "stream": True}
        with httpx.stream(
            "POST", f"{address}{PATH}", json=body, headers=HEADERS
        ) as answer:
            next(answer.iter_raw())
        assert the_one(told).code == "gateway.gone"
        for _ in range(100):
            if temper.gone:
                break
            time.sleep(0.02)
        assert temper.gone == 1


def test_a_caller_who_reads_slowly_slows_the_upstream():
    sent = []

    async def behave(_number, writer, _reader):
        writer.write(CHUNKED)
        for number in range(2000):
            writer.write(chunk(event("x" * 20_000)))
            await writer.drain()
            sent.append(number)

    with a_house(behave) as (address, _, _):
        body = {**CHAT, "stream": True}
        with httpx.stream(
            "POST", f"{address}{PATH}", json=body, headers=HEADERS
        ) as answer:
            next(answer.iter_raw())
            time.sleep(0.7)
            before = len(sent)
            time.sleep(0.3)
            assert len(sent) == before < 2000
