# SPDX-License-Identifier: Apache-2.0
"""Several processes answer as one: they count together, are replaced, and drain."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import threading
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import httpx
import pytest
from tests.app.desk.conftest import loopback  # noqa: F401  # a fixture
from tests.app.test_gateway import (
    BODY,
    MISTRAL,
    PROGRAM,
    a_key,
    clock,
    serving,
    setting,
)

from maalem.app import loop
from maalem.app.desk import api_keys
from maalem.app.desk.api_keys import Bounds
from maalem.app.gateway.workers import FIRST, LONGEST, STEADY, next_pause
from maalem.serving.allowances import NAMES, Allowance
from maalem.serving.counters import PLACE, read_counters
from maalem.serving.traffic.tables import FILE

CREW = ("--only", "gateway", "--workers", "2")
RAW = json.dumps(BODY).encode()


def bearer(key):
    return {"authorization": f"Bearer {key}"}


def ask(told, key):
    """Ask once, over a connection of its own."""
    return httpx.post(
        f"{told['url']}{MISTRAL}", json=BODY, headers=bearer(key), timeout=60
    )


def workers_of(process):
    """Give the processes that answer, not what looks after their shared names."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    found = []
    for one in children.split():
        with suppress(FileNotFoundError):  # it ended meanwhile
            if b"spawn_main" in Path(f"/proc/{one}/cmdline").read_bytes():
                found.append(int(one))
    return found


def worker_with(process, line):
    """Give the worker at the other end of a connection."""
    ours, theirs = line.getsockname()[1], line.getpeername()[1]
    ends = (f":{theirs:04X}", f":{ours:04X}")
    for row in Path("/proc/net/tcp").read_text().splitlines():
        cells = row.split()
        if cells[1].endswith(ends[0]) and cells[2].endswith(ends[1]):
            wanted = f"socket:[{cells[9]}]"
            for pid in workers_of(process):
                with suppress(FileNotFoundError):  # it was closed meanwhile
                    links = Path(f"/proc/{pid}/fd").iterdir()
                    if wanted in {str(one.readlink()) for one in links}:
                        return pid
    return None


@contextmanager
def half_a_request(told, key):
    """Send the head of a request and half of its body; the rest is sent later."""
    host, port = told["url"].removeprefix("http://").strip("/").split(":")
    with socket.create_connection((host, int(port)), timeout=60) as line:
        line.sendall(
            b"POST /v1/classifications HTTP/1.1\r\nhost: localhost\r\n"
            b"authorization: Bearer %s\r\ncontent-length: %d\r\n\r\n%s"
            % (key.encode(), len(RAW), RAW[:5])
        )
        yield line


def until(holds, *, patience=60.0):
    """Wait until something holds, for as long as a slow machine needs."""
    pause = threading.Event()
    for _ in range(int(patience / 0.05)):
        if holds():
            return True
        pause.wait(0.05)
    return False


def under_way(told):
    """Tell that a request has come in, by another that came after it."""
    return httpx.get(f"{told['url']}health", timeout=60).status_code == 200


