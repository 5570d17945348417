# SPDX-License-Identifier: Apache-2.0
"""`maalem route` changes routes, also where the gateway itself has the project."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import httpx
import pytest
from tests.app.builders import caller, flip_a_bit
from tests.app.desk.conftest import loopback  # noqa: F401  # a fixture
from tests.app.test_gateway import BODY, MISTRAL, a_key, clock, serving
from tests.app.test_routes import BACK, CANARY, change, two  # noqa: F401  # a fixture

from maalem.app import loop
from maalem.app.gateway.asked import answer_asked
from maalem.app.gateway.opening import open_gateway
from maalem.app.route_asking import FOLDER, PATIENCE, ask_holder
from maalem.app.steps.routing import change_route, state_of
from maalem.release.probes import PROBES
from maalem.store.durable import write_whole


def until(holds):
    """Wait until something holds; it comes by itself, or not at all."""
    for _ in range(3000):
        if holds():
            return
        time.sleep(0.01)
    raise AssertionError("it never came")


def names(gateway):
    return {task: one.opened.name for task, one in gateway.models.served.items()}


def test_the_command_changes_the_route_and_shows_it(two, capsys):  # noqa: F811
    maalem = caller(capsys)
    told = maalem("-C", two, "--json", "route", "promote", "system", "system-1").json
    assert (told["champion"], told["previous"]) == ("system-1", "system-2")
    told = maalem(
        "-C", two, "--json", "route", "canary", "system", "system-2", "--share", "0.3"
    ).json
    assert (told["canary"], told["share"], told["split"]) == (
        "system-2",
        0.3,
        "request",
    )
    shown = maalem("-C", two, "route", "show", "system").out
    assert "system is answered by system-1" in shown
    assert "system-2 answers 30% of the requests" in shown
    told = maalem("-C", two, "--json", "route", "stop", "system").json
    assert told["canary"] is None
    told = maalem(
        "-C", two, "--json", "route", "rollback", "system", "--why", "wrong since noon"
    ).json
    assert (told["champion"], told["why"]) == ("system-2", "wrong since noon")
    again = maalem("-C", two, "--json", "route", "rollback", "system", "--why", "again")
    assert (again.code, again.error["code"]) == (2, "route.nothing")


def test_a_rollback_without_a_reason_is_refused(two, capsys):  # noqa: F811
    assert caller(capsys)("-C", two, "route", "rollback", "system").code == 2


def test_an_open_gateway_follows_the_ledger(two):  # noqa: F811
    with loop.open_workspace(two) as work:
        change_route(work, BACK)
        gateway = open_gateway(work, clock=clock)
        try:
            assert names(gateway) == {"system": "system-1"}
            change_route(work, CANARY)
            until(lambda: gateway.models.canaries)
            canary = gateway.models.canaries["system"]
            assert canary.served.opened.name == "system-2"
            assert canary.served.is_proven
            change_route(work, change("promote"))
            until(lambda: names(gateway) == {"system": "system-2"})
            assert not gateway.models.canaries
            change_route(work, change("roll-back"))
            until(lambda: names(gateway) == {"system": "system-1"})
        finally:
            gateway.close()


def test_a_promoted_release_that_was_changed_is_refused_and_the_champion_stays(two):  # noqa: F811
    with loop.open_workspace(two) as work:
        change_route(work, BACK)
        flip_a_bit(two / "releases" / "system-2" / PROBES)
        gateway = open_gateway(work, clock=clock)
        try:
            change_route(work, change("promote", "system-2"))
            until(lambda: "system-2" in gateway.models.refused)
            assert gateway.models.refused["system-2"].code == "release.unverified"
            assert names(gateway) == {"system": "system-1"}
        finally:
            gateway.close()


@contextmanager
def holding(folder):
    """Hold a project and do what is asked, as a gateway does."""
    ends = threading.Event()
    with loop.open_workspace(folder) as work:

        def go():
            while not ends.wait(0.01):
                answer_asked(work)

        thread = threading.Thread(target=go)
        thread.start()
        try:
            yield work
        finally:
            ends.set()
            thread.join()


def test_who_holds_the_project_does_what_is_asked_and_tells(two, capsys):  # noqa: F811
    maalem = caller(capsys)
    with holding(two) as work:
        told = maalem("-C", two, "--json", "route", "promote", "system", "system-1")
        assert told.json["champion"] == "system-1"
        assert state_of(work, "system").champion == "system-1"
        wrong = maalem("-C", two, "--json", "route", "canary", "system", "system-9")
        assert (wrong.code, wrong.error["code"]) == (2, "route.release")
        assert "system-2" in wrong.error["why"]
    assert not list((two / FOLDER).iterdir())


def test_who_holds_the_project_and_is_silent_is_not_waited_for_long(two):  # noqa: F811
    wanted = {"task": "system", "deed": "stop"}
    with loop.open_workspace(two):
        assert not ask_holder(two, wanted, patience=0.05)
    assert not list((two / FOLDER).iterdir())


def test_a_change_that_is_given_up_is_not_asked_any_more(tmp_path):
    (tmp_path / "maalem.lock").write_text(str(os.getpid()), "utf-8")
    program = (
        "import sys; from pathlib import Path;"
        "from maalem.app.route_asking import ask_holder;"
        "ask_holder(Path(sys.argv[1]), {'task': 'system', 'deed': 'stop'})"
    )
    asking = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], stderr=subprocess.DEVNULL
    )
    until(lambda: list(tmp_path.glob(f"{FOLDER}/*.ask")))
    asking.send_signal(signal.SIGINT)
    assert asking.wait(timeout=30) != 0
    assert not list((tmp_path / FOLDER).iterdir())


def test_what_nobody_waits_for_any_more_is_removed_unheard(two):  # noqa: F811
    place = two / FOLDER
    place.mkdir(parents=True)
    asked = place / "a.ask"
    asked.write_text('{"task": "system", "deed": "stop"}', "utf-8")
    with loop.open_workspace(two) as work:
        change_route(work, BACK)
        before = time.time() - PATIENCE - 60.0
        os.utime(asked, (before, before))
        answer_asked(work)
        assert state_of(work, "system").route.deed == "promote"
    assert not list(place.iterdir())


def test_who_took_a_change_as_the_time_was_over_is_heard(tmp_path):
    (tmp_path / "maalem.lock").write_text(str(os.getpid()), "utf-8")
    place = tmp_path / FOLDER
    patience = 1.0

    def take_late():
        until(lambda: list(place.glob("*.ask")))
        (asked,) = place.glob("*.ask")
        asked.replace(asked.with_suffix(".taken"))
        time.sleep(1.5 * patience)
        write_whole(asked.with_suffix(".told"), b'{"error": null}', mode=0o600)

    thread = threading.Thread(target=take_late)
    thread.start()
    wanted = {"task": "system", "deed": "stop"}
    assert ask_holder(tmp_path, wanted, patience=patience)
    thread.join()


@pytest.mark.parametrize("holder", ["", "not a number", "4194304999"])
def test_nobody_is_asked_where_nobody_holds_the_project(tmp_path, holder):
    (tmp_path / "maalem.lock").write_text(holder, "utf-8")
    assert not ask_holder(tmp_path, {"task": "system", "deed": "stop"})
    assert not (tmp_path / FOLDER).exists()


@pytest.mark.parametrize(
    "asked", ["", "3", "[]", '{"task": 3}', '{"task": "system", "spell": "stop"}']
)
def test_what_asks_for_no_change_is_refused_and_swept(two, asked):  # noqa: F811
    place = two / FOLDER
    place.mkdir(parents=True)
    (place / "a.ask").write_text(asked, "utf-8")
    with loop.open_workspace(two) as work:
        answer_asked(work)
        assert not list(work.store.entries("route.change"))
    (told,) = place.iterdir()
    assert json.loads(told.read_bytes())["error"]["code"]


@contextmanager
def four_asking(url, key):
    """Ask from four threads until the block ends; give what was answered so far."""
    ends, answers = threading.Event(), []

    def ask():
        headers = {"authorization": f"Bearer {key}"}
        with httpx.Client(headers=headers, timeout=30) as client:
            while not ends.is_set():
                told = client.post(url, json=BODY)
                answers.append((told.status_code, told.json()["maalem"]["number"]))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        yield answers
    finally:
        ends.set()
        for thread in threads:
            thread.join()


def test_a_rollback_under_load_loses_no_request(two, capsys, loopback):  # noqa: F811
    maalem = caller(capsys)
    maalem("-C", two, "route", "promote", "system", "system-1")
    key = a_key(two, "predict")
    with serving(two, "--only", "gateway") as (process, told):
        with four_asking(f"{told['url']}{MISTRAL}", key) as answers:
            until(lambda: len(answers) > 20)
            rolled = maalem("-C", two, "route", "rollback", "system", "--why", "a test")
            assert rolled.code == 0, rolled.err
            until(lambda: {number for _, number in answers[-8:]} == {2})
            before = len(answers)
            until(lambda: len(answers) > before + 20)
        assert {status for status, _ in answers} == {200}
        assert {number for _, number in answers} == {1, 2}
        assert {number for _, number in answers[before:]} == {2}
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
