# SPDX-License-Identifier: Apache-2.0
"""`maalem serve` opens a desk, holds the project, and closes it without a loss."""

import asyncio
import json
import re
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager

import httpx
import pytest
from tests.app.builders import caller
from tests.app.desk.builders import PASSWORD

from maalem.app import loop
from maalem.app.desk import people
from maalem.app.desk.serving import listen
from maalem.app.listening import DeskSettings
from maalem.errors import SettingsError
from maalem.store import verify_ledger

PROGRAM = (sys.executable, "-c", "from maalem.app.main import main; main()")
OWNER = {"name": "Olga", "email": "olga@example.org", "password": PASSWORD}


@pytest.fixture
def folder(desk_folder, tmp_path, loopback):
    """A copy of the project in which nobody is yet."""
    folder = shutil.copytree(desk_folder, tmp_path / "fleet")
    with loop.open_workspace(folder) as work:
        work.store.change(lambda tables: tables.execute("DELETE FROM person"))
    return folder


@contextmanager
def serving(folder, *options):
    """Run `maalem serve` as a process of its own; give it and what it told."""
    arguments = ("-C", str(folder), "--json", "serve", "--port", "0", *options)
    with subprocess.Popen(
        (*PROGRAM, *arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        try:
            line = process.stdout.readline()
            yield process, json.loads(line or b"{}")
        finally:
            process.kill()


def stop(process, number=signal.SIGTERM):
    process.send_signal(number)
    return process.wait(timeout=30)


def test_the_first_run_gives_a_token_and_later_ones_do_not(folder):
    with serving(folder) as (process, told):
        token = told["set_up_token"]
        assert re.fullmatch(r"[\w-]{43}", token)
        answer = httpx.post(f"{told['url']}set-up", data={**OWNER, "token": token})
        assert answer.status_code == 303
        assert stop(process) == 0
    with serving(folder) as (process, told):
        assert told["set_up_token"] is None
        assert httpx.get(f"{told['url']}set-up").status_code == 404
        assert stop(process) == 0
    with loop.open_workspace(folder, read_only=True) as work:
        assert [one.name for one in people.everyone(work.store)] == ["Olga"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_desk_that_is_told_to_stop_keeps_a_last_checkpoint(folder, number):
    with serving(folder) as (process, told):
        form = {**OWNER, "token": told["set_up_token"]}
        httpx.post(f"{told['url']}set-up", data=form)
        assert stop(process, number) == 0
    report = verify_ledger(folder)
    assert report.ok
    size = int((folder / "ledger.checkpoint").read_text("utf-8").splitlines()[1])
    assert size == report.size


def test_a_request_under_way_is_answered_before_the_desk_closes(folder):
    with serving(folder) as (process, told):
        body = b"language=fr&back=/me"
        host, port = told["url"].removeprefix("http://").strip("/").split(":")
        with socket.create_connection((host, int(port)), timeout=10) as line:
            line.sendall(
                b"POST /language HTTP/1.1\r\nhost: localhost\r\n"
                b"content-type: application/x-www-form-urlencoded\r\n"
                b"content-length: %d\r\n\r\n" % len(body)
            )
            line.sendall(body[:5])
            httpx.get(f"{told['url']}sign-in")  # the half body has arrived before this
            process.send_signal(signal.SIGTERM)
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(timeout=0.5)
            line.sendall(body[5:])
            assert line.recv(65536).startswith(b"HTTP/1.1 303")
        assert process.wait(timeout=30) == 0


def test_one_process_at_a_time_serves_a_project(folder, capsys):
    maalem = caller(capsys)
    with serving(folder):
        again = maalem("--json", "-C", folder, "serve", "--port", "0")
        assert (again.code, again.error["code"]) == (6, "store.busy")
        people = maalem("--json", "-C", folder, "people", "invite", "Amina")
        assert people.error["code"] == "store.busy"


def test_a_taken_port_is_named(folder, capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = caller(capsys)("--json", "-C", folder, "serve", "--port", port)
    assert (refused.code, refused.error["code"]) == (2, "desk.address")
    assert str(port) in refused.error["message"]


def test_an_answer_does_not_wait_for_its_head_to_be_acknowledged(loopback):
    async def is_sent_at_once(door):
        told = asyncio.get_running_loop().create_future()
        server = await asyncio.start_server(
            lambda _, writer: told.set_result(writer), sock=door
        )
        async with server:
            _, browser = await asyncio.open_connection(*door.getsockname())
            writer = await told
            line = writer.get_extra_info("socket")
            found = line.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            for end in (writer, browser):
                end.close()
                await end.wait_closed()
        return bool(found)

    assert asyncio.run(is_sent_at_once(listen("127.0.0.1", 0)))


def test_nothing_that_a_caller_sends_stands_in_the_log(folder):
    with serving(folder) as (process, told):
        httpx.get(f"{told['url']}invitation/zanzibar-7731")
        form = {"email": "zanzibar-7731@example.org", "password": "zanzibar-7731"}
        httpx.post(f"{told['url']}sign-in", data=form)
        stop(process)
        assert b"zanzibar" not in process.stderr.read() + process.stdout.read()


@pytest.mark.parametrize(
    "settings",
    [{"port": 70_000}, {"port": -1}, {"hosts": ("a:8000",)}, {"hosts": ("*",)}],
)
def test_a_place_that_cannot_be_is_refused(settings):
    with pytest.raises(SettingsError):
        DeskSettings(**settings)


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        ({}, "http://127.0.0.1:8000"),
        ({"address": "0.0.0.0"}, "http://localhost:8000"),
        ({"address": "::1", "port": 9}, "http://[::1]:9"),
        ({"hosts": ("desk.example.org",)}, "http://desk.example.org:8000"),
        (
            {"hosts": ("desk.example.org",), "is_secure": True},
            "https://desk.example.org",
        ),
    ],
)
def test_a_link_names_the_desk_as_browsers_know_it(settings, url):
    assert DeskSettings(**settings).url == url
