# SPDX-License-Identifier: Apache-2.0
"""`maalem serve` answers for each task with the release in force, and says which."""

import dataclasses
import json
import shutil
import signal
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager

import httpx
import pytest
from tests.app.builders import caller, flip_a_bit
from tests.app.desk.conftest import loopback  # noqa: F401  # a fixture

from maalem.app import loop
from maalem.app.desk import api_keys
from maalem.app.gateway.limits import attach_limits
from maalem.app.gateway.opening import open_gateway
from maalem.app.steps.keys import rotate
from maalem.app.workspace import now
from maalem.errors import SettingsError
from maalem.records import Release, Verdict, digest_of
from maalem.records.retraining import ModelDecision
from maalem.release.probes import PROBES

PROGRAM = (sys.executable, "-c", "from maalem.app.main import main; main()")
BODY = {"model": "system", "input": "engine will not start"}
MISTRAL = "v1/classifications"


def clock():
    return now().timestamp()


@contextmanager
def opened_gateway(folder):
    """Open a project and its gateway, without a server."""
    with loop.open_workspace(folder) as work:
        gateway = open_gateway(work, clock=clock)
        yield gateway
        gateway.close()


@pytest.fixture
def shipped(copied, capsys):
    """A copy of the project whose second release the gate let ship too."""
    maalem = caller(capsys)
    assert maalem("-C", copied, "examine", "system").code in (0, 3)
    assert maalem("-C", copied, "release", "system", "--against-the-verdict").code == 0
    return copied


def setting(folder, line):
    path = folder / "maalem.toml"
    path.write_text(f"{path.read_text('utf-8')}\n[gateway]\n{line}\n", "utf-8")


def in_force(gateway):
    return {task: served.opened.name for task, served in gateway.models.served.items()}


def test_the_newest_release_that_the_gate_let_ship_is_in_force(shipped):
    with opened_gateway(shipped) as gateway:
        assert in_force(gateway) == {"system": "system-2"}
        assert not gateway.models.refused


def test_a_release_that_was_changed_gives_way_to_the_one_before_and_is_named(shipped):
    flip_a_bit(shipped / "releases" / "system-2" / PROBES)
    with opened_gateway(shipped) as gateway:
        assert in_force(gateway) == {"system": "system-1"}
        assert gateway.models.refused["system-2"].code == "release.unverified"


def test_the_release_that_the_owner_names_is_in_force_and_no_other(shipped):
    setting(shipped, 'releases = ["system-1"]')
    with opened_gateway(shipped) as gateway:
        assert in_force(gateway) == {"system": "system-1"}
    flip_a_bit(shipped / "releases" / "system-1" / "manifest.json")
    with opened_gateway(shipped) as gateway:
        assert in_force(gateway) == {}
        assert list(gateway.models.refused) == ["system-1"]


def test_a_release_against_the_verdict_answers_only_where_it_is_named(copied, capsys):
    task = copied / "tasks" / "system.toml"
    asked = task.read_text("utf-8").replace(
        "margin = 0.2", 'rule = "better"\nmargin = 0.9'
    )
    task.write_text(asked, "utf-8")
    maalem = caller(capsys)
    maalem("-C", copied, "examine", "system")
    assert maalem("-C", copied, "release", "system").code == 3
    assert maalem("-C", copied, "release", "system", "--against-the-verdict").code == 0
    with opened_gateway(copied) as gateway:
        assert in_force(gateway) == {"system": "system-1"}
    setting(copied, 'releases = ["system-2"]')
    with opened_gateway(copied) as gateway:
        assert in_force(gateway) == {"system": "system-2"}


@pytest.mark.parametrize(
    "named", ['["system-9"]', '["system-1", "system-2"]', '["system"]']
)
def test_a_release_that_cannot_be_named_is_refused(shipped, named):
    setting(shipped, f"releases = {named}")
    before = set(threading.enumerate())
    with (
        loop.open_workspace(shipped) as work,
        pytest.raises(SettingsError, match="cannot name"),
    ):
        open_gateway(work, clock=clock)
    assert "answers" not in {one.name for one in {*threading.enumerate()} - before}


def test_a_task_whose_releases_were_all_against_the_gate_says_so(copied, capsys):
    with loop.open_workspace(copied) as work:
        (release,) = work.store.find(Release, "system")
        verdict = work.store.get(Verdict, release.verdict)
        refused = dataclasses.replace(verdict, id=release.report, outcome="dont-ship")
        again = dataclasses.replace(
            release, id=release.dataset, number=1, verdict=refused.id, task="other"
        )
        work.store.append("test", [refused, again])
    with opened_gateway(copied) as gateway:
        assert in_force(gateway) == {"system": "system-1"}
        assert gateway.models.refused["other-1"].code == "gateway.not-shipped"


