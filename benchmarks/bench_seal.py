# SPDX-License-Identifier: Apache-2.0
"""What sealing a process costs, and whether a bait is reached in many runs.

Run: `python benchmarks/bench_seal.py [--rounds 15] [--runs 1000]`

Start-up is from the call that starts a program to that program's first statement, which
writes down the clock that all processes share; the peer is the same program in a bare
process of the same interpreter. The rounds are interleaved, so that all meet the same
load. Everything that a seal does is in it: bubblewrap, Landlock, the filter, and some
forty ways out that are tried before the program begins.

The runs start a program that tries each way out of `tests/sealing/attempts.py`, beside
baits of their own; each profile has half of them. A bait that is reached, or a way that
is open at the level that was declared, fails the benchmark.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.sealing.builders import attempts_text, compile_probes  # noqa: E402

from maalem.sealing.baits import Baits  # noqa: E402
from maalem.sealing.evidence import seal_of  # noqa: E402
from maalem.sealing.launching import Program, start  # noqa: E402
from maalem.sealing.settings import SealSettings  # noqa: E402

GOAL_MS = 150
QUIET = 0.5  # load average before the start; above it wall times are not believed
BEGIN = "import time; open('begun', 'w').write(repr(time.monotonic()))"
TEXT = ("timeit", "-n", "1", "-r", "1")
WAYS = {
    "bubblewrap, level 4": (),
    "namespaces, level 3": ("bubblewrap",),
    "kernel filter alone, level 3": ("namespaces",),
    "hook, level 1": ("namespaces", "landlock", "filter"),
}


def sealed(text, folder, settings):
    """Run a text sealed and give its seal."""
    module, *arguments = TEXT
    with tempfile.TemporaryFile() as evidence:
        program = Program(
            module=module,
            arguments=(*arguments, text),
            folder=folder,
            environment=(("LANG", "C.UTF-8"), ("HOME", str(folder))),
        )
        watcher = start(
            program,
            settings,
            evidence=evidence.fileno(),
            streams=(subprocess.DEVNULL, subprocess.DEVNULL, subprocess.DEVNULL),
        )
        watcher.wait()
        evidence.seek(0)
        return seal_of(evidence.read())


def bare(text, folder):
    """Run a text in a bare process of the same interpreter."""
    command = [sys.executable, "-I", "-B", "-m", *TEXT, text]
    subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, check=True)


def milliseconds(run, folder):
    """Give the time from a call to the first statement of what it starts."""
    started = time.monotonic()
    run(BEGIN, folder)
    begun = folder / "begun"
    first = float(begun.read_text())
    begun.unlink()
    return (first - started) * 1e3


def start_up(rounds):
    """Give the milliseconds of each way, bare first."""
    ways = {"bare process": bare}
    for name, without in WAYS.items():
        settings = SealSettings(without=without)
        ways[name] = lambda text, folder, s=settings: sealed(text, folder, s)
    times = {name: [] for name in ways}
    with tempfile.TemporaryDirectory(prefix="maalem-seal-") as folder:
        for number in range(rounds + 1):
            for name, run in ways.items():
                taken = milliseconds(run, Path(folder))
                if number:  # the first fills the page cache
                    times[name].append(taken)
    return times


def canary(runs):
    """Try every way out, run after run; give bites, open ways and levels."""
    bites, opened, levels = 0, 0, {}
    with tempfile.TemporaryDirectory(prefix="maalem-seal-") as place:
        compile_probes(Path(place))
        baits = Baits(tempfile.gettempdir())
        text = attempts_text(baits)
        for number in range(runs):
            profile = ("strict", "loopback")[number % 2]
            folder = Path(place)
            seal = sealed(text, folder, SealSettings(profile=profile))
            results = json.loads((folder / "results.json").read_text())
            opened += sum(
                found["level"] <= seal.level and found.get("refused", "") is None
                for found in results.values()
            )
            bites += seal.bites or 0
            levels[seal.level] = levels.get(seal.level, 0) + 1
        bites += sum(baits.bites().values())
        baits.close()
    return bites, opened, levels, len(results) - 1


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--runs", type=int, default=1000)
    given = parser.parse_args()
    load = os.getloadavg()[0]
    times = start_up(given.rounds)
    floor = statistics.median(times["bare process"])
    for name, taken in times.items():
        middle = statistics.median(taken)
        print(
            f"{name:30} median {middle:6.0f} ms, worst {max(taken):6.0f},"
            f" {middle / floor:4.1f} times a bare process"
        )
    own = statistics.median(times["bubblewrap, level 4"])
    verdict = "reached" if own <= GOAL_MS else "missed"
    if load > QUIET and own > GOAL_MS:
        verdict = "not shown: the machine is not quiet"
    print(f"goal {GOAL_MS} ms: {verdict}; load average before: {load:.1f}")
    began = time.monotonic()
    bites, opened, levels, tried = canary(given.runs)
    print(
        f"{given.runs} runs of {tried} ways out in {time.monotonic() - began:.0f} s:"
        f" {bites} baits reached, {opened} ways open; runs by level: {levels}"
    )
    sys.exit(bool(bites or opened))


if __name__ == "__main__":
    main()
