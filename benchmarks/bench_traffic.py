# SPDX-License-Identifier: Apache-2.0
"""What logging a request costs: the hot path, and the thread behind it.

Run: `PYTHONPATH=. python benchmarks/bench_traffic.py`

20,000 requests of one text each. Ours redacts the text, counts, and writes rows that
can be asked for. The peer is what Python has: `logging` through a `QueueHandler`, whose
`QueueListener` writes the same fields as a line of JSON into a file, unredacted and
uncounted. Goal: at most 10 microseconds where the answer is given, and less than the
peer there. A year of a million requests is then summarised.
"""

import json
import logging
import logging.handlers
import queue
import random
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

from tests.serving.traffic.builders import a_decision, a_log, an_occurrence

from maalem.serving.traffic.rows import REQUEST
from maalem.serving.traffic.summary import summarise
from maalem.serving.traffic.tables import connect, insert, writing

REQUESTS, YEAR, STEP = 20_000, 1_000_000, 31.5


def told():
    text = "engine will not start at the north ramp"
    return [
        an_occurrence(a_decision(text), at=1000.0 + number, request=f"{number:016x}")
        for number in range(REQUESTS)
    ]


def measured(name, note, end, several):
    cpu, began = time.process_time(), time.perf_counter()
    for one in several:
        note(one)
    hot = (time.perf_counter() - began) / len(several) * 1e6
    end()
    whole = (time.process_time() - cpu) / len(several) * 1e6
    print(f"{name:10} {hot:6.2f} us to hand over, {whole:6.2f} us of CPU in all")
    return hot


def ours(folder):
    with a_log(folder) as log:
        hot = measured("ours", log.note, lambda: log.settle(timeout=60), told())
        assert not log.dropped
    return hot


def peer(folder):
    waiting = queue.SimpleQueue()
    logger = logging.getLogger("peer")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.addHandler(logging.handlers.QueueHandler(waiting))
    target = logging.FileHandler(folder / "requests.jsonl")
    listener = logging.handlers.QueueListener(waiting, target)
    listener.start()

    def note(one):
        logger.info(json.dumps(asdict(one)))

    hot = measured("logging", note, listener.stop, told())
    target.close()
    return hot


def a_year(folder):
    path, chance = folder / "year.sqlite", random.Random(0)
    database = connect(path)
    digest = f"sha256:{'a' * 64}"
    with writing(database):
        insert(
            database,
            REQUEST,
            [
                (f"{number:012x}{chance.getrandbits(64):016x}", number * STEP,
                 chance.expovariate(50.0), "classify", "/v1/classifications", "mlm_key",
                 chance.choice(("system", "urgency")), digest, digest, 0.8, "champion",
                 200, "", None, None, 1, chance.random() < 0.8, 1)
                for number in range(YEAR)
            ],
        )  # fmt: skip
    database.close()
    end = YEAR * STEP
    for name, since in (
        ("a year", 0.0),
        ("a week", end - 7 * 86400),
        ("a day", end - 86400),
    ):
        began = time.perf_counter()
        found = summarise(path, task="system", since=since, until=end)
        seconds = time.perf_counter() - began
        print(f"{name:10} {found.requests:7} requests summarised in {seconds:.3f} s")


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        mine, other = ours(folder), peer(folder)
        print(f"handing over takes {mine / other:.2f} of the peer's time; goal < 1")
        a_year(folder)


if __name__ == "__main__":
    main()
