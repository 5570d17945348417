# SPDX-License-Identifier: Apache-2.0
"""Half an hour of load at 80 % of capacity on a live gateway: memory, lost, wrong.

    python benchmarks/bench_load.py --minutes 30

`maalem serve --only gateway` answers for the demo's release (work orders, quick gear)
in a process of its own. Its capacity is measured first, with 16 connections that ask as
fast as they are answered. Then requests of 1 to 8 texts are sent at 80 % of that, each
at its own moment, and every answer is compared with what the release's model says here,
label by label, to 2e-5; the header of the answer names the release.

After a third the gateway is stopped by SIGTERM and another takes its port; after two
thirds, with `--rollback` and a `--project` whose champion has one before it, that one
is brought back. A request is lost if nothing answers it within 30 seconds. It is sent
again where no connection could be had, where the gateway closed it before a byte of the
answer came, and after 429 or 503, as clients do with what is safe to repeat; all of
that is counted. Resident memory is read each second.
"""

import argparse
import asyncio
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TASK, TOLERANCE, CONNECTIONS, SHARE, PATIENCE = "system", 2e-5, 16, 0.8, 30.0
BUSY = (429, 503)
GOAL = {"lost": 0, "wrong": 0, "growth_mib": 16}
PROGRAM = (sys.executable, "-c", "from maalem.app.main import main; main()")


