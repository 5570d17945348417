# SPDX-License-Identifier: Apache-2.0
"""What limits cost a request, and what a killed worker costs those who ask.

Run: `python benchmarks/bench_limits.py [--calls 20000] [--processes 1 2]`
     `python benchmarks/bench_limits.py --project DIR [--seconds 20] [--clients 8]`

The first: each process counts requests of one key, as the gateway does before it reads
a body, in the file that all of them have in memory. Peer: the same row in SQLite (WAL,
synchronous off), one transaction for each request. CPU time is user and system time of
the process that counts; no count may be lost, which is checked.

The second: `maalem serve --only gateway --workers 2` on a copy of a project that has a
release. Clients keep one connection each and ask without pause; after a third of the
time one worker is killed (-9), after two thirds the other. A request is lost if its
connection ends before its answer; then the client connects anew. Allowed are the
requests that were under way, one for each client of the killed worker.
"""

import argparse
import http.client
import json
import multiprocessing
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from maalem.serving.buckets import take
from maalem.serving.counters import Counters, read_counters

PROGRAM = (sys.executable, "-c", "from maalem.app.main import main; main()")
PER_MINUTE = 10**9  # never reached: what is measured is the counting
TABLE = (
    "CREATE TABLE IF NOT EXISTS used (key TEXT PRIMARY KEY, full REAL, texts INTEGER)"
)
BODY = json.dumps({"model": "TASK", "input": "engine will not start"})


def count_ours(path, calls):
    """Count in the mapped file; give microseconds of CPU for each."""
    counters = Counters(Path(path))

    def count(used):
        now = time.time()
        taken = take(used.requests_full, 1, per_minute=PER_MINUTE, now=now)
        used.requests_full, used.last = taken.full_at, now
        used.texts += 1

    return timed(lambda: counters.change("key", count), calls)


def count_sqlite(path, calls):
    """Count in a table; give microseconds of CPU for each."""
    database = sqlite3.connect(path, isolation_level=None, timeout=60)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = OFF")
    database.execute(TABLE)
    database.execute("INSERT OR IGNORE INTO used VALUES ('key', 0, 0)")

    def count():
        database.execute("BEGIN IMMEDIATE")
        row = database.execute("SELECT full FROM used WHERE key = 'key'").fetchone()
        taken = take(row[0], 1, per_minute=PER_MINUTE, now=time.time())
        database.execute(
            "UPDATE used SET full = ?, texts = texts + 1 WHERE key = 'key'",
            (taken.full_at,),
        )
        database.execute("COMMIT")

    return timed(count, calls)


def timed(deed, calls):
    """Give microseconds of CPU, and of the clock, for each of many calls."""
    began, cpu = time.perf_counter(), time.process_time()
    for _ in range(calls):
        deed()
    wall = time.perf_counter() - began
    return (time.process_time() - cpu) / calls * 1e6, wall / calls * 1e6


def count_together(way, calls, processes):
    """Count in several processes at once; give the mean of their times."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, "counters"))
        context = multiprocessing.get_context("spawn")
        with context.Pool(processes) as pool:
            told = pool.starmap(way, [(path, calls)] * processes)
        if way is count_ours:
            total = read_counters(Path(path))["key"].texts
        else:
            query = "SELECT texts FROM used"
            total = sqlite3.connect(path).execute(query).fetchone()[0]
    assert total == calls * processes, "a count was lost"
    cpu, wall = (sum(one[n] for one in told) / processes for n in (0, 1))
    return {"cpu_us": round(cpu, 2), "wall_us": round(wall, 2)}


def compare(calls, processes):
    """Print what counting costs, ours beside SQLite."""
    for count in processes:
        ours = count_together(count_ours, calls, count)
        peer = count_together(count_sqlite, calls, count)
        ratio = round(peer["cpu_us"] / ours["cpu_us"], 1)
        print(
            json.dumps({"processes": count, "ours": ours, "sqlite": peer, "x": ratio})
        )


def workers_of(parent):
    """Give the processes that answer."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [
        int(one)
        for one in children
        if b"spawn_main" in Path(f"/proc/{one}/cmdline").read_bytes()
    ]


def memory_of(pid):
    """Give the proportional and the resident memory of a process, in MiB."""
    rows = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    found = {row.split(":")[0]: int(row.split()[1]) for row in rows[1:]}
    return {"pss": found["Pss"] // 1024, "rss": found["Rss"] // 1024}


class Client(threading.Thread):
    """Asks without pause over one connection."""

    def __init__(self, port, key, body, until):
        super().__init__()
        self.answered = self.lost = self.wrong = self.refused = 0
        self._told = (port, key, body, until)

    def run(self):
        port, key, body, until = self._told
        headers = {"authorization": f"Bearer {key}"}
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        while time.monotonic() < until:
            try:
                line.request("POST", "/v1/classifications", body, headers)
                reply = line.getresponse()
                told = json.loads(reply.read())
            except (OSError, http.client.HTTPException):
                self.lost += 1
                line.close()
                continue
            if reply.status != 200:
                self.refused += 1
            elif "results" in told:
                self.answered += 1
            else:
                self.wrong += 1
        line.close()


def kill_under_load(project, seconds, clients):
    """Print what is lost where workers are killed under load."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "project")
        shutil.copytree(project, copy)
        made = [*PROGRAM, "-C", str(copy), "--json", "keys", "make", "bench"]
        told = subprocess.run(made, capture_output=True, check=True)
        key = json.loads(told.stdout)["key"]
        serve = [*PROGRAM, "-C", str(copy), "--json", "serve", "--only", "gateway"]
        serve += ["--port", "0", "--workers", "2"]
        with subprocess.Popen(serve, stdout=subprocess.PIPE) as parent:
            began = json.loads(parent.stdout.readline())
            task = next(iter(began["models"]))
            port = int(began["url"].strip("/").rpartition(":")[2])
            memory = [memory_of(pid) for pid in workers_of(parent.pid)]
            until = time.monotonic() + seconds
            body = BODY.replace("TASK", task)
            asking = [Client(port, key, body, until) for _ in range(clients)]
            for one in asking:
                one.start()
            for victim in workers_of(parent.pid):
                time.sleep(seconds / 3)
                os.kill(victim, signal.SIGKILL)
            for one in asking:
                one.join()
            parent.terminate()
            parent.wait(60)
    total = {
        name: sum(getattr(one, name) for one in asking)
        for name in ("answered", "lost", "wrong", "refused")
    }
    total |= {"clients": clients, "kills": 2, "ended_with": parent.returncode}
    print(json.dumps({**total, "allowed_to_be_lost": clients * 2, "memory": memory}))


def main():
    """Run one of the two."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=20_000)
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--project", type=Path)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--clients", type=int, default=8)
    told = parser.parse_args()
    if told.project is None:
        compare(told.calls, told.processes)
    else:
        kill_under_load(told.project, told.seconds, told.clients)


if __name__ == "__main__":
    main()