def tell_all(process):
    """Tell workers too, as a terminal or whoever ends a group of processes does."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGTERM):
        for pid in workers_of(process):
            with suppress(ProcessLookupError):
                os.kill(pid, number)


@pytest.mark.parametrize("lived", [0.0, STEADY - 1])
def test_who_never_lives_long_is_replaced_ever_later_and_at_last_each_half_minute(
    lived,
):
    pauses, last = [], 0.0
    for _ in range(9):
        last = next_pause(last, lived=lived)
        pauses.append(last)
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (FIRST, LONGEST)
    assert next_pause(LONGEST, lived=STEADY) == FIRST


def test_workers_answer_beside_a_writer_and_count_one_months_texts_together(
    copied,
    loopback,  # noqa: F811  # the fixture
):
    with loop.open_workspace(copied) as work, serving(copied, *CREW) as (process, told):
        assert told["models"] == {"system": "system-1"}
        made = {"scopes": ["predict"], "days": 1, "now": clock(), "by": "owner"}
        key = api_keys.create(work.store, "while it serves", **made)
        bounds = Bounds(
            tasks=frozenset({"system"}), allowance=Allowance(texts_per_month=5)
        )
        api_keys.bind(work.store, key, bounds, by="owner")
        statuses = [ask(told, key).status_code for _ in range(9)]
        assert statuses == [200] * 5 + [429] * 4
        free = api_keys.create(work.store, "another", **made)
        api_keys.bind(work.store, free, Bounds(tasks=frozenset({"other"})), by="owner")
        assert ask(told, free).status_code == 403
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
    with serving(copied, *CREW[:2]) as (process, told):
        assert ask(told, key).status_code == 429
    assert read_counters(copied / PLACE)[api_keys.public_part(key)].texts == 5


def test_a_worker_that_is_killed_takes_only_its_own_requests_with_it(copied, loopback):  # noqa: F811  # the fixture
    key = a_key(copied, "predict")
    with serving(copied, *CREW) as (process, told):
        first = workers_of(process)
        assert len(first) == 2
        with half_a_request(told, key) as line:
            assert until(lambda: worker_with(process, line) is not None)
            mine = worker_with(process, line)
            (other,) = set(first) - {mine}
            os.kill(other, signal.SIGKILL)
            line.sendall(RAW[5:])
            assert line.recv(65536).startswith(b"HTTP/1.1 200")
        assert [ask(told, key).status_code for _ in range(5)] == [200] * 5
        assert until(lambda: len(set(workers_of(process)) - set(first)) == 1)
        os.kill(mine, signal.SIGKILL)  # now the new one answers, once it can
        assert until(lambda: mine not in workers_of(process))
        assert ask(told, key).status_code == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
        assert process.stderr.read().count(b"is gone: signal 9") == 2


@pytest.mark.parametrize("options", [CREW, CREW[:2], ()])
def test_who_is_told_to_stop_says_so_and_answers_what_is_under_way(
    copied,
    loopback,  # noqa: F811  # the fixture
    options,
):
    key = a_key(copied, "predict")
    with serving(copied, *options) as (process, told):
        with half_a_request(told, key) as line:
            assert until(
                lambda: options != CREW or worker_with(process, line) is not None
            )
            assert under_way(told)
            process.send_signal(signal.SIGTERM)
            if options == CREW:
                tell_all(process)
            ready = f"{told['url']}ready"
            assert until(
                lambda: httpx.get(ready, timeout=60).json()["status"] == "draining"
            )
            assert httpx.get(ready, timeout=60).status_code == 503
            refused = ask(told, key)
            assert refused.status_code == 503
            assert refused.headers["retry-after"] == "1"
            line.sendall(RAW[5:])
            assert line.recv(65536).startswith(b"HTTP/1.1 200")
        assert process.wait(timeout=60) == 0


def test_workers_whose_parent_was_killed_leave_too(copied, loopback):  # noqa: F811  # the fixture
    key = a_key(copied, "predict")
    with serving(copied, *CREW) as (process, told):
        assert ask(told, key).status_code == 200
        workers = workers_of(process)
        process.kill()
        process.wait(timeout=60)
        assert until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers))


def test_workers_that_cannot_answer_are_not_started_for_ever(copied):
    (copied / FILE).parent.mkdir()
    (copied / FILE).write_bytes(b"no database" * 1000)
    arguments = ("-C", str(copied), "serve", "--port", "0", *CREW)
    done = subprocess.run(
        (*PROGRAM, *arguments), capture_output=True, timeout=120, check=False
    )
    assert done.returncode == 1
    assert b"error[gateway.worker]" in done.stderr
    assert b"is no traffic file, or damaged" in done.stderr
    assert b"Traceback" not in done.stderr


def test_the_desk_is_not_served_by_several(copied, capsys):
    arguments = ("-C", str(copied), "serve", "--port", "0", "--workers", "2")
    done = subprocess.run(
        (*PROGRAM, *arguments), capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert b"--only gateway" in done.stderr


def test_the_gateway_answers_beside_the_desk_in_another_process(copied, loopback):  # noqa: F811  # the fixture
    key = a_key(copied, "predict")
    with (
        serving(copied, *CREW[:2]) as (gateway, told),
        serving(copied, "--only", "desk") as (desk, beside),
    ):
        assert httpx.get(f"{beside['url']}set-up").status_code == 200
        assert ask(told, key).status_code == 200
        desk.send_signal(signal.SIGTERM)
        assert desk.wait(timeout=60) == 0
        assert ask(told, key).status_code == 200
        gateway.send_signal(signal.SIGTERM)
        assert gateway.wait(timeout=60) == 0


def test_balancers_have_time_to_leave_and_a_second_signal_ends_it(copied, loopback):  # noqa: F811  # the fixture
    key = a_key(copied, "predict")
    setting(copied, "leave_seconds = 3600.0")
    with serving(copied, *CREW[:2]) as (process, told):
        process.send_signal(signal.SIGTERM)
        ready = f"{told['url']}ready"
        assert until(lambda: httpx.get(ready, timeout=60).status_code == 503)
        assert ask(told, key).status_code == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0


def test_a_project_from_before_keys_were_bound_is_brought_up_and_served(
    copied,
    loopback,  # noqa: F811  # the fixture
):
    key = a_key(copied, "predict")
    with closing(sqlite3.connect(copied / "maalem.db")) as database:
        for column in ("tasks", *NAMES):
            database.execute(f"ALTER TABLE api_key DROP COLUMN {column}")
        database.execute("PRAGMA user_version = 7")
    with serving(copied, *CREW[:2]) as (process, told):
        assert ask(told, key).status_code == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
    assert (copied / "maalem.db.schema-7.backup").is_file()
