# SPDX-License-Identifier: Apache-2.0
"""A desk killed while experts answer loses no acknowledged answer and doubles none.

`maalem serve` is a process of its own. It is killed with SIGKILL as soon as so many
answers were acknowledged, with others on their way, and started again at the same
port. As the page does, an expert keeps an answer until it is acknowledged, sends it
again with the same key, and here and there sends again what was acknowledged.
"""

import json
import random
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import httpx
import pytest
from tests.app.builders import a_table
from tests.app.desk.builders import TASK, OpenDesk, a_person

from maalem.app import loop
from maalem.corpus import ColumnMap
from maalem.records import Annotation
from maalem.store import verify_ledger

pytestmark = pytest.mark.slow

EXPERTS, ANSWERS = 6, 25
POINTS = (1, 2, 30, 75, 120)  # answers acknowledged when the desk is killed
FAULTS = ("engine stalls", "hose bursts", "battery is flat", "pump drips", "horn fails")
PROGRAM = (sys.executable, "-c", "from maalem.app.main import main; main()")
ASKING = "\n[asking]\nanswers = 2\nexam_answers = 2\n"


class Desk:
    """`maalem serve` as a process, killed and started again at one port."""

    def __init__(self, folder):
        self.folder = folder
        self.url, self.port, self.process = "", 0, None

    def start(self):
        arguments = ("-C", str(self.folder), "--json", "serve")
        self.process = subprocess.Popen(
            (*PROGRAM, *arguments, "--port", str(self.port)),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        told = json.loads(self.process.stdout.readline())
        self.url = told["url"]
        self.port = httpx.URL(self.url).port

    def end(self, number=signal.SIGKILL):
        self.process.send_signal(number)
        with self.process:
            return self.process.wait(timeout=60)


class Acknowledged:
    """What was acknowledged, to anybody; rings when it is enough."""

    def __init__(self):
        self.keys = set()
        self.turn = threading.Condition()

    def add(self, key):
        with self.turn:
            self.keys.add(key)
            self.turn.notify_all()

    def wait_for(self, count):
        with self.turn:
            assert self.turn.wait_for(lambda: len(self.keys) >= count, timeout=120)


class Expert:
    """One who answers until so many answers are acknowledged."""

    def __init__(self, desk, member, *, cookie, csrf):
        self.desk, self.id = desk, member.id
        self.headers = {"cookie": cookie, "x-csrf-token": csrf}
        self.draw = random.Random(member.name)
        self.sent, self.repeats = [], 0

    def post(self, path, body):
        """Ask until there is an answer, as often as the desk is killed."""
        url = f"{self.desk.url}api/v1/tasks/system/{path}"
        while True:
            try:
                reply = self.line.post(url, json=body)
            except httpx.TransportError:  # the desk is being killed, or not yet back
                time.sleep(0.02)
                continue
            assert reply.status_code == 200, reply.text
            return reply.json()

    def work(self, known):
        queue = []
        with httpx.Client(headers=self.headers, timeout=60) as self.line:
            while len(self.sent) < ANSWERS:
                if not queue:
                    hand = self.post("cards", {"most": 5, "held": []})
                    queue = [card["item"] for card in hand["cards"]]
                answer = self.an_answer(queue.pop(0))
                self.sent.append(answer)
                self.post("answers", answer)
                known.add((self.id, answer["key"]))
                if self.draw.random() < 0.2:  # the acknowledgement was lost on the way
                    again = self.draw.choice(self.sent)
                    assert self.post("answers", again)["duplicate"]
                    self.repeats += 1

    def an_answer(self, item):
        key = str(UUID(int=self.draw.getrandbits(128), version=4))
        label = "Engine" if int(item[-1], 16) % 2 else "Hydraulics"
        return {"key": key, "item": item, "labels": [label], "seconds": 2.5}


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def address(request):
    """Where records are kept."""
    if request.param == "sqlite":
        return "sqlite"
    return request.getfixturevalue("postgres_address")


def a_project(folder, address):
    """Make a project with more cards than are answered, and experts signed in."""
    rows = [
        {"text": f"{fault} again in shift {number}"}
        for number in range(40)
        for fault in FAULTS
    ]
    table = a_table(folder.with_name("reports.csv"), rows)
    columns = ColumnMap(text=("text",))
    desk, experts = Desk(folder), []
    with loop.create(folder, columns=columns, database=address) as work:
        (folder / "tasks" / "system.toml").write_text(TASK + ASKING, "utf-8")
        loop.add(work, [table])
        loop.ask(work, "system")
        a_person(work, "owner")
        guard = OpenDesk(work).guard
        for number in range(EXPERTS):
            member = a_person(work, "expert", name=f"Expert {number}")
            token, session = guard.sessions.begin(member.id, now=time.time())
            cookie = f"{guard.cookie}={token}"
            experts.append(Expert(desk, member, cookie=cookie, csrf=session.csrf))
    return desk, experts


def refuse_loss(folder, address, known):
    """Hold the records against what was acknowledged; give the answers that are kept.

    What is acknowledged must be taken down before the records are read.
    """
    report = verify_ledger(folder, database=address)
    assert report.ok, report.what
    with loop.open_workspace(folder, read_only=True) as work:
        kept = list(work.store.find(Annotation, "system"))
        entries = work.store.entries("annotation.desk")
        assert sum(entry.added for entry in entries) == len(kept)
    keys = {(one.annotator, one.key) for one in kept}
    assert len(keys) == len(kept)
    assert known <= keys
    return kept


def test_a_desk_killed_while_experts_answer_keeps_each_answer_once(
    tmp_path, address, loopback
):
    folder, known = tmp_path / "fleet", Acknowledged()
    desk, experts = a_project(folder, address)
    desk.start()
    try:
        with ThreadPoolExecutor(EXPERTS) as pool:
            working = [pool.submit(expert.work, known) for expert in experts]
            for point in POINTS:
                known.wait_for(point)
                assert desk.end() == -signal.SIGKILL
                refuse_loss(folder, address, set(known.keys))
                desk.start()
            for work in working:
                work.result()
    finally:
        last = desk.end(signal.SIGTERM)
    assert last == 0
    kept = refuse_loss(folder, address, known.keys)
    said = {(one.annotator, one.key): (one.item, one.labels) for one in kept}
    sent = {
        (expert.id, answer["key"]): (answer["item"], tuple(answer["labels"]))
        for expert in experts
        for answer in expert.sent
    }
    assert said == sent
    assert len(sent) == EXPERTS * ANSWERS
    assert len({(one.annotator, one.item) for one in kept}) == len(kept)
    assert all(expert.repeats for expert in experts)
