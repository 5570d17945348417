# SPDX-License-Identifier: Apache-2.0
"""The gateway's own HTTP takes what everybody reads alike, and nothing else."""

import contextlib
import re
import socket
import threading
import time

import pytest
from tests.app.desk.conftest import loopback  # noqa: F401  # a fixture
from tests.serving.builders import KEY, a_gateway

from maalem.app.desk.serving import address_of, listen
from maalem.app.gateway.serving import gateway_server_of
from maalem.serving.wire import Reply

pytestmark = pytest.mark.usefixtures("loopback")
PATIENCE = 0.5


class Echo:
    """A door that gives back what it was sent, and whose key it was sent with."""

    path, method, operation, is_open, scope = "/v1/echo", "POST", "read", True, ""
    refuse = staticmethod(lambda error: (error.status, {"error": error.code}))

    async def answer(self, call):
        body = call.raw + b"|" + call.headers.get(b"authorization", b"no key")
        return Reply(status=200, headers={}, body=body)


@pytest.fixture
def place():
    """A live gateway that waits half a second for heads."""
    gateway = a_gateway(clock=time.time)
    gateway.doors.add(Echo())
    door = listen("127.0.0.1", 0)
    server = gateway_server_of(gateway, is_secure=False, patience=PATIENCE)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [door]})
    thread.start()
    while not server.started:
        thread.join(0.01)
    host, port = address_of(door).removeprefix("http://").strip("/").split(":")
    yield host, int(port)
    server.should_exit = True
    thread.join()
    door.close()
    gateway.close()


def talk(place, *pieces, pause=0.0):
    """Send pieces; give what comes back until the other side closes."""
    with socket.create_connection(place, timeout=10) as line:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for piece in pieces:
                line.sendall(piece)
                time.sleep(pause)
        received = b""
        with contextlib.suppress(ConnectionResetError):
            while part := line.recv(65536):
                received += part
    return received


def statuses(received):
    return [int(one) for one in re.findall(rb"HTTP/1\.1 (\d{3}) ", received)]


CHUNKS = b"transfer-encoding: chunked\r\n"
NONE = b"content-length: 0\r\n"
POST = b"POST /v1/echo HTTP/1.1\r\nhost: localhost\r\n"
LAST = b"connection: close\r\n"
GET = b"GET /health HTTP/1.1\r\nhost: localhost\r\n"


@pytest.mark.parametrize(
    "request_",
    [
        POST + b"content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        POST + b"content-length: 3\r\ncontent-length: 3\r\n\r\nabc",
        POST + b"content-length: 3\r\ncontent-length: 4\r\n\r\nabc",
        POST + b"content-length: 3, 3\r\n\r\nabc",
        POST + b"content-length: +3\r\n\r\nabc",
        POST + b"content-length: 0x3\r\n\r\nabc",
        POST + b"content-length : 3\r\n\r\nabc",
        POST + b"content-length: 3\r\n folded\r\n\r\nabc",
        POST + b"content-length: 3\n\r\nabc",
        POST + b"x: a\rb\r\ncontent-length: 3\r\n\r\nabc",
        POST + b"x: a\x00b\r\ncontent-length: 3\r\n\r\nabc",
        POST + b"transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        POST + b"transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        POST + b"transfer-encoding: xchunked\r\n\r\n0\r\n\r\n",
        POST + b"transfer-encoding: Chunked\r\n\r\n0\r\n\r\n",
        POST
        + b"transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        POST + CHUNKS + b"\r\n3\nabc\r\n0\r\n\r\n",
        POST + CHUNKS + b"\r\n0x3\r\nabc\r\n0\r\n\r\n",
        POST
        + b"transfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\nabc\r\n0\r\n\r\n",
        POST + CHUNKS + b"\r\n3\r\nabcd\r\n0\r\n\r\n",
        POST.replace(b"1.1", b"1.0") + b"transfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /v1/echo HTTP/1.1\nhost: localhost\ncontent-length: 0\n\n",
        b"POST /v1/echo HTTP/2.0\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n",
        b"POST /v1/echo HTTP/1.2\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n",
        b"POST http://evil/v1/echo HTTP/1.1\r\nhost: localhost\r\n" + NONE + b"\r\n",
        b"POST v1/echo HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n",
        b"CONNECT evil:1 HTTP/1.1\r\nhost: localhost\r\n\r\n",
        b"GET /health\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        POST + b"host: evil\r\ncontent-length: 0\r\n" + LAST + b"\r\n",
        b"POST /v1/echo HTTP/1.1\r\nhost: evil\r\n"
        + LAST
        + b"content-length: 0\r\n\r\n",
        b"POST /v1/echo HTTP/1.1\r\ncontent-length: 0\r\n" + LAST + b"\r\n",
    ],
)
def test_what_can_be_read_in_two_ways_is_read_in_none(place, request_):
    assert statuses(talk(place, request_ + GET + LAST + b"\r\n")) == [400]


