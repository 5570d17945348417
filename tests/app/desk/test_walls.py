# SPDX-License-Identifier: Apache-2.0
"""What surrounds every request: hosts, sizes, patience, headers."""

import socket
import threading
import time

import pytest
from tests.app.desk import builders

from maalem.app.desk.walls import LARGEST_BODY

FORM = {"content-type": "application/x-www-form-urlencoded"}


def test_every_answer_is_strict(desk_client):
    for path in ("/sign-in", "/nowhere", "/static/desk.css", "/api/v1/nowhere"):
        headers = desk_client().get(path).headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; ")
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cache-control"] in ("no-store", "no-cache")


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "", "127.0.0.1:x", "[::1", "localhost."],
)
def test_a_desk_answers_to_its_own_names_alone(desk_client, host):
    answer = desk_client().get("/sign-in", headers={"host": host})
    assert answer.status_code == 400
    assert "sign" not in answer.text


@pytest.mark.parametrize("host", ["127.0.0.1", "LOCALHOST:9000", "[::1]:8000", "[::1]"])
def test_its_names_are_taken_with_any_port(desk_client, host):
    assert desk_client().get("/sign-in", headers={"host": host}).status_code == 200


def test_a_large_body_is_refused_from_its_head(desk_client):
    headers = {**FORM, "content-length": str(10 * 2**30)}
    answer = desk_client().post("/sign-in", headers=headers, content=b"email=x")
    assert answer.status_code == 413


def test_a_body_without_a_length_is_counted_as_it_comes(desk_client):
    def endless():
        for _ in range(LARGEST_BODY // 65536 + 2):
            yield b"x" * 65536

    answer = desk_client().post("/sign-in", headers=FORM, content=endless())
    assert answer.status_code == 413


def test_a_packed_body_is_not_unpacked(desk_client):
    headers = {**FORM, "content-encoding": "gzip"}
    answer = desk_client().post("/sign-in", headers=headers, content=b"\x1f\x8b" * 9)
    assert answer.status_code == 401


def test_more_headers_than_any_browser_sends_are_refused(desk_client):
    headers = {f"x-{number}": "1" for number in range(200)}
    assert desk_client().get("/sign-in", headers=headers).status_code == 431


def test_a_filter_that_is_not_declared_is_refused(desk_client):
    for query in ("user__password=a", "expert.email=a", "next=/&token=1"):
        answer = desk_client().get(f"/sign-in?{query}")
        assert answer.status_code == 400
        assert "desk.query" in answer.text


def test_no_path_leads_out_of_the_static_files(desk_client):
    client = desk_client()
    assert client.get("/static/desk.css").status_code == 200
    for name in (
        *("../desk.py", "..%2fdesk.py", "%2e%2e%2fdesk.py", "..%252fdesk.py"),
        *("..\\desk.py", "%00desk.css", "desk.css%00", "/etc/passwd", "", "."),
        *("DESK.CSS", "desk.css/", "__init__.py"),
    ):
        assert client.get(f"/static/{name}").status_code == 404


def test_a_static_file_that_is_known_is_not_sent_again(desk_client):
    client = desk_client()
    first = client.get("/static/desk.css")
    again = client.get(
        "/static/desk.css", headers={"if-none-match": first.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")
    ranged = client.get("/static/desk.css", headers={"range": "bytes=0-1"})
    assert ranged.content == first.content


def test_a_failure_shows_no_trace_and_no_text(opened, caplog):
    def fail():
        raise RuntimeError("the secret text of a document")

    way = next(one for one in opened.application.routes if one.path == "/set-up")
    route = type(way)("/sign-in", fail, methods=["GET"])
    opened.application.routes.insert(0, route)
    answer = opened.client().get("/sign-in")
    assert answer.status_code == 500
    assert "secret text" not in answer.text + caplog.text
    assert "Traceback" not in answer.text
    assert "RuntimeError" in caplog.text
    assert "content-security-policy" in answer.headers


def test_an_unknown_path_of_the_api_is_answered_in_json(desk_client):
    answer = desk_client().get("/api/v1/nowhere")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "desk.refused"


def talk(server, *pieces, pause=0.0):
    """Send bytes over a socket, and give what comes back until it is closed."""
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as line:
        for piece in pieces:
            line.sendall(piece)
            time.sleep(pause)
        received = b""
        while part := line.recv(65536):
            received += part
    return received.decode()


@pytest.fixture
def hasty(loopback, work):
    """A live desk that waits half a second for heads and bodies."""
    with builders.a_server(work, clock=builders.Clock(), patience=0.5) as live:
        yield live


HEAD = b"POST /sign-in HTTP/1.1\r\nhost: localhost\r\n"
TYPE = b"content-type: application/x-www-form-urlencoded\r\n"


def test_a_head_that_does_not_come_is_not_waited_for(hasty):
    assert talk(hasty).startswith("HTTP/1.1 408")
    assert talk(hasty, b"GET / HTTP/1.1\r\nhost: loc").startswith("HTTP/1.1 408")


def test_a_second_head_is_not_waited_for_longer_than_the_first(hasty):
    whole = b"GET /sign-in HTTP/1.1\r\nhost: localhost\r\n\r\n"
    answers = talk(hasty, whole, b"GET / HT", pause=0.2)
    assert answers.startswith("HTTP/1.1 200")
    assert "HTTP/1.1 408" in answers


def test_part_of_a_head_that_came_with_the_first_is_not_waited_for(hasty):
    both = b"GET /sign-in HTTP/1.1\r\nhost: localhost\r\n\r\nGET / HT"
    answers = talk(hasty, both)
    assert answers.startswith("HTTP/1.1 200")
    assert "HTTP/1.1 408" in answers


def test_a_body_that_dribbles_is_not_waited_for(hasty):
    answer = talk(hasty, HEAD + TYPE + b"content-length: 100\r\n\r\n", b"email=")
    assert answer.startswith("HTTP/1.1 408")


def test_a_slow_caller_does_not_keep_others_waiting(hasty):
    answers = []
    slow = [
        threading.Thread(target=lambda: answers.append(talk(hasty, HEAD)))
        for _ in range(50)
    ]
    for one in slow:
        one.start()
    whole = b"GET /sign-in HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
    assert talk(hasty, whole).startswith("HTTP/1.1 200")
    for one in slow:
        one.join()
    assert all(one.startswith("HTTP/1.1 408") for one in answers)


def test_an_endless_head_is_refused(server):
    lines = b"".join(b"x-%d: 1\r\n" % number for number in range(10_000))
    assert talk(server, HEAD + lines).startswith("HTTP/1.1 431")


@pytest.mark.parametrize(
    "lengths",
    [
        b"content-length: 3\r\ntransfer-encoding: chunked\r\n",
        b"content-length: 3\r\ncontent-length: 4\r\n",
        b"content-length: -1\r\n",
        b"transfer-encoding: chunked, identity\r\n",
    ],
)
def test_a_body_whose_end_is_told_twice_is_refused(server, lengths):
    answer = talk(server, HEAD + TYPE + lengths + b"\r\n0\r\n\r\n")
    assert answer.split()[1] in ("400", "501")


def test_a_second_host_is_refused(server):
    lines = b"GET / HTTP/1.1\r\nhost: localhost\r\nhost: evil.example\r\n\r\n"
    assert talk(server, lines).startswith("HTTP/1.1 400")
