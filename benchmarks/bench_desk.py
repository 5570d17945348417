# SPDX-License-Identifier: Apache-2.0
"""Fifty experts at once at a live desk: how long until an answer is acknowledged.

Run: `python benchmarks/bench_desk.py [--seconds 30] [--items 4000] [--base minilm-en]`

`maalem serve` runs as a process of its own, and the experts as threads of this one:
each asks for five cards, as the page does, thinks (exponential, 3 s in the mean),
answers, and waits for the acknowledgement, which is what is timed. A second run is
eight experts who never think. Sessions are written down beforehand: a sign-in is slow
on purpose. Both runs on SQLite and on a PostgreSQL of the benchmark's own, with fsync
on. Afterwards each acknowledged answer is there once, no expert answered an item twice,
no item was answered more often than it is asked, and the ledger is verified.

With `--base` the quick gear sees texts with that base; else with a very small encoder,
which is what remains of the gear's cost once all texts are embedded.
"""

import argparse
import http.client
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.app.builders import a_base, a_table
from tests.app.desk.builders import TASK, OpenDesk, a_person
from tests.postgres import PROGRAMS, PostgresServer

from maalem.app import loop
from maalem.corpus import ColumnMap
from maalem.records import Annotation
from maalem.store import verify_ledger

EXPERTS, HASTY = 50, 8
THOUGHT = 3.0
"""Seconds that an expert thinks, in the mean."""
LONGEST = 12.0  # seconds of thought; the server hangs up after 15
AHEAD, FEW = 5, 2  # as the page asks for cards
GOALS = {"sqlite": 100.0, "postgres": 150.0}
LABELS = ("Engine", "Hydraulics", "Electrical")
PROGRAM = (sys.executable, "-c", "from maalem.app.main import main; main()")
TICK = os.sysconf("SC_CLK_TCK")
WORDS = """engine hose boom cylinder battery light horn pump fuse radiator coolant oil
leaks bursts flickers stalls drips smokes rattles overheats before after during lunch
night shift ramp pit yard road bay slowly again twice north south left right rear front
under over heavy load cold rain dust filter valve seal belt wire switch sensor track
bucket cabin door seat brake gear shaft bolt weld crack noise pressure level red"""


@dataclass(kw_only=True)
class Expert:
    """One who is signed in."""

    id: str
    cookie: str
    csrf: str
    draw: random.Random
    answered: list[float] = field(default_factory=list)
    claimed: list[float] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)


def a_project(folder: Path, database: str, *, items: int, base: str) -> list[Expert]:
    """Make a project with a task about so many passages, and experts signed in."""
    draw, words = random.Random(7), WORDS.split()
    rows = [
        {"text": f"{' '.join(draw.choices(words, k=18))}, order {number}"}
        for number in range(items)
    ]
    table = a_table(folder.with_name(f"{folder.name}.csv"), rows)
    columns = ColumnMap(text=("text",))
    with loop.create(folder, columns=columns, database=database) as work:
        (folder / "tasks" / "system.toml").write_text(TASK, "utf-8")
        settings = folder / "maalem.toml"
        lines = f'\n[training]\nbase = "{base or "bases/small"}"\n'
        settings.write_text(settings.read_text("utf-8") + lines, "utf-8")
        a_base(folder)
        loop.add(work, [table])
        loop.ask(work, "system")
        a_person(work, "owner")
        guard = OpenDesk(work).guard
        experts = []
        for number in range(EXPERTS):
            member = a_person(work, "expert", name=f"Expert {number}")
            token, session = guard.sessions.begin(member.id, now=time.time())
            expert = Expert(
                id=member.id,
                cookie=f"{guard.cookie}={token}",
                csrf=session.csrf,
                draw=random.Random(number),
            )
            experts.append(expert)
    return experts


class Server:
    """`maalem serve` as a process of its own."""

    def __init__(self, folder: Path) -> None:
        arguments = ("-C", str(folder), "--json", "serve", "--port", "0")
        self.process = subprocess.Popen((*PROGRAM, *arguments), stdout=subprocess.PIPE)
        assert self.process.stdout is not None
        place = urlsplit(json.loads(self.process.stdout.readline())["url"])
        self.host, self.port = place.hostname, place.port

    def cpu_seconds(self) -> float:
        stat = Path(f"/proc/{self.process.pid}/stat").read_text("utf-8")
        cells = stat.rpartition(")")[2].split()
        return (int(cells[11]) + int(cells[12])) / TICK

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(60) == 0


class Line:
    """An expert's connection, kept open."""

    def __init__(self, server: Server, expert: Expert) -> None:
        self._line = http.client.HTTPConnection(server.host, server.port, timeout=30)
        self._headers = {
            "content-type": "application/json",
            "cookie": expert.cookie,
            "x-csrf-token": expert.csrf,
        }

    def post(self, path: str, body: object) -> tuple[dict, float]:
        text, begun = json.dumps(body).encode(), time.perf_counter()
        self._line.request("POST", f"/api/v1/tasks/system/{path}", text, self._headers)
        reply = self._line.getresponse()
        said = reply.read()
        passed = time.perf_counter() - begun
        assert reply.status == 200, said
        return json.loads(said), passed

    def close(self) -> None:
        self._line.close()


