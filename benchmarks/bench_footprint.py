# SPDX-License-Identifier: Apache-2.0
"""What starting costs: `maalem --help` and `maalem status`, beside their floor.

Run: `python benchmarks/bench_footprint.py [--rounds 10]`

Each command is a fresh process; the rounds are interleaved, so that all meet the same
load, and the order changes from round to round. `python` is the interpreter with
argparse and nothing else, `click` the smallest command line with the library that ours
is made with; both print their help. Wall time is from start to end as a caller sees it,
CPU time is user and system time of the process. Files are in the page cache: one round
before the first is not counted. The size of the core is that of `.venv-core`, if
`make test-core` has made it.
"""

import argparse
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
GOAL_MS, GOAL_MB = 200, 250
QUIET = 0.5  # load average before the start; above it wall times are not believed
PLAIN = "import argparse; argparse.ArgumentParser().parse_args(['--help'])"
CLICK = "import click; click.command()(lambda: None)(['--help'])"
LOADED = (
    "import sys; from maalem.app.main import run; run(sys.argv[1:]); "
    "names = ('numpy', 'rich', 'cryptography', 'maalem.corpus', 'torch'); "
    "print([len(sys.modules), [n for n in names if n in sys.modules]], file=sys.stderr)"
)


def measure(command):
    """Give wall and CPU milliseconds of one fresh process."""
    started = time.perf_counter()
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{command} ended with {process.returncode}")
    return wall * 1e3, (usage.ru_utime + usage.ru_stime) * 1e3


def loaded(python, arguments):
    """Give how many modules a command loads, and which heavy ones."""
    done = subprocess.run(
        [python, "-c", LOADED, *arguments], capture_output=True, text=True, check=True
    )
    modules, heavy = json.loads(done.stderr.splitlines()[-1].replace("'", '"'))
    return {"modules": modules, "heavy": heavy}


def make_project(program, folder):
    """Make a project with twenty documents."""
    table = folder / "orders.csv"
    rows = [
        f"order {number}: replace the seal of pump {number}" for number in range(20)
    ]
    table.write_text("\n".join(["text", *rows]) + "\n", encoding="utf-8")
    project = folder / "project"
    for rest in (["init", project], ["-C", project, "add", table, "--text", "text"]):
        subprocess.run([program, *rest], check=True, capture_output=True)
    return project


def core_megabytes():
    """Give what `.venv-core` takes of the disk without data and build tools."""
    lib = next((ROOT / ".venv-core" / "lib").glob("python3*/site-packages"), None)
    if lib is None:
        return None
    place = ROOT / "tests" / "install" / "check_core.py"
    spec = importlib.util.spec_from_file_location("check_core", place)
    check = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(check)
    return round(check.sizes(lib).total() / 1e6, 1)


def run_rounds(commands, rounds):
    times = {name: [] for name in commands}
    names = list(commands)
    for number in range(rounds + 1):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            found = measure(commands[name])
            if number:  # the first round warms the page cache
                times[name].append(found)
    return times


def summary(times):
    walls, processors = zip(*times, strict=True)
    return {
        "wall_ms": round(statistics.median(walls), 1),
        "wall_ms_least": round(min(walls), 1),
        "cpu_ms": round(statistics.median(processors), 1),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    rounds = parser.parse_args().rounds
    load, python = os.getloadavg()[0], sys.executable
    program = Path(python).with_name("maalem")
    with tempfile.TemporaryDirectory() as folder:
        project = str(make_project(program, Path(folder)))
        ours = {
            "help": ["--help"],
            "status": ["-C", project, "status"],
            "doctor": ["-C", project, "doctor"],
        }
        commands = {
            "python": [python, "-c", PLAIN],
            "click": [python, "-c", CLICK],
            **{name: [program, *rest] for name, rest in ours.items()},
        }
        found = {k: summary(v) for k, v in run_rounds(commands, rounds).items()}
        for name, rest in ours.items():
            found[name] |= loaded(python, rest)
    size = core_megabytes()
    result = {
        "rounds": rounds,
        "load": round(load, 2),
        "is_quiet": load <= QUIET,
        "commands": found,
        "help_to_click_cpu": round(
            found["help"]["cpu_ms"] / found["click"]["cpu_ms"], 2
        ),
        "core_mb": size,
        "goal": {"help_wall_ms": GOAL_MS, "core_mb": GOAL_MB},
        "help_reached": found["help"]["wall_ms"] < GOAL_MS,
        "core_reached": None if size is None else size < GOAL_MB,
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
