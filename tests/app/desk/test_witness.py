# SPDX-License-Identifier: Apache-2.0
"""One project witnesses another over HTTP: real servers, real stores, real harm."""

import json
import shutil
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest
from tests.app.desk.witnesses import a_pair, set_ledger, witnessing

from maalem.app.steps.asking import ask_witnesses
from maalem.app.steps.witnessing import submit
from maalem.app.workspace import open_workspace
from maalem.errors import IntegrityError
from maalem.store import verify_ledger
from maalem.store.notes import read_tree_head, take_apart

pytestmark = pytest.mark.usefixtures("loopback")
PROGRAM = (sys.executable, "-c", "from maalem.app.main import main; main()")


@pytest.fixture
def pair(tmp_path):
    """Both projects, each knowing the other's key."""
    return a_pair(tmp_path)


def _grow(folder, count=1):
    with open_workspace(folder) as work:
        for _ in range(count):
            work.store.append("note")


@contextmanager
def between(address, *, losing=0, statuses=(), sizes=()):
    """Run a line to a witness that loses answers, or gives others."""
    losses, given = [True] * losing, list(statuses)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            if given:
                status, kind, text = given.pop(0)
            else:
                reply = httpx.post(f"{address}{self.path}", content=body)
                kind = reply.headers["content-type"]
                status, text = reply.status_code, reply.text
            if losses:
                losses.pop()
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.send_response(status)
            self.send_header("content-type", kind)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _seen(work):
    return [entry.details["size"] for entry in work.store.entries("witness.cosign")]


def test_a_witness_signs_again_and_again_what_only_grew(pair):
    ours, theirs = pair
    with witnessing(theirs) as (address, witness):
        for count in (1, 4, 2):
            _grow(ours, count)
            with open_workspace(ours) as work:
                asked = ask_witnesses(work, [address])
            assert [one.witness for one in asked.cosigned] == ["maalem/theirs/witness"]
            assert asked.failures == ()
        assert _seen(witness) == sorted(_seen(witness))
        assert len(_seen(witness)) == 3
    assert verify_ledger(ours).ok
    assert verify_ledger(theirs).ok


def test_the_command_asks_those_of_the_settings(maalem, pair):
    ours, theirs = pair
    assert maalem("-C", ours, "ledger", "ask", "--json").error["code"] == (
        "witness.none-named"
    )
    with witnessing(theirs) as (address, _):
        set_ledger(ours, asked=f"{address}/")
        found = maalem("-C", ours, "ledger", "ask", "--json")
    assert found.code == 0
    (one,) = found.json["cosigned"]
    assert one["witness"] == "maalem/theirs/witness"
    assert maalem("-C", ours, "ledger", "checkpoint", "--witnessed").code == 0


def test_an_answer_that_was_lost_is_asked_for_again(pair):
    ours, theirs = pair
    with witnessing(theirs) as (address, witness), open_workspace(ours) as work:
        with between(address, losing=1) as line:
            asked = ask_witnesses(work, [line])
            ((_, error),) = asked.failures
            assert error.code == "witness.unreachable"
            seen = _seen(witness)
            assert len(seen) == 1  # it stands in the witness's ledger all the same
            asked = ask_witnesses(work, [line])
        assert len(asked.cosigned) == 1
        assert _seen(witness) == seen  # the same head is not written twice


def test_a_witness_killed_before_its_answer_signs_the_same_afterwards(pair, tmp_path):
    ours, theirs = pair
    with open_workspace(ours) as work:
        text = submit(work).encode()
        with witnessing(theirs) as (address, witness):
            first = httpx.post(f"{address}/add-checkpoint", content=text)
            # As a kill between the commit and the answer leaves it: all is on disk.
            killed = shutil.copytree(theirs, tmp_path / "killed")
        (killed / "maalem.lock").unlink(missing_ok=True)
        with witnessing(killed) as (address, witness):
            again = httpx.post(f"{address}/add-checkpoint", content=text)
            assert (again.status_code, again.text) == (409, f"{_seen(witness)[0]}\n")
            assert again.headers["content-type"] == "text/x.tlog.size"
            asked = ask_witnesses(work, [address])
        assert first.status_code == 200
        assert len(asked.cosigned) == 1