def test_a_withdrawn_release_never_answers_even_where_it_is_named(shipped):
    with loop.open_workspace(shipped) as work:
        first, second = work.store.find(Release, "system")
        decisions = [
            ModelDecision(
                id=digest_of([model]), model=model, decision="restrict",
                reason="asked for by letter 17", at="", by="owner",
            )
            for model in {first.checkpoint, second.checkpoint}
        ]  # fmt: skip
        work.store.append("forget.decide", decisions)
    with opened_gateway(shipped) as gateway:
        assert in_force(gateway) == {}
        assert gateway.models.refused["system-2"].code == "release.restricted"
    setting(shipped, 'releases = ["system-1"]')
    with opened_gateway(shipped) as gateway:
        assert in_force(gateway) == {}


def test_releases_from_before_a_rotation_of_the_key_answer_still(shipped):
    with loop.open_workspace(shipped) as work:
        rotate(work, keeps_old=False)
    with opened_gateway(shipped) as gateway:
        assert in_force(gateway) == {"system": "system-2"}
        assert not gateway.models.refused


def test_a_gateway_that_cannot_write_what_keys_used_opens_and_says_so_once(
    shipped, caplog
):
    shutil.rmtree(shipped / "gateway", ignore_errors=True)
    (shipped / "gateway").write_text("no folder", "utf-8")
    with loop.open_workspace(shipped) as work:
        gateway = open_gateway(work, clock=clock, attach=attach_limits)
        assert in_force(gateway) == {"system": "system-2"}
        gateway.close()
    told = [one for one in caplog.messages if "limits.v1 cannot be written" in one]
    assert len(told) == 1


def test_a_project_without_a_release_has_a_gateway_without_models(project):
    with opened_gateway(project) as gateway:
        assert (gateway.models.served, gateway.models.refused) == ({}, {})


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


def a_key(folder, *scopes):
    with loop.open_workspace(folder) as work:
        return api_keys.create(
            work.store, "caller", scopes=scopes, days=1, now=clock(), by="owner"
        )


def test_desk_and_gateway_share_one_address(copied, loopback):  # noqa: F811  # the fixture
    key, other = a_key(copied, "predict"), a_key(copied, "answer")
    with serving(copied) as (process, told):
        assert told["models"] == {"system": "system-1"}
        home = told["url"]
        assert httpx.get(f"{home}set-up").status_code == 200
        headers = {"authorization": f"Bearer {key}"}
        answer = httpx.post(f"{home}{MISTRAL}", json=BODY, headers=headers)
        assert answer.status_code == 200
        assert answer.headers["x-maalem-parity"] == "proven"
        assert httpx.post(f"{home}{MISTRAL}", json=BODY).status_code == 401
        headers = {"authorization": f"Bearer {other}"}
        answer = httpx.post(f"{home}{MISTRAL}", json=BODY, headers=headers)
        assert answer.status_code == 403
        assert httpx.get(f"{home}api/v1/tasks", headers=headers).status_code == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0


def test_either_of_the_two_opens_alone(copied, loopback):  # noqa: F811  # the fixture
    for only, desk, gateway in (("gateway", 401, 200), ("desk", 200, 404)):
        with serving(copied, "--only", only) as (process, told):
            home = told["url"]
            assert httpx.get(f"{home}set-up").status_code == desk
            assert httpx.get(f"{home}ready").status_code == gateway
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=30) == 0


def test_the_key_and_the_text_stand_in_no_log(copied, loopback):  # noqa: F811  # the fixture
    shutil.rmtree(copied / "releases" / "system-1")
    key = a_key(copied, "predict")
    with serving(copied) as (process, told):
        assert told["refused"] == {"system-1": "release.unverified"}
        headers = {"authorization": f"Bearer {key}"}
        body = {**BODY, "input": "zanzibar-7731"}
        answer = httpx.post(f"{told['url']}{MISTRAL}", json=body, headers=headers)
        assert answer.status_code == 503
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)
        said = process.stderr.read() + process.stdout.read()
        assert b"zanzibar" not in said
        assert key.encode() not in said


def test_a_request_under_way_is_answered_before_the_gateway_closes(copied, loopback):  # noqa: F811  # the fixture
    key = a_key(copied, "predict")
    with serving(copied, "--only", "gateway") as (process, told):
        body = json.dumps(BODY).encode()
        host, port = told["url"].removeprefix("http://").strip("/").split(":")
        with socket.create_connection((host, int(port)), timeout=10) as line:
            line.sendall(
                b"POST /v1/classifications HTTP/1.1\r\nhost: localhost\r\n"
                b"authorization: Bearer %s\r\ncontent-length: %d\r\n\r\n"
                % (key.encode(), len(body))
            )
            line.sendall(body[:5])
            httpx.get(f"{told['url']}health")  # the half body has arrived before this
            process.send_signal(signal.SIGTERM)
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(timeout=0.5)
            line.sendall(body[5:])
            assert line.recv(65536).startswith(b"HTTP/1.1 200")
        assert process.wait(timeout=30) == 0
