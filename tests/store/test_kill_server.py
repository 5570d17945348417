# SPDX-License-Identifier: Apache-2.0
"""A server killed while experts answer loses no acknowledged answer and doubles none.

The server is a process of its own: a thread for each expert's connection, one store.
It is killed with SIGKILL as soon as so many answers were acknowledged, with others on
their way. As a browser does, an expert sends again what was not acknowledged, and here
and there something that was.
"""

import json
import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.store.builders import a_store, opened

from maalem.records import Annotation
from maalem.store import verify_ledger

EXPERTS, ANSWERS = 6, 30
POINTS = (1, 2, 17, 40, 90, 141)  # answers acknowledged when the server is killed

SERVER = """
import json, socketserver, sys
from pathlib import Path
from maalem.experts.annotations import UNNAMED, named
from maalem.records import Annotation, digest_of
from maalem.store.leases import Leases, Wish
from tests.store.builders import opened
folder, address, place = sys.argv[1:]
store = opened(Path(folder), database=address)
leases = Leases(store)
class Expert(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            who, key = json.loads(line)
            item = digest_of(["item", key])
            wish = Wish(items=[item], room={item: 9}, shown={}, most=1)
            assert leases.take("faults", who, wish, now=0.0, seconds=60.0)
            answer = Annotation(id=UNNAMED, item=item, task="faults", annotator=who,
                                labels=("yes",), key=key)
            store.append("answer", [named(answer)])
            self.wfile.write(b"saved\\n")
class Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
server = Server(place, Expert)
print("ready", flush=True)
server.serve_forever()
"""


class Desk:
    """A server process, and the experts' view of it."""

    def __init__(self, folder: Path, address: str, place: Path) -> None:
        place.unlink(missing_ok=True)
        self.place = str(place)
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVER, str(folder), address, self.place],
            stdout=subprocess.PIPE,
        )
        assert self.process.stdout.readline() == b"ready\n"

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        with self.process:
            assert self.process.wait() == -signal.SIGKILL


def send(desk: Desk, who: str, keys: list[str], told) -> None:
    """Send answers one after the other until the desk is gone."""
    try:
        with socket.socket(socket.AF_UNIX) as line, line.makefile("rwb") as stream:
            line.connect(desk.place)
            for key in keys:
                stream.write(json.dumps([who, key]).encode() + b"\n")
                stream.flush()
                if stream.readline() != b"saved\n":
                    return
                told(who, key)
    except OSError:
        return


class Acknowledged:
    """What was acknowledged, by anybody; rings when it is enough."""

    def __init__(self) -> None:
        self.answers: set[tuple[str, str]] = set()
        self.wanted, self.enough = sys.maxsize, threading.Event()

    def __call__(self, who: str, key: str) -> None:
        self.answers.add((who, key))
        if len(self.answers) >= self.wanted:
            self.enough.set()

    def ring_at(self, wanted: int) -> None:
        self.wanted = wanted
        self.enough.clear()
        if len(self.answers) >= wanted:
            self.enough.set()


def answers_of(expert: int) -> tuple[str, list[str]]:
    who = f"expert:{expert}"
    return who, [f"{who}/{number}" for number in range(ANSWERS)]


def still_to_send(expert: int, known: Acknowledged) -> tuple[str, list[str]]:
    """Give what was not acknowledged, after one answer that was."""
    who, keys = answers_of(expert)
    saved = [key for key in keys if (who, key) in known.answers]
    return who, saved[-1:] + [key for key in keys if key not in saved]


def refuse_loss(folder: Path, address: str, known: Acknowledged) -> int:
    """Hold the reopened store against what was acknowledged; give its answers."""
    report = verify_ledger(folder, database=address)
    assert report.ok, report.what
    with opened(folder, database=address) as store:
        kept = [(one.annotator, one.key) for one in store.find(Annotation)]
        added = sum(entry.added for entry in store.entries("answer"))
    assert len(kept) == len(set(kept)) == added  # none doubled
    assert known.answers <= set(kept)  # none lost
    return len(kept)


@pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
)
def test_no_acknowledged_answer_is_lost_or_doubled_by_a_kill(
    tmp_path, database, request
):
    address, folder = "sqlite", tmp_path / "project"
    if database == "postgres":
        address = request.getfixturevalue("postgres_address")
    a_store(folder, database=address).close()
    known = Acknowledged()
    for point in (*POINTS, EXPERTS * ANSWERS):
        desk = Desk(folder, address, tmp_path / "desk")
        known.ring_at(point)
        with ThreadPoolExecutor(EXPERTS) as pool:
            for expert in range(EXPERTS):
                pool.submit(send, desk, *still_to_send(expert, known), known)
            assert known.enough.wait(120)
            desk.kill()
        assert refuse_loss(folder, address, known) >= point
    assert refuse_loss(folder, address, known) == EXPERTS * ANSWERS
