# SPDX-License-Identifier: Apache-2.0
"""Krippendorff's alpha with its bootstrap interval, against the krippendorff package.

Run: `OMP_NUM_THREADS=1 python benchmarks/bench_agreement.py [--ratings 100000]`

Simulated experts: 4 labels, 3 answers an item, an answer is right with .8 and else
random. The peer gets the form that it reads fastest, a table of counts per item, and
does the same bootstrap: items drawn with replacement, alpha of each. It runs a sample
of the draws; its time is taken times draws / sample. `records` reads Annotation
records and measures all, each class, two languages and one guideline.
"""

import argparse
import json
import resource
import time
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec

import numpy as np

from maalem.experts.agreement import agreements
from maalem.experts.alpha import METRICS, Drawing, Ratings
from maalem.experts.resampling import interval
from maalem.records import Annotation, Digest

LABELS, EACH, DRAWS, SAMPLE = 4, 3, 1000, 20
GOAL = {"seconds": 5.0, "ratio": 10.0}


def simulated(ratings: int, chance: np.random.Generator):
    items = np.arange(ratings) // EACH
    truth = chance.integers(0, LABELS, int(items.max()) + 1)[items]
    other = chance.integers(0, LABELS, ratings)
    return items, np.where(chance.random(ratings) < 0.8, truth, other)


def timed(deed, *given):
    wall, cpu = time.perf_counter(), time.process_time()
    found = deed(*given)
    return found, time.perf_counter() - wall, time.process_time() - cpu


def ours(items, values, metric: str):
    ratings = Ratings(items, values, scale=np.arange(float(LABELS)), metric=metric)
    return ratings.alpha(), interval(ratings, Drawing(draws=DRAWS))[:2]


def peer(items, values, metric: str):
    import krippendorff

    counts = np.zeros((int(items.max()) + 1, LABELS), dtype=int)
    np.add.at(counts, (items, values), 1)
    chance = np.random.default_rng(0)
    domain = {"value_domain": list(range(LABELS)), "level_of_measurement": metric}
    drawn = [
        krippendorff.alpha(
            value_counts=counts[chance.integers(0, len(counts), len(counts))], **domain
        )
        for _ in range(SAMPLE)
    ]
    return krippendorff.alpha(value_counts=counts, **domain), drawn


def records(items, values):
    annotations = [
        Annotation(
            id=Digest(f"a{n}"),
            item=Digest(f"i{item}"),
            task="bench",
            annotator=f"expert:{n % EACH}",
            labels=(f"label {value}",),
            guideline=Digest("g"),
        )
        for n, (item, value) in enumerate(zip(items, values, strict=True))
    ]
    languages = {Digest(f"i{item}"): ("ar", "fr")[item % 2] for item in set(items)}
    return timed(partial(agreements, annotations, languages=languages))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ratings", type=int, default=100_000)
    given = parser.parse_args()
    if not find_spec("krippendorff"):
        print("krippendorff is not installed; skipped")
        return
    items, values = simulated(given.ratings, np.random.default_rng(0))
    found, ratios = {}, {}
    for metric in METRICS:
        (alpha, ends), wall, cpu = timed(ours, items, values, metric)
        (same, drawn), _, theirs = timed(peer, items, values, metric)
        assert abs(alpha - same) < 1e-9, (metric, alpha, same)
        ratios[metric] = round(theirs * DRAWS / SAMPLE / cpu, 1)
        found[metric] = {
            "alpha": round(alpha, 4),
            "interval": [round(end, 4) for end in ends],
            "peer_spread": round(float(np.std(drawn)), 5),
            "our_spread": round((ends[1] - ends[0]) / 3.92, 5),
            "seconds": round(wall, 3),
            "cpu_seconds": round(cpu, 3),
            "peer_cpu_seconds": round(theirs * DRAWS / SAMPLE, 1),
        }
    report, wall, cpu = records(items, values)
    print(
        json.dumps(
            {
                "bench": "agreement",
                "ratings": given.ratings,
                "draws": DRAWS,
                "ours": found,
                "records": {
                    "measured": len(report),
                    "seconds": round(wall, 2),
                    "cpu_seconds": round(cpu, 2),
                },
                "peers": {f"krippendorff-{version('krippendorff')}": SAMPLE},
                "ratio": ratios,
                "goal": GOAL,
                "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10,
            }
        )
    )


if __name__ == "__main__":
    main()
