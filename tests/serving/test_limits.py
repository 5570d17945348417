# SPDX-License-Identifier: Apache-2.0
"""What a key may ask for is what it gets, whoever counts, and never more."""

import asyncio
import dataclasses
import multiprocessing
import os
import resource
from contextlib import contextmanager
from pathlib import Path

import openai
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.serving.builders import (
    KEY,
    Clock,
    Held,
    Recorder,
    a_gateway,
    a_live_gateway,
    ask,
    ask_all,
)

from maalem.errors import SettingsError
from maalem.serving import GatewaySettings, LimitSettings
from maalem.serving.allowances import Allowance
from maalem.serving.buckets import MINUTE, seconds, settle, take
from maalem.serving.counters import ROWS, Counters, read_counters
from maalem.serving.guesses import MOST, Guesses
from maalem.serving.keys import REMEMBERED, Caller
from maalem.serving.limits import Limits, duration, month_of
from maalem.serving.pressure import Room
from maalem.serving.refusals import RequestError, openai_form
from maalem.serving.wire import LARGEST_BODY

MISTRAL = "/v1/classifications"
FREE = LimitSettings().filled(Allowance())
STEPS = st.lists(
    st.tuples(st.floats(0.0, 90.0), st.integers(1, 40)), min_size=1, max_size=60
)
NOON = 1_790_000_000.0


def allowed(**limits):
    return dataclasses.replace(FREE, **limits)


def a_limited_gateway(*opened, clock, path=None, tasks=(), **limits):
    """Make a gateway with one key, held to limits."""
    caller = Caller(
        id=KEY,
        scopes=frozenset({"predict"}),
        tasks=frozenset(tasks),
        allowance=allowed(**limits),
    )
    gateway = a_gateway(
        *opened, check=lambda key: caller if key == KEY else None, clock=clock
    )
    counters = Counters(path)
    held = Limits(counters, clock=clock)
    gateway.gates.append(held.admit)
    gateway.listeners.append(held.hear)
    gateway.when_closed(counters.close)
    return gateway


def texts(count):
    return {"model": "system", "input": ["the bucket leaks"] * count}


@given(STEPS, st.integers(1, 2000))
def test_in_no_window_is_more_taken_than_a_full_bucket_and_what_comes_back(
    steps, per_minute
):
    now, full_at, taken = NOON, 0.0, []
    for pause, count in steps:
        now += pause
        got = take(full_at, min(count, per_minute), per_minute=per_minute, now=now)
        full_at = got.full_at
        taken.append((now, 0 if got.wait else min(count, per_minute)))
    for first, (begin, _) in enumerate(taken):
        for last in range(first, len(taken)):
            end = taken[last][0]
            total = sum(count for _, count in taken[first : last + 1])
            most = per_minute * (1 + (end - begin) / MINUTE)
            assert total <= most + 0.01


@given(STEPS, st.integers(1, 2000))
def test_who_waits_as_long_as_is_told_can_take(steps, per_minute):
    now, full_at = NOON, 0.0
    for pause, wanted in steps:
        now, count = now + pause, min(wanted, per_minute)
        got = take(full_at, count, per_minute=per_minute, now=now)
        full_at = got.full_at
        if got.wait:
            now += seconds(got.wait)
            again = take(full_at, count, per_minute=per_minute, now=now)
            assert again.wait == 0.0
            full_at = again.full_at


@given(st.floats(0, 120), st.floats(0, 120), st.integers(1, 50), st.integers(50, 99))
def test_whoever_comes_later_waits_no_longer(debt, pause, count, per_minute):
    full_at = NOON + debt
    early = take(full_at, count, per_minute=per_minute, now=NOON)
    late = take(full_at, count, per_minute=per_minute, now=NOON + pause)
    assert late.wait <= early.wait + 1e-6