@contextmanager
def a_process(folder):
    """Run `maalem ledger witness` as a process of its own; kill it at the end."""
    arguments = ("-C", str(folder), "--json", "ledger", "witness")
    with subprocess.Popen(
        (*PROGRAM, *arguments, "--listen", "127.0.0.1:0"),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            yield json.loads(process.stdout.readline() or b"{}")
        finally:
            process.kill()


def test_a_witness_process_that_is_killed_forgets_nothing(pair):
    ours, theirs = pair
    with open_workspace(ours) as work:
        for turn in range(2):
            with a_process(theirs) as told:
                assert told["watched"] == ["maalem/ours"]
                asked = ask_witnesses(work, [told["url"]])
                assert len(asked.cosigned) == 1
            work.store.append("note")
            with open_workspace(theirs, read_only=True) as witness:
                assert len(_seen(witness)) == turn + 1
    assert verify_ledger(theirs).ok


def test_where_the_witness_stands_is_asked_and_told(pair):
    ours, theirs = pair
    with witnessing(theirs) as (address, witness), open_workspace(ours) as work:
        httpx.post(f"{address}/add-checkpoint", content=submit(work).encode())
        work.store.append("note")
        asked = ask_witnesses(work, [address])  # nothing came home: begins at 0
        assert len(asked.cosigned) == 1
        assert len(_seen(witness)) == 2


def test_a_witness_that_stands_elsewhere_each_time_is_left(pair):
    ours, _ = pair
    others = [(409, "text/x.tlog.size", f"{size}\n") for size in (1, 0, 1)]
    with between("", statuses=others) as line, open_workspace(ours) as work:
        ((_, error),) = ask_witnesses(work, [line]).failures
    assert "each time" in error.message


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        ((409, "text/x.tlog.size", "1e3\n"), "store.note"),
        ((409, "text/x.tlog.size", "999\n"), "store.fork"),
        ((409, "text/plain", "3\n"), "witness.said-no"),
        ((302, "text/plain", "elsewhere"), "witness.said-no"),
        ((500, "text/plain", ""), "witness.said-no"),
    ],
)
def test_what_is_no_signature_is_never_taken_for_one(pair, reply, code):
    with between("", statuses=[reply]) as line, open_workspace(pair[0]) as work:
        ((_, error),) = ask_witnesses(work, [line]).failures
        assert list(work.store.entries("ledger.witnessed")) == []
    assert error.code == code


@pytest.mark.parametrize("text", ["", "no line\n", "— maalem/theirs/witness AAAA\n"])
def test_a_signature_of_nobody_known_is_not_taken_home(pair, text):
    reply = (200, "text/plain", text)
    with between("", statuses=[reply]) as line, open_workspace(pair[0]) as work:
        ((_, error),) = ask_witnesses(work, [line]).failures
        assert isinstance(error, IntegrityError)
        assert list(work.store.entries("ledger.witnessed")) == []


def test_lines_of_strangers_are_left_behind(pair):
    ours, theirs = pair
    with witnessing(theirs) as (address, _), open_workspace(ours) as work:
        text = submit(work)
        signed = httpx.post(f"{address}/add-checkpoint", content=text.encode()).text
        stranger = signed.replace("theirs", "others")
        reply = (200, "text/plain", stranger + signed)
        with between("", statuses=[reply]) as line:
            assert len(ask_witnesses(work, [line]).cosigned) == 1
        (kept,) = work.store.entries("ledger.witnessed")
    assert "others" not in kept.details["note"]


def test_one_witness_that_is_away_keeps_no_other_from_signing(pair):
    ours, theirs = pair
    with socket.create_server(("127.0.0.1", 0)) as gone:
        away = f"http://127.0.0.1:{gone.getsockname()[1]}"
    with witnessing(theirs) as (address, _), open_workspace(ours) as work:
        asked = ask_witnesses(work, [away, address])
    assert len(asked.cosigned) == 1
    assert [one for one, _ in asked.failures] == [away]


def test_a_witness_that_dribbles_is_cut_off(pair):
    with socket.create_server(("127.0.0.1", 0)) as door:

        def dribble():
            line, _ = door.accept()
            with line:
                line.sendall(b"HTTP/1.1 200 OK\r\n")
                for _ in range(200):
                    try:
                        line.sendall(b"a: b\r\n")
                    except OSError:
                        return
                    threading.Event().wait(0.05)

        thread = threading.Thread(target=dribble)
        thread.start()
        with open_workspace(pair[0]) as work:
            place = f"http://127.0.0.1:{door.getsockname()[1]}"
            ((_, error),) = ask_witnesses(work, [place], limit=0.5).failures
        thread.join()
    assert error.code == "witness.unreachable"


