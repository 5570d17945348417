# SPDX-License-Identifier: Apache-2.0
"""A rollback under load: how soon does it answer, and is a request lost?

Run: `python benchmarks/bench_rollback.py [--clients 4] [--rounds 5]`

A small project that went through the whole loop has two releases, and a gateway of its
own process. Clients ask without pause; `maalem route promote` and `rollback` run as
processes of their own, as an operator runs them. Two times are told for each rollback:
from the start of the command, and from the entry in the ledger, until the first answer
after which every answer is the old champion's. Goal: below one second, 0 lost.
"""

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from datetime import datetime
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.app import builders

from maalem.app import loop
from maalem.app.desk import api_keys
from maalem.records.routing import Route

PROGRAM = (sys.executable, "-c", "from maalem.app.main import main; main()")
BODY = json.dumps({"model": "system", "input": "engine will not start"})


def a_project(home: Path) -> tuple[Path, str]:
    """Make a project with two releases; give it, and a key that may ask."""
    table = builders.a_table(home / "reports.csv")
    answers = builders.answers(home / "answers.jsonl")
    folder = builders.a_project(home / "fleet")
    with loop.open_workspace(folder) as work:
        loop.add(work, [table])
        loop.ask(work, "system")
        loop.collect(work, "system", answers)
        dataset = loop.freeze(work, "system", drop_leaks=True)
        exam = loop.examine(work, loop.train(work, dataset))
        loop.release(work, exam)
        loop.release(work, loop.examine(work, exam.runs))
        key = api_keys.create(
            work.store, "load", scopes=["predict"], days=1, now=time.time(), by="owner"
        )
    return folder, key


def maalem(folder: Path, *arguments: str) -> None:
    subprocess.run((*PROGRAM, "-C", str(folder), "-q", *arguments), check=True)


class Load:
    """Clients that ask without pause, and what each was told, and when."""

    def __init__(self, url: str, key: str, clients: int) -> None:
        self.told: list[tuple[float, int, int]] = []
        self.lost = 0
        self._place = urlsplit(url)
        self._headers = {
            "authorization": f"Bearer {key}",
            "content-type": "application/json",
        }
        self._ends = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(clients)]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        self._ends.set()
        for thread in self._threads:
            thread.join()

    def _ask(self) -> None:
        line = HTTPConnection(self._place.hostname, self._place.port, timeout=30)
        while not self._ends.is_set():
            try:
                line.request("POST", "/v1/classifications", BODY, self._headers)
                answer = line.getresponse()
                number = json.loads(answer.read())["maalem"]["number"]
                self.told.append((time.time(), answer.status, number))
            except (OSError, KeyError, ValueError):
                self.lost += 1
                line.close()


def last_route(folder: Path) -> float:
    with loop.open_workspace(folder, read_only=True) as work:
        *_, route = work.store.find(Route, "system")
    return datetime.fromisoformat(route.at).timestamp()


def a_round(folder: Path, load: Load) -> tuple[float, float]:
    """Promote the second release, roll it back; give both times in seconds."""
    maalem(folder, "route", "promote", "system", "system-2")
    time.sleep(1.0)
    begun = time.time()
    maalem(folder, "route", "rollback", "system", "--why", "a benchmark")
    time.sleep(1.0)
    decided = last_route(folder)
    last_new = max(at for at, _, number in load.told if number == 2)
    first_old = min(at for at, _, number in load.told if at > last_new and number == 1)
    return first_old - begun, first_old - decided


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as name:
        folder, key = a_project(Path(name))
        maalem(folder, "route", "promote", "system", "system-1")
        arguments = ("-C", str(folder), "--json", "serve", "--only", "gateway")
        with subprocess.Popen(
            (*PROGRAM, *arguments, "--port", "0"),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as server:
            try:
                assert server.stdout is not None
                url = json.loads(server.stdout.readline())["url"]
                load = Load(url, key, given.clients)
                try:
                    rounds = [a_round(folder, load) for _ in range(given.rounds)]
                finally:
                    load.close()
            finally:
                server.send_signal(signal.SIGTERM)
    bad = sum(status != 200 for _, status, _ in load.told)
    print(
        json.dumps(
            {
                "bench": "rollback",
                "clients": given.clients,
                "rounds": given.rounds,
                "requests": len(load.told),
                "lost": load.lost + bad,
                "seconds_from_command": [round(one, 3) for one, _ in rounds],
                "seconds_from_ledger": [round(one, 3) for _, one in rounds],
                "median_from_command": round(
                    statistics.median(one for one, _ in rounds), 3
                ),
                "goal": {"seconds_from_command": 1.0, "lost": 0},
                "load_before": round(before, 2),
            }
        )
    )


if __name__ == "__main__":
    main()