def work_through(server: Server, expert: Expert, *, until: float, thought: float):
    """Claim and answer until the time is over."""
    line, queue = Line(server, expert), []
    pause = thought and expert.draw.uniform(0, thought)  # nobody begins all at once
    while time.perf_counter() + pause < until:
        time.sleep(pause)
        if len(queue) <= FEW:
            wish = {"most": AHEAD - len(queue), "held": queue}
            hand, passed = line.post("cards", wish)
            expert.claimed.append(passed)
            queue += [card["item"] for card in hand["cards"]]
            if not queue:
                break
        item = queue.pop(0)
        key = str(UUID(int=expert.draw.getrandbits(128), version=4))
        answer = {"key": key, "item": item, "seconds": pause}
        answer["labels"] = [LABELS[int(item[-8:], 16) % 3]]  # all agree
        _, passed = line.post("answers", answer)
        expert.answered.append(passed)
        expert.keys.append(key)
        mean = 1 / thought if thought else 0.0
        pause = min(expert.draw.expovariate(mean), LONGEST) if thought else 0.0
    line.close()


def run(server: Server, experts: list[Expert], *, seconds: float, thought: float):
    """Let experts work at once, and tell how long their answers took."""
    told: dict[str, object] = {"load_before": round(os.getloadavg()[0], 2)}
    wait_until_quiet(server)
    for expert in experts:
        expert.answered, expert.claimed = [], []
    cpu, own, begun = server.cpu_seconds(), time.process_time(), time.perf_counter()
    threads = [
        threading.Thread(
            target=work_through,
            args=(server, expert),
            kwargs={"until": begun + seconds, "thought": thought},
        )
        for expert in experts
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wall = time.perf_counter() - begun
    answers = [passed for expert in experts for passed in expert.answered]
    return told | {
        "experts": len(experts),
        "thought_s": thought,
        "answers": len(answers),
        "answers_per_second": round(len(answers) / wall, 1),
        "fewest_of_an_expert": min(len(expert.answered) for expert in experts),
        "acknowledged_ms": spread(answers),
        "claimed_ms": spread([took for one in experts for took in one.claimed]),
        "desk_cpu_ms_per_answer": round(
            1000 * (server.cpu_seconds() - cpu) / max(1, len(answers)), 2
        ),
        "clients_cpu_ms_per_answer": round(
            1000 * (time.process_time() - own) / max(1, len(answers)), 2
        ),
        "load_after": round(os.getloadavg()[0], 2),
    }


def wait_until_quiet(server: Server, *, most: float = 120.0) -> None:
    """Wait until the gear has embedded what it was given when the desk was opened."""
    end = time.perf_counter() + most
    before = server.cpu_seconds()
    while time.perf_counter() < end:
        time.sleep(2.0)
        now = server.cpu_seconds()
        if now - before < 0.1:
            return
        before = now


def spread(seconds: list[float]) -> dict[str, float]:
    every = sorted(seconds)

    def at(share: float) -> float:
        return round(every[min(int(len(every) * share), len(every) - 1)] * 1000, 1)

    return {"p50": at(0.5), "p95": at(0.95), "p99": at(0.99), "max": at(1.0)}


def check(folder: Path, database: str, experts: list[Expert]) -> dict[str, int]:
    """Hold the records against what was acknowledged."""
    assert verify_ledger(folder, database=database).ok
    with loop.open_workspace(folder, read_only=True) as work:
        kept = list(work.store.find(Annotation, "system"))
        asking = work.task("system").asking
    keys = Counter((one.annotator, one.key) for one in kept)
    sent = Counter((expert.id, key) for expert in experts for key in expert.keys)
    assert keys == sent, "an answer was lost, or doubled"
    assert max(Counter((one.annotator, one.item) for one in kept).values()) == 1
    times = Counter(one.item for one in kept)
    assert max(times.values()) <= max(asking.answers, asking.exam_answers)
    return {"answers": len(kept), "items": len(times), "doubled": 0}


def measure(place: Path, database: str, given: argparse.Namespace):
    folder = place / f"desk-{given.base or 'small'}"
    experts = a_project(folder, database, items=given.items, base=given.base)
    server = Server(folder)
    try:
        first = Line(server, experts[0])
        first.post("cards", {"most": 1, "held": []})  # the dealer and the gear open
        first.close()
        told = {"seconds": given.seconds}
        runs = [
            run(server, experts, thought=THOUGHT, **told),
            run(server, experts[:HASTY], thought=0.0, **told),
        ]
    finally:
        server.stop()
    return {"runs": runs, "checked": check(folder, database, experts)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--items", type=int, default=4000)
    parser.add_argument("--base", default="")
    parser.add_argument("--only", choices=list(GOALS))
    given = parser.parse_args()
    results = {}
    for name in [given.only] if given.only else GOALS:
        with tempfile.TemporaryDirectory() as place:
            if name == "sqlite":
                results[name] = measure(Path(place), "sqlite", given)
            elif PROGRAMS:
                postgres = PostgresServer(settings="-c fsync=on")
                try:
                    address = postgres.new_schema()
                    results[name] = measure(Path(place), address, given)
                finally:
                    postgres.stop()
    told = {"bench": "desk", "base": given.base or "small", "ours": results}
    goal = {f"{name}_p95_ms": bound for name, bound in GOALS.items()}
    met = {
        name: result["runs"][0]["acknowledged_ms"]["p95"] <= GOALS[name]
        for name, result in results.items()
    }
    print(json.dumps(told | {"goal": goal, "met": met}))


if __name__ == "__main__":
    main()