def _forked(ours, tmp_path):
    """Two histories of one ledger, as whoever has database and key can write them."""
    other = shutil.copytree(ours, tmp_path / "other")
    _grow(ours, 3)
    with open_workspace(other) as work:
        for _ in range(3):
            work.store.append("another")
    return other


def test_a_fork_of_the_same_length_is_refused_and_kept_as_evidence(pair, tmp_path):
    ours, theirs = pair
    other = _forked(ours, tmp_path)
    with witnessing(theirs) as (address, witness):
        with open_workspace(ours) as work:
            text = submit(work)
            size = read_tree_head(take_apart(text.partition("\n\n")[2])[0]).size
            httpx.post(f"{address}/add-checkpoint", content=text.encode())
        with open_workspace(other) as work:
            text = submit(work, since=size)
        for _ in range(2):
            refused = httpx.post(f"{address}/add-checkpoint", content=text.encode())
            assert refused.status_code == 409
            assert refused.headers["content-type"].startswith("text/plain")
        (kept,) = witness.store.entries("witness.refuse")
        assert kept.details["note"] == text.partition("\n\n")[2]
        assert _seen(witness) == [size]


def test_a_longer_fork_is_refused_and_the_owner_is_told(pair, tmp_path):
    ours, theirs = pair
    other = _forked(ours, tmp_path)
    _grow(other, 2)
    with witnessing(theirs) as (address, witness):
        with open_workspace(ours) as work:
            assert len(ask_witnesses(work, [address]).cosigned) == 1
        with open_workspace(other) as work:
            ((_, error),) = ask_witnesses(work, [address]).failures
        assert (error.code, "422" in error.message) == ("witness.said-no", True)
        assert len(list(witness.store.entries("witness.refuse"))) == 1
        assert len(_seen(witness)) == 1


def test_a_ledger_cut_off_behind_its_witness_is_told_so(pair, tmp_path):
    ours, theirs = pair
    early = shutil.copytree(ours, tmp_path / "early")
    _grow(ours, 5)
    with witnessing(theirs) as (address, _):
        with open_workspace(ours) as work:
            ask_witnesses(work, [address])
        with open_workspace(early) as work:
            ((_, error),) = ask_witnesses(work, [address]).failures
    assert (error.code, "missing" in error.why) == ("store.fork", True)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (lambda text: text.replace("old 0", "old x"), 400),
        (lambda text: text.replace("old 0", "old 99"), 400),
        (lambda text: text.replace("maalem/ours", "maalem/else"), 404),
        (lambda text: text.replace("\n2\n", "\n4\n"), 403),
        (lambda text: text.replace("old 0", "old 2"), 409),
        (lambda text: text.replace("old 0\n", "old 0\n" + "A" * 43 + "=\n"), 422),
        (lambda text: text + "x" * 70_000, 413),
        (lambda text: text + "x" * 2_000_000, 413),
    ],
)
def test_each_refusal_has_its_status(pair, change, status):
    ours, theirs = pair
    with open_workspace(ours) as work:
        text = submit(work)
    with witnessing(theirs) as (address, witness):
        reply = httpx.post(f"{address}/add-checkpoint", content=change(text).encode())
        assert reply.status_code == status
        assert _seen(witness) == []


def test_a_witness_answers_one_path_to_callers_of_its_own_names(pair):
    with witnessing(pair[1]) as (address, _):
        assert httpx.get(f"{address}/add-checkpoint").status_code == 405
        assert httpx.post(f"{address}/").status_code == 404
        strange = {"host": "evil.example"}
        url = f"{address}/add-checkpoint"
        assert httpx.post(url, headers=strange).status_code == 400


def test_many_at_once_are_answered_one_after_the_other(pair):
    ours, theirs = pair
    with open_workspace(ours) as work:
        text = submit(work).encode()
    statuses = []
    with witnessing(theirs) as (address, witness):

        def ask():
            reply = httpx.post(f"{address}/add-checkpoint", content=text)
            statuses.append(reply.status_code)

        threads = [threading.Thread(target=ask) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(statuses) == [200] + [409] * 5
        assert len(_seen(witness)) == 1


@pytest.mark.parametrize("place", ["", "8440", ":8440", "127.0.0.1:x", "127.0.0.1:"])
def test_where_nobody_can_listen_is_refused(maalem, pair, place):
    found = maalem("-C", pair[1], "ledger", "witness", "--listen", place, "--json")
    assert (found.code, found.error["code"]) == (2, "witness.address")