@given(st.floats(0, 60), st.integers(1, 50))
def test_what_is_left_can_be_taken_and_one_more_cannot(debt, per_minute):
    before = take(NOON + debt, 1, per_minute=per_minute, now=NOON)
    left, full_at = before.left, before.full_at
    if left:
        got = take(full_at, left, per_minute=per_minute, now=NOON)
        assert (got.wait, got.left) == (0.0, 0)
    if left < per_minute:
        assert take(full_at, left + 1, per_minute=per_minute, now=NOON).wait > 0.0


def test_a_clock_that_was_put_back_shuts_nobody_out_for_long():
    full = take(NOON, 10, per_minute=10, now=NOON).full_at
    yesterday = NOON - 86_400
    assert take(full, 1, per_minute=10, now=yesterday).wait <= 2 * MINUTE
    assert settle(0.0, 10_000, per_minute=10, now=NOON) == NOON + 2 * MINUTE


def test_durations_are_written_as_openai_writes_them():
    written = [duration(one) for one in (0.0, 0.001, 0.9999, 1.0, 59.96, 60.0, 95.21)]
    assert written == ["0ms", "1ms", "1000ms", "1s", "60s", "1m0s", "1m35.3s"]


def test_a_key_that_asks_too_often_is_told_when_to_ask_again_and_then_is_answered(
    opened,
):
    clock = Clock()
    gateway = a_limited_gateway(opened, clock=clock, requests_per_minute=3)
    answers = [ask(gateway, MISTRAL, json=texts(1)) for _ in range(4)]
    assert [one.status_code for one in answers] == [200, 200, 200, 429]
    left = [one.headers["x-ratelimit-remaining-requests"] for one in answers]
    assert left == ["2", "1", "0", "0"]
    refused = answers[-1]
    assert refused.headers["x-ratelimit-limit-requests"] == "3"
    assert refused.headers["x-ratelimit-reset-requests"] == "1m0s"
    assert refused.json()["error"]["code"] == "rate_limit_exceeded"
    clock.now += int(refused.headers["retry-after"])
    assert ask(gateway, MISTRAL, json=texts(1)).status_code == 200
    gateway.close()


def test_a_request_that_is_refused_is_not_read(opened):
    clock = Clock()
    gateway = a_limited_gateway(opened, clock=clock, requests_per_minute=1)
    assert ask(gateway, MISTRAL, json=texts(1)).status_code == 200

    async def never():
        raise AssertionError("the body was read")

    told = asyncio.run(sent(gateway, never))
    assert told["status"] == 429
    gateway.close()


async def sent(gateway, receive, *, size=2):
    """Send a request whose body comes from a function; give the head of its reply."""
    heads = []

    async def send(message):
        if message["type"] == "http.response.start":
            heads.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": MISTRAL,
        "client": ("127.0.0.1", 1),
        "headers": [
            (b"host", b"localhost"),
            (b"authorization", f"Bearer {KEY}".encode()),
            (b"content-length", str(size).encode()),
        ],
    }
    await gateway(scope, receive, send)
    return heads[0]


def test_texts_are_counted_and_more_than_a_minutes_are_never_promised(opened):
    clock = Clock()
    gateway = a_limited_gateway(opened, clock=clock, texts_per_minute=10)
    assert ask(gateway, MISTRAL, json=texts(8)).status_code == 200
    refused = ask(gateway, MISTRAL, json=texts(5))
    assert refused.status_code == 429
    assert refused.headers["x-ratelimit-remaining-texts"] == "2"
    clock.now += int(refused.headers["retry-after"])
    assert ask(gateway, MISTRAL, json=texts(5)).status_code == 200
    assert ask(gateway, MISTRAL, json=texts(11)).status_code == 413
    gateway.close()


def test_a_months_texts_last_until_the_month_is_over_whatever_restarts(
    opened, tmp_path
):
    clock, path = Clock(), tmp_path / "limits"
    clock.now = NOON
    for count, status in ((6, 200), (4, 200), (1, 429)):
        gateway = a_limited_gateway(opened, clock=clock, path=path, texts_per_month=10)
        told = ask(gateway, MISTRAL, json=texts(count))
        assert told.status_code == status
        gateway.close()
    assert told.json()["error"]["code"] == "insufficient_quota"
    assert told.headers["x-should-retry"] == "false"
    assert read_counters(path)[KEY].texts == 10
    clock.now += int(told.headers["retry-after"])
    assert month_of(clock.now) == month_of(NOON) + 1
    gateway = a_limited_gateway(opened, clock=clock, path=path, texts_per_month=10)
    assert ask(gateway, MISTRAL, json=texts(10)).status_code == 200
    gateway.close()


