# SPDX-License-Identifier: Apache-2.0
"""Kill -9 at random points of a tuning: does it end with the same bits each time?

Run: `python benchmarks/bench_resume.py [--points 200] [--kills 10]`

A small BERT is tuned by the local engine as in `maalem train --gear full`, without a
seal, whose process names would not be ours (sealed and unsealed give the same bits:
`tests/training`). A job is killed at `--kills` random points, one attempt
after the other, and then runs to its end; its checkpoint must be, byte for byte, that
of a job that nobody killed. A point is a random number of signs of progress and a
random moment after the last of them, so it falls into steps, into the writing of a
state or of the model, and before anything was saved. A point that comes after the end
of the job does not count, and is drawn again: that after its record was written too.
"""

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from itertools import islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.models.builders import an_encoder_folder
from tests.training.builders import a_job, content

from maalem.errors import EngineError
from maalem.models import Recipe
from maalem.training.local import RUN, LocalEngine

RECIPE = Recipe(gear="full", batch_size=6, epochs=6, patience=6, save_every=2)
MOST = 25  # signs of progress that a killed attempt lives to give
LATEST = 0.1  # seconds after the last of them


def killed_at(job, into: Path, chance: random.Random) -> str | None:
    """Kill one attempt; tell the stage it was in, or nothing if it came to its end."""
    running = LocalEngine().run(job, into)
    last = None
    for last in islice(running, chance.randint(1, MOST)):  # noqa: B007
        pass
    if last is None:
        return None
    time.sleep(chance.random() * LATEST)
    try:
        os.kill(int((into / "worker.lock").read_text()), signal.SIGKILL)
        for _ in running:
            pass
    except (ProcessLookupError, FileNotFoundError):
        return None
    except EngineError as error:
        if error.code != "training.killed":
            raise
        return None if (into / RUN).is_file() else last.stage
    return None


def killed_job(job, into: Path, chance: random.Random, most: int) -> list[str]:
    """Kill a job up to `most` times, then let it end; tell the stages it died in."""
    stages: list[str] = []
    while len(stages) < most:
        stage = killed_at(job, into, chance)
        if stage is None:
            break
        stages.append(stage)
    for _ in LocalEngine().run(job, into):
        pass
    return stages


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=200)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    chance, stages = random.Random(given.seed), Counter[str]()
    jobs = same = counted = 0
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        base = an_encoder_folder(place / "base")
        job = a_job(place, base=base, model_kind="classify.v1", recipe=RECIPE)
        signs = len([*LocalEngine().run(job, place / "whole")])
        whole = content(place / "whole" / "checkpoint")
        while stages.total() < given.points and jobs < given.points:
            into = place / f"job-{jobs}"
            most = min(given.kills, given.points - stages.total())
            died = killed_job(job, into, chance, most)
            stages.update(died)
            resumed = LocalEngine().read_run(into).resumed
            jobs += 1
            same += content(into / "checkpoint") == whole
            counted += resumed == len(died)
            print(
                f"job {jobs}: {len(died)} kills, {same} the same, {resumed} counted",
                file=sys.stderr,
            )
    result = {
        "bench": "resume",
        "points": stages.total(),
        "by_stage": dict(stages),
        "jobs": jobs,
        "bit_identical": same,
        "attempts_all_counted": counted,
        "signs_of_progress": signs,
        "seconds": round(time.perf_counter() - begun),
    }
    print(json.dumps(result))
    sys.exit(same != jobs or stages.total() < given.points)


if __name__ == "__main__":
    main()
