# SPDX-License-Identifier: Apache-2.0
"""Documents a second and memory, from a CSV file or single text files to passages.

Run: `OMP_NUM_THREADS=1 python benchmarks/bench_ingest.py`

Texts are the 5,485 excavator work orders of nist-nestor, each further round with some
words changed, so that there are exact copies, near duplicates and new texts. Read,
clean, de-duplicate, language and personal data are all in the time; storing is not.
Two sizes are the rows of one table; the third is as many text files as the first.
Each size runs in its own process; memory is the peak of that process. On a machine that
others use too, the number in CPU time (both processes together) is the one to compare.
"""

import argparse
import csv
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path


def work_orders(wanted: int) -> list[str]:
    spec = find_spec("nestor")
    assert spec
    assert spec.submodule_search_locations
    folder = Path(spec.submodule_search_locations[0], "datasets")
    with (folder / "excavators-cleaned.csv").open(encoding="utf-8", newline="") as file:
        texts = [row["OriginalShorttext"] for row in csv.DictReader(file)]
    chance = random.Random(0)
    vocabulary = sorted({word for text in texts for word in text.split()})
    rows = list(texts[:wanted])
    while len(rows) < wanted:
        words = chance.choice(texts).split() + chance.sample(vocabulary, 4)
        chance.shuffle(words)
        rows.append(" ".join(words))
    rows[::100] = [f"{row} call 06 12 34 56 78" for row in rows[::100]]
    return rows


def write_documents(folder: Path, texts: list[str], *, as_files: bool) -> Path:
    if as_files:
        folder = folder / "orders"
        folder.mkdir()
        for number, text in enumerate(texts):
            (folder / f"{number:06d}.txt").write_text(text, encoding="utf-8")
        return folder
    path = folder / "orders.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["text"], *([text] for text in texts)])
    return path


def measure(documents: int, *, as_files: bool) -> dict[str, float]:
    from maalem.corpus import (
        ColumnMap,
        CorpusReport,
        NearDuplicateIndex,
        ReadLimits,
        ingest,
    )

    with tempfile.TemporaryDirectory() as folder:
        texts = work_orders(documents)
        path = write_documents(Path(folder), texts, as_files=as_files)
        report = CorpusReport()
        wall, cpu = time.perf_counter(), time.process_time()
        with NearDuplicateIndex(Path(folder, "index.sqlite")) as index:
            for batch in ingest(
                [path],
                columns=ColumnMap(text=("text",)),
                limits=ReadLimits(),
                index=index,
                known=lambda _: False,
            ):
                report = report.plus(batch)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    child = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "documents": report.new,
        "seconds": round(wall, 2),
        "cpu_seconds": round(cpu + child.ru_utime + child.ru_stime, 2),
        "a_second": round(report.new / wall),
        "a_cpu_second": round(report.new / (cpu + child.ru_utime + child.ru_stime)),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10,
        "child_peak_mib": child.ru_maxrss >> 10,
        "copies": report.exact_duplicates,
        "near": report.near_duplicates,
        "personal": sum(report.personal.values()),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--one", type=int, help="measure one size in this process")
    parser.add_argument("--files", action="store_true", help="a file a document")
    given = parser.parse_args()
    if given.one:
        print(json.dumps(measure(given.one, as_files=given.files)))
        return
    runs = [
        json.loads(
            subprocess.run(
                [sys.executable, __file__, "--one", str(size), *more],
                check=True,
                capture_output=True,
                text=True,
            ).stdout
        )
        for size, *more in ((10_000,), (40_000,), (10_000, "--files"))
    ]
    print(
        json.dumps(
            {
                "bench": "ingest",
                "data": "nist-nestor work orders, words changed beyond 5,485",
                "runs": runs,
                "ratio": round(runs[0]["a_second"] / 1000, 2),
                "ratio_single_files": round(runs[2]["a_second"] / 1000, 2),
                "ratio_in_cpu_time": round(runs[0]["a_cpu_second"] / 1000, 2),
                "load": round(os.getloadavg()[0], 1),
                "memory_ratio": round(runs[1]["peak_mib"] / runs[0]["peak_mib"], 2),
                "peers": {"none": "the goal is 1,000 a second, memory flat"},
                "goal": {"a_second": 1000, "memory_ratio": 1.2},
            }
        )
    )


if __name__ == "__main__":
    main()