def test_texts_that_were_not_answered_are_given_back(opened):
    clock = Clock()
    broken = dataclasses.replace(opened, model=Recorder(poison="x"))
    gateway = a_limited_gateway(clock=clock, texts_per_month=4, texts_per_minute=4)
    gateway.models.serve(dataclasses.replace(a_served(gateway, opened), opened=broken))
    body = {"model": "system", "input": ["x"] * 3}
    assert ask(gateway, MISTRAL, json=body).status_code == 500
    assert ask(gateway, MISTRAL, json=texts(4)).status_code == 200
    gateway.close()


def a_served(gateway, opened):
    return asyncio.run(gateway.proven(opened, computed=""))


def test_tokens_that_a_server_counted_are_held_against_the_month(opened):
    clock = Clock()
    gateway = a_limited_gateway(opened, clock=clock, tokens_per_month=100)

    class Door:
        path, method, operation, is_open, scope = "/t", "POST", "chat", False, "predict"
        refuse = staticmethod(openai_form)

        async def answer(self, call):
            call.tokens_in, call.tokens_out = 60, 50
            return await gateway.doors.find("/health")[0].answer(call)

    gateway.doors.add(Door())
    assert ask(gateway, "/t", json={}).status_code == 200
    assert ask(gateway, "/t", json={}).status_code == 429
    gateway.close()


def test_a_key_of_named_tasks_asks_for_those_alone_and_sees_no_other(opened):
    gateway = a_limited_gateway(opened, clock=Clock(), tasks=["other"])
    refused = ask(gateway, MISTRAL, json=texts(1))
    assert (refused.status_code, refused.json()["error"]["code"]) == (
        403,
        "gateway.task",
    )
    for path in ("/v1/models/system", "/v1/models/nothing"):
        assert ask(gateway, path).status_code == 403
    assert ask(gateway, "/v1/models").json()["data"] == []
    assert ask(gateway, "/v1/models/other").status_code == 404
    assert ask(gateway, "/predict", json={"inputs": "x"}).status_code == 422
    gateway.close()
    gateway = a_limited_gateway(opened, clock=Clock(), tasks=["system", "other"])
    assert ask(gateway, "/predict", json={"inputs": "x"}).status_code == 200
    gateway.close()


def test_openais_client_waits_and_is_answered(opened, loopback):
    clock = Clock()
    gateway = a_limited_gateway(opened, clock=clock, requests_per_minute=60)
    counts = []

    def hear(told):
        counts.append(told.status)
        clock.now += 1.0  # time goes on while the client waits

    gateway.listeners.append(hear)
    with (
        a_live_gateway(gateway) as url,
        openai.OpenAI(api_key=KEY, base_url=f"{url}/v1", max_retries=2) as client,
    ):
        clock_before = clock.now
        for _ in range(60):
            take_one(gateway, clock)
        assert [one.id for one in client.models.list().data] == ["system"]
    assert clock.now - clock_before == 2.0
    assert counts == [429, 200]
    gateway.close()


def take_one(gateway, clock):
    """Use one request of the key, as another process would."""
    (gate,) = gateway.gates

    class Asking:
        caller = Caller(
            id=KEY, scopes=frozenset(), allowance=allowed(requests_per_minute=60)
        )
        id, reply_headers, spend = "another", {}, None

    gate(Asking())


def test_openais_client_does_not_wait_for_another_month(opened, loopback):
    clock = Clock()
    gateway = a_limited_gateway(opened, clock=clock, texts_per_month=1)
    assert ask(gateway, MISTRAL, json=texts(1)).status_code == 200
    heard = []
    gateway.listeners.append(heard.append)
    with (
        a_live_gateway(gateway) as url,
        openai.OpenAI(api_key=KEY, base_url=f"{url}/v1", max_retries=2) as client,
        pytest.raises(openai.RateLimitError) as caught,
    ):
        client.models.list()
    assert caught.value.code == "insufficient_quota"
    assert [one.status for one in heard] == [429]
    gateway.close()