@pytest.mark.parametrize(
    "body",
    [
        b"content-length: 3\r\n\r\nabc",
        b"transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        b"transfer-encoding: chunked\r\n\r\n1;x=y\r\na\r\n2\r\nbc\r\n0\r\n\r\n",
    ],
)
def test_what_everybody_reads_alike_is_answered(place, body):
    assert talk(place, POST + LAST + body).endswith(b"abc|no key")


def test_a_body_in_pieces_is_put_together(place):
    pieces = [bytes([one]) for one in b"content-length: 3\r\n\r\nabc"]
    assert talk(place, POST + LAST, *pieces, pause=0.005).endswith(b"abc|no key")


def test_a_body_that_waits_to_be_asked_for_is_asked_for(place):
    head = POST + LAST + b"content-length: 3\r\nexpect: 100-continue\r\n\r\n"
    told = talk(place, head, b"abc", pause=0.1)
    assert statuses(told) == [100, 200]
    assert told.endswith(b"abc|no key")


def test_a_trailer_is_no_header(place):
    trailer = b"authorization: Bearer %s\r\nhost: evil\r\n" % KEY.encode()
    body = b"transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n" + trailer + b"\r\n"
    assert talk(place, POST + LAST + body).endswith(b"abc|no key")


def test_requests_that_come_together_are_answered_in_their_order(place):
    each = [POST + b"content-length: 1\r\n\r\n%d" % number for number in range(3)]
    told = talk(place, b"".join(each) + GET + LAST + b"\r\n")
    assert statuses(told) == [200] * 4
    assert re.findall(rb"(\d)\|", told) == [b"0", b"1", b"2"]


def test_what_follows_the_last_request_is_not_answered_before_it(place):
    good = POST + b"content-length: 1\r\n\r\na"
    assert statuses(talk(place, good + b"\x00\x00garbage\r\n\r\n")) == [200]
    closing = POST + LAST + b"content-length: 1\r\n\r\na"
    assert statuses(talk(place, closing + GET + b"\r\n")) == [200]


def test_another_protocol_is_not_spoken(place):
    upgrade = GET + b"connection: upgrade\r\nupgrade: h2c\r\n\r\n"
    assert statuses(talk(place, upgrade + GET + b"\r\n")) == [200]


@pytest.mark.parametrize(
    "head",
    [
        b"".join(b"x-%d: 1\r\n" % number for number in range(10_000)),
        b"x: " + b"a" * 40_000,
        b"x: " + b"a" * 40_000 + b"\r\n\r\n",
        b"x: " + b"a" * 400_000,
    ],
)
def test_an_endless_head_is_refused(place, head):
    assert statuses(talk(place, GET + head)) == [431]
    pieces = [head[at : at + 5000] for at in range(0, len(head), 5000)]
    assert statuses(talk(place, GET, *pieces)) == [431]


def test_an_endless_address_is_refused(place):
    assert statuses(talk(place, b"GET /" + b"a" * 50_000)) == [431]


def test_endless_trailers_are_refused(place):
    body = b"transfer-encoding: chunked\r\n\r\n0\r\n" + b"x: %s\r\n" % (b"a" * 999) * 99
    assert statuses(talk(place, POST + body)) == [431]


def test_a_body_may_be_longer_than_a_head(place):
    body = b"a" * 200_000
    told = talk(place, POST + LAST + b"content-length: 200000\r\n\r\n" + body)
    assert told.endswith(body + b"|no key")


@pytest.mark.parametrize("begun", [b"", b"\r\n", b"GET /hea", GET, GET + b"x: 1"])
def test_a_head_that_does_not_come_is_not_waited_for(place, begun):
    assert statuses(talk(place, begun)) == [408]


def test_a_head_that_dribbles_is_not_waited_for(place):
    pieces = [bytes([one]) for one in GET]
    began = time.monotonic()
    assert statuses(talk(place, *pieces, pause=0.05)) == [408]
    assert time.monotonic() - began < 60


def test_the_rest_of_a_head_that_came_with_another_is_not_waited_for(place):
    assert statuses(talk(place, GET + b"\r\n" + GET)) == [200, 408]


def test_a_slow_caller_does_not_keep_others_waiting(place):
    answers = []
    slow = [
        threading.Thread(target=lambda: answers.append(statuses(talk(place, GET))))
        for _ in range(20)
    ]
    for one in slow:
        one.start()
    assert statuses(talk(place, GET + LAST + b"\r\n")) == [200]
    for one in slow:
        one.join()
    assert answers == [[408]] * 20