def maalem(*arguments):
    """Run a command; give its exit code and what it said."""
    done = subprocess.run(
        [*PROGRAM, *map(str, arguments)], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def make_project(folder):
    """Make the demo; no rollback, since the gate lets its quick model ship nowhere."""
    code, said = maalem("-q", "demo", folder, "--gear", "quick")
    if code:
        sys.exit(said)
    with (folder / "maalem.toml").open("a") as settings:
        settings.write(f'\n[gateway]\nreleases = ["{TASK}-1"]\n')


def key_and_answers(folder):
    """Make a key; give it, the texts, and what each release says of each text."""
    from maalem.app import loop
    from maalem.app.cores import one_core_spared
    from maalem.app.desk import api_keys
    from maalem.models import kind_named
    from maalem.records import Checkpoint, Passage, Release

    expected = {}
    with loop.open_workspace(folder) as work, one_core_spared():
        key = api_keys.create(
            work.store, "load", scopes=["predict"], days=1, now=time.time(), by="owner"
        )
        texts = sorted({one.text for one in work.store.find(Passage)})
        texts = random.Random(1).sample(texts, min(500, len(texts)))
        for release in work.store.find(Release, TASK):
            checkpoint = work.store.get(Checkpoint, release.checkpoint)
            place = folder / "releases" / f"{TASK}-{release.number}" / "model"
            model = kind_named(checkpoint.model_kind).load(checkpoint, place)
            expected[release.id] = dict(zip(texts, model.predict(texts), strict=True))
    return key, texts, expected


class Server:
    """The gateway's process, which may be put in the place of another."""

    def __init__(self, folder, workers):
        self._folder, self._workers = folder, workers
        self.port, self.process = 0, None

    def start(self):
        options = ["--workers", str(self._workers)] if self._workers else []
        self.process = subprocess.Popen(
            [
                *PROGRAM,
                *("-C", str(self._folder), "--json", "serve", "--only", "gateway"),
                *("--port", str(self.port), *options),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"the gateway did not open: {self.process.wait()}")
        self.port = int(json.loads(line)["url"].rstrip("/").rpartition(":")[2])

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def memory(self):
        """Give the resident mebibytes of the process and of those that it started."""
        total = 0.0
        for number in (self.process.pid, *children_of(self.process.pid)):
            try:
                text = Path(f"/proc/{number}/status").read_text(encoding="ascii")
            except OSError:
                continue
            found = [one for one in text.splitlines() if one.startswith("VmRSS")]
            total += int(found[0].split()[1]) / 1024 if found else 0.0
        return total


def children_of(number):
    place = Path(f"/proc/{number}/task/{number}/children")
    return [int(one) for one in place.read_text().split()] if place.exists() else []


class Line:
    """One connection that is opened again when it breaks."""

    def __init__(self, server, key):
        self._server, self._key = server, key
        self._reader = self._writer = None

    async def ask(self, body):
        """Send a request until it is answered; give status, headers, body, tries."""
        ends, tries = time.monotonic() + PATIENCE, 0
        while True:
            tries += 1
            began = False
            try:
                if self._writer is None:
                    place = ("127.0.0.1", self._server.port)
                    self._reader, self._writer = await asyncio.open_connection(*place)
                self._writer.write(self._head(body) + body)
                first = await self._reader.readline()
                if not first:
                    raise ConnectionResetError
                began = True
                return *await self._rest(first), tries
            except OSError:
                self.close()
                if began or time.monotonic() > ends:
                    return 0, {}, b"", tries
                await asyncio.sleep(0.02)

    async def ask_busy(self, body, tally):
        """Ask, and again after a while where the gateway is busy."""
        ends = time.monotonic() + PATIENCE
        answer = await self.ask(body)
        while answer[0] in BUSY and time.monotonic() < ends:
            tally.refused += 1
            await asyncio.sleep(float(answer[1].get("retry-after", "1")))
            answer = await self.ask(body)
        return answer

    def close(self):
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None

    def _head(self, body):
        return (
            "POST /v1/classifications HTTP/1.1\r\nhost: 127.0.0.1\r\n"
            f"authorization: Bearer {self._key}\r\ncontent-type: application/json\r\n"
            f"content-length: {len(body)}\r\n\r\n"
        ).encode()

    async def _rest(self, first):
        status, headers = int(first.split()[1]), {}
        while (line := await self._reader.readline()) not in (b"\r\n", b""):
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        body = await self._reader.readexactly(int(headers["content-length"]))
        if headers.get("connection") == "close":
            self.close()
        return status, headers, body


class Tally:
    """What came of all requests."""

    def __init__(self):
        self.asked = self.lost = self.wrong = self.refused = self.again = 0
        self.seconds, self.releases = [], {}

    def note(self, texts, expected, *, answer, seconds):
        status, headers, body, tries = answer
        self.asked += 1
        self.again += tries - 1
        self.lost += status in (0, *BUSY)
        self.wrong += status not in (0, 200, *BUSY)
        if status == 200:
            self.seconds.append(seconds)
            name = headers.get("x-maalem-release", "")
            self.releases[name] = self.releases.get(name, 0) + 1
            self.wrong += not is_right(texts, expected.get(name), json.loads(body))


def is_right(texts, expected, told):
    if expected is None or len(told["results"]) != len(texts):
        return False
    for text, result in zip(texts, told["results"], strict=True):
        scores, wanted = result[TASK]["scores"], expected[text]
        for label, chance in zip(wanted.labels, wanted.probabilities, strict=True):
            if abs(scores[label] - chance) > TOLERANCE:
                return False
    return True


def a_request(chance, texts):
    some = chance.choices(texts, k=chance.randint(1, 8))
    return some, json.dumps({"model": TASK, "input": some}).encode()


async def capacity(lines, texts, seconds):
    """Ask as fast as answers come; give the requests a second."""
    ends, count, chance = time.monotonic() + seconds, 0, random.Random(2)

    async def one(line):
        nonlocal count
        while time.monotonic() < ends:
            status, *_ = await line.ask(a_request(chance, texts)[1])
            count += status == 200

    await asyncio.gather(*map(one, lines))
    return count / seconds


async def load(lines, texts, expected, *, rate, seconds, deeds, server):
    """Send requests at their moments; give the tally and the memory each second."""
    tally, memory, said = Tally(), [], []
    free, began, chance = asyncio.Queue(), time.monotonic(), random.Random(3)
    for line in lines:
        free.put_nowait(line)
    under_way = set()

    async def send(some, body):
        line, sent = await free.get(), time.monotonic()
        answer = await line.ask_busy(body, tally)
        free.put_nowait(line)
        spent = time.monotonic() - sent
        tally.note(some, expected, answer=answer, seconds=spent)

    async def watch():
        while True:
            memory.append((time.monotonic() - began, server.memory()))
            await asyncio.sleep(1.0)

    async def do():
        for moment, name, deed in deeds:
            await asyncio.sleep(max(0.0, began + moment - time.monotonic()))
            started = time.monotonic()
            told = await asyncio.to_thread(deed)
            said.append([name, round(time.monotonic() - started, 2), told])

    watching, doing = asyncio.create_task(watch()), asyncio.create_task(do())
    for number in range(int(rate * seconds)):
        await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
        task = asyncio.create_task(send(*a_request(chance, texts)))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
    await asyncio.gather(*under_way, doing)
    watching.cancel()
    return tally, memory, said


def growth(memory, since):
    """Give how far memory rose once warm: the last tenth's median minus the first's."""
    sizes = [size for at, size in memory if at > since and size]
    sizes = sizes[len(sizes) // 10 :]
    if len(sizes) < 2:
        return None
    tenth = max(1, len(sizes) // 10)
    return statistics.median(sizes[-tenth:]) - statistics.median(sizes[:tenth])


def measured(folder, options):
    if options.project is None:
        make_project(folder)
    has_route = options.rollback
    key, texts, expected = key_and_answers(folder)
    server = Server(folder, options.workers)
    server.start()
    seconds = 60 * options.minutes

    def restart():
        code = server.stop()
        server.start()
        return f"ended with {code}"

    def roll_back():
        return maalem("-C", folder, "route", "rollback", TASK, "--why", "load")[0]

    deeds = [(seconds / 3, "restart", restart)]
    deeds += [(2 * seconds / 3, "rollback", roll_back)] if has_route else []

    async def go():
        lines = [Line(server, key) for _ in range(CONNECTIONS)]
        most = await capacity(lines, texts, min(20.0, max(3.0, seconds / 10)))
        lines += [Line(server, key) for _ in range(256)]
        found = await load(
            lines, texts, expected,
            rate=SHARE * most, seconds=seconds, deeds=deeds, server=server,
        )  # fmt: skip
        return most, *found

    try:
        most, tally, memory, said = asyncio.run(go())
    finally:
        server.stop()
    grown = growth(memory, seconds / 3 + sum(took for _, took, _ in said[:1]))
    times = sorted(tally.seconds)
    return {
        "capacity_per_second": round(most, 1),
        "rate_per_second": round(SHARE * most, 1),
        "asked": tally.asked,
        "lost": tally.lost,
        "wrong": tally.wrong,
        "refused": tally.refused,
        "sent_again": tally.again,
        "releases": sorted(tally.releases.values()),
        "deeds": said,
        "p50_ms": round(1e3 * times[len(times) // 2], 2),
        "p99_ms": round(1e3 * times[99 * len(times) // 100], 2),
        "memory_mib": [round(size) for _, size in memory[:: len(memory) // 10 or 1]],
        "growth_mib": None if grown is None else round(grown, 1),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--workers", type=int, default=0, help="of the gateway")
    parser.add_argument("--project", type=Path, help="a project to use, not the demo")
    parser.add_argument("--rollback", action="store_true", help="of its champion")
    options = parser.parse_args()
    before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as temporary:
        found = measured(options.project or Path(temporary) / "demo", options)
    bounds = {
        name: None if found[name] is None else found[name] <= most
        for name, most in GOAL.items()
    }
    result = {
        "benchmark": "load",
        "minutes": options.minutes,
        "load": [round(before, 2), round(os.getloadavg()[0], 2)],
        **found,
        "goal": GOAL,
        "reached": bounds,
    }
    json.dump(result, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