def add_texts(path, times):
    counters = Counters(path)

    def add(used):
        used.texts += 1

    for _ in range(times):
        counters.change("shared", add)
    counters.close()


def test_processes_lose_no_count_of_each_other(tmp_path):
    path = tmp_path / "limits"
    workers = multiprocessing.get_context("spawn")
    several = [workers.Process(target=add_texts, args=(path, 300)) for _ in range(3)]
    for one in several:
        one.start()
    add_texts(path, 300)
    for one in several:
        one.join(60)
    assert read_counters(path)["shared"].texts == 1200


def test_of_more_keys_than_have_room_the_one_used_longest_ago_is_forgotten(tmp_path):
    path = tmp_path / "limits"
    counters = Counters(path, rows=3)

    def use_at(moment):
        def use(used):
            used.last = moment
            used.texts += 1

        return use

    for moment, key in enumerate(["a", "b", "c", "a", "d", "a"]):
        counters.change(key, use_at(float(moment)))
    counters.close()
    counters.close()
    found = read_counters(path)
    assert {key: used.texts for key, used in found.items()} == {"a": 3, "c": 1, "d": 1}
    assert read_counters(tmp_path / "none") == {}


def test_the_file_of_counts_has_all_its_room_before_anything_is_counted(tmp_path):
    path = tmp_path / "limits"
    path.touch()
    os.truncate(path, 64 * ROWS)  # as it was made once, with holes
    Counters(path).close()
    found = path.stat()
    assert found.st_size == 64 * ROWS
    assert found.st_blocks * 512 >= found.st_size


