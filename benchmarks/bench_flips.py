# SPDX-License-Identifier: Apache-2.0
"""A thousand single bits of a real project are flipped: is each found before its use?

Run: `python benchmarks/bench_flips.py [--flips 1000] [--seed 0]`

The project is a small one that went through the whole loop. What is flipped, what reads
it and what counts as found stands in `tests/flips.py`. As many flips go to each target:
blobs, frozen dataset, model folder, release, database, and the ledger's small files. A
flip that changes nothing of what the files say, such as one in an SQLite page without
content, is counted apart.
"""

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests import flips
from tests.app import builders

from maalem.app import loop


def a_project(home: Path) -> Path:
    table = builders.a_table(home / "reports.csv")
    answers = builders.answers(home / "answers.jsonl")
    folder = builders.a_project(home / "fleet")
    with loop.open_workspace(folder) as work:
        loop.add(work, [table])
        loop.ask(work, "system")
        loop.collect(work, "system", answers)
        dataset = loop.freeze(work, "system", drop_leaks=True)
        loop.release(work, loop.examine(work, loop.train(work, dataset)))
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--flips", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    chance, begun, load = (
        random.Random(given.seed),
        time.perf_counter(),
        os.getloadavg(),
    )
    found: dict[str, Counter[str]] = {}
    missed = []
    with tempfile.TemporaryDirectory() as name:
        folder = a_project(Path(name))
        targets = flips.targets(folder)
        for number in range(given.flips):
            target = targets[number % len(targets)]
            path, bit = flips.a_bit(target, chance)
            outcome = flips.strike(folder, target, (path, bit))
            found.setdefault(target.name, Counter())[outcome] += 1
            if outcome == flips.MISSED:
                missed.append([str(path.relative_to(folder)), bit // 8, bit % 8])
    total = sum(found.values(), Counter())
    print(
        json.dumps(
            {
                "bench": "flips",
                "flips": given.flips,
                "seed": given.seed,
                "targets": found,
                "total": total,
                "missed": missed,
                "goal": {"missed": 0},
                "seconds": round(time.perf_counter() - begun, 1),
                "load_before": round(load[0], 2),
            }
        )
    )


if __name__ == "__main__":
    main()