@contextmanager
def no_file_larger_than(size):
    """Have the system refuse to let a file grow, as it does where a disk is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_file_of_counts_that_has_no_room_is_refused_and_not_held_open(tmp_path):
    path = tmp_path / "limits"
    with no_file_larger_than(4096), pytest.raises(OSError, match="large"):
        Counters(path)
    held = {one.resolve() for one in Path("/proc/self/fd").iterdir()}
    assert path not in held


@given(st.lists(st.sampled_from("abcdef"), max_size=60))
@settings(max_examples=30)
def test_rows_are_what_a_dictionary_would_be(keys):
    counters, plain = Counters(None, rows=8), {}

    def add(used):
        used.texts += 1
        return used.texts

    for key in keys:
        plain[key] = plain.get(key, 0) + 1
        assert counters.change(key, add) == plain[key]
    counters.close()


def test_whoever_sends_wrong_keys_without_end_is_told_to_wait(opened):
    clock, looked = Clock(), []

    def check(key):
        looked.append(key)
        right = key == KEY
        return Caller(id=key, scopes=frozenset({"predict"})) if right else None

    gateway = a_gateway(opened, check=check, clock=clock, guesses_per_minute=5)
    assert ask(gateway, "/v1/models").status_code == 200
    wrong = [ask(gateway, "/v1/models", key=f"k{n}") for n in range(7)]
    assert [one.status_code for one in wrong] == [401] * 5 + [429] * 2
    assert len(looked) == 6  # what is refused is not looked up
    clock.now += REMEMBERED + 1
    assert ask(gateway, "/v1/models").status_code == 200  # it was in before
    clock.now += int(wrong[-1].headers["retry-after"])
    assert ask(gateway, "/v1/models", key="k9").status_code == 401
    gateway.close()


def test_guesses_are_remembered_within_bounds_and_by_network():
    guesses = Guesses(1, clock=Clock())
    guesses.refuse_busy("2001:db8::1")
    guesses.count("2001:db8::1")
    with pytest.raises(RequestError):
        guesses.refuse_busy("2001:db8::2")
    guesses.refuse_busy("2001:db8:0:1::2")
    guesses.count("::ffff:192.0.2.1")
    with pytest.raises(RequestError):
        guesses.refuse_busy("192.0.2.1")
    guesses.count("no address:")
    for number in range(MOST):
        guesses.count(f"10.0.{number >> 8}.{number & 255}")
    guesses.refuse_busy("192.0.2.1")  # long forgotten


def test_slow_bodies_never_hold_more_memory_than_is_allowed(opened):
    gateway = a_gateway(opened, most_body_bytes=4 * 2**20, most_requests=64)
    highest, goes_on = [], asyncio.Event()

    def slow():
        """Send nearly a whole body, then wait for the rest without end."""
        parts = iter(range(15))

        async def receive():
            if not goes_on.is_set():
                highest.append(gateway.room.body_bytes)
            if next(parts, None) is not None:
                await asyncio.sleep(0)
                return {"type": "http.request", "body": b" " * 65536, "more_body": True}
            await goes_on.wait()
            return {"type": "http.disconnect"}

        return receive

    async def go():
        several = [
            asyncio.create_task(sent(gateway, slow(), size=LARGEST_BODY))
            for _ in range(80)
        ]
        pending = set(several)
        while len(pending) > 4:
            _, pending = await asyncio.wait(
                pending, return_when=asyncio.FIRST_COMPLETED
            )
        assert gateway.room.under_way == len(pending)
        goes_on.set()
        return await asyncio.gather(*several)

    heads = asyncio.run(go())
    statuses = [one["status"] for one in heads]
    assert statuses.count(400) <= 4  # they had room, and then went away
    assert set(statuses) == {400, 429}
    assert max(highest) <= 4 * 2**20
    refused = next(one for one in heads if one["status"] == 429)
    assert (b"retry-after", b"1") in refused["headers"]
    assert (gateway.room.under_way, gateway.room.body_bytes) == (0, 0)
    gateway.close()


def test_more_requests_than_have_room_are_told_to_come_again(opened):
    held = Held()
    gateway = a_gateway(most_requests=2)
    served = a_served(gateway, opened)
    gateway.models.serve(
        dataclasses.replace(served, opened=dataclasses.replace(opened, model=held))
    )
    heard = []
    gateway.listeners.append(lambda told: heard.append(told.status))

    def let_go(told):
        if told.status == 429 and heard.count(429) == 3:
            held.gate.set()

    gateway.listeners.append(let_go)
    answers = ask_all(gateway, [(MISTRAL, texts(1))] * 5)
    assert sorted(one.status_code for one in answers) == [200, 200, 429, 429, 429]
    assert ask(gateway, "/health").status_code == 200
    gateway.close()


def test_a_gateway_that_leaves_says_so_and_then_takes_no_more(opened):
    gateway = a_gateway(opened)
    gateway.room.is_leaving = True
    ready = ask(gateway, "/ready")
    assert (ready.status_code, ready.json()["status"]) == (503, "draining")
    assert ask(gateway, MISTRAL, json=texts(1)).status_code == 200
    gateway.room.is_closed = True
    refused = ask(gateway, MISTRAL, json=texts(1))
    assert refused.status_code == 503
    assert refused.headers["retry-after"] == "1"
    assert refused.headers["connection"] == "close"
    assert ask(gateway, "/health").status_code == 200
    gateway.close()


def test_a_seat_is_left_once():
    room = Room(GatewaySettings())
    seat = room.seat()
    seat.hold(10)
    seat.leave()
    seat.leave()
    assert (room.under_way, room.body_bytes) == (0, 0)


def test_limits_without_meaning_are_refused():
    with pytest.raises(SettingsError, match="texts_per_month"):
        LimitSettings(texts_per_month=-1)
    for wrong in ({"workers": 0}, {"drain_seconds": -1.0}, {"most_body_bytes": 1}):
        with pytest.raises(SettingsError, match="must be"):
            GatewaySettings(**wrong)
    own = LimitSettings(requests_per_minute=5).filled(Allowance(texts_per_month=0))
    assert (own.requests_per_minute, own.texts_per_month) == (5, 0)
