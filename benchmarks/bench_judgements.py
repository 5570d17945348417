# SPDX-License-Identifier: Apache-2.0
"""Judgements saved: how many answers the desk's choice needs, against random order.

Run: `OMP_NUM_THREADS=1 python benchmarks/bench_judgements.py [--data attack] [--all]`

Simulated experts answer what the desk asks, 5 % of the time with another label. The
target is the accuracy that random order reaches with 1,000 judgements (mean of 4
orders a seed); the ratio is 1,000 by the judgements after which the mean curve of all
seeds reaches it, smoothed to rise (pool-adjacent violators). Every order is learned
from by the same `LiveGear`; `considered` leans on the pool's unanswered items, `plain`
does not, and the target is that of the same head. Orders: `desk` is `choose_next` as
delivered, by the considered head (a twentieth of the cards at random); `margin` is the
named peer: the smallest margin between the two likeliest labels, after 28 random
answers; with `--all`, `desk, none at random` shows what these cost. Ten cards at
a time, up to 700; a seed that has not come to its target by then goes on to 1,000, and
counts 0 if it never does.

ATT&CK tactics (14) and Debian sections (12) as in `bench_classify.py`, all-MiniLM-L6-v2
frozen, vectors kept in the temporary folder. 1,500 texts of each are the exam of all
seeds; each seed draws its pool of 4,000. All settings were chosen with `--tune`, which
never sees the exam: on other ATT&CK texts altogether, and on other draws of the same
Debian texts, which are too few for two pools.
"""

import argparse
import hashlib
import json
import os
import random
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from bench_classify import attack, debian

POOL, EXAM, NOISE, BATCH, LAST, GOAL = 4000, 1500, 0.05, 10, 700, 1000
START, ORDERS = 28, 4
CHECKS = (50, 100, 150, *range(200, LAST + 1, 50))
LATE = (800, 900, GOAL)  # for a seed that has not come there by the last check
HEADS = ("considered", "plain")
TOKENS = {"attack": 128, "debian": 64}


class Table:
    """An encoder that looks vectors up."""

    def __init__(self, texts, vectors):
        self.rows = dict(zip(texts, vectors, strict=True))
        self.width = vectors.shape[1]

    def encode(self, texts):
        return np.array([self.rows[text] for text in texts]).reshape(-1, self.width)


def encoded(name: str, texts: list[str]):
    from maalem.models.bases import prepare_base
    from maalem.models.encoder import open_encoder

    mark = hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]
    kept = Path(tempfile.gettempdir(), f"maalem-judgements-{name}-{mark}.npy")
    if not kept.exists():
        with tempfile.TemporaryDirectory() as folder:
            prepare_base("minilm-en", Path(folder, "base"))
            encoder = open_encoder(Path(folder, "base"), max_tokens=TOKENS[name])
            np.save(kept, encoder.encode(texts))
    return np.load(kept)


class Trial:
    """One seed: a pool, its experts' answers, and the exam."""

    def __init__(self, rows, table, *, exam, seed: int):
        self.table, self.seed, self.exam = table, seed, exam
        self.labels = sorted({label for _, label in rows})
        chance = random.Random(f"pool {seed}")
        pool = chance.sample(rows, POOL)
        self.texts = [text for text, _ in pool]
        self.answers = {
            text: chance.choice([one for one in self.labels if one != label])
            if chance.random() < NOISE
            else label
            for text, label in pool
        }

    def gear(self):
        from maalem.models.live import LiveGear
        from maalem.models.live_encoder import KeptVectors

        gear = LiveGear(KeptVectors(self.table, name="kept"), self.labels)
        gear.watch(self.texts)
        gear.settle()
        return gear

    def teach(self, gear, texts):
        for text in texts:
            gear.learn(text, self.answers[text])
        gear.settle()

    def examine(self, gear):
        gear.consider()
        gear.settle()
        texts = [text for text, _ in self.exam]
        right = np.array([self.labels.index(label) for _, label in self.exam])
        asked = (gear.considered, gear.probabilities)
        return np.array([ask(texts).argmax(axis=1) == right for ask in asked])

    def in_random_order(self, order: int):
        texts = random.Random(f"{self.seed} {order}").sample(self.texts, GOAL)
        found = {}
        for count in (*CHECKS[1::2], GOAL) if order < 2 else (GOAL,):
            with self.gear() as gear:
                self.teach(gear, texts[:count])
                found[count] = self.examine(gear)
        return found

    def in_order(self, choose, targets):
        """Give what is right at each check; `targets` are the accuracies to reach."""
        found, taught = {}, []
        with self.gear() as gear:
            while True:
                if len(taught) in (*CHECKS, *LATE):
                    found[len(taught)] = self.examine(gear)
                if len(taught) >= GOAL or (
                    len(taught) >= LAST
                    and all(ratio_alone(found, *head) for head in enumerate(targets))
                ):
                    return found
                new = choose(self, gear, taught)
                self.teach(gear, new)
                taught += new


def margin(trial, gear, taught):
    done = set(taught)
    open_texts = [text for text in trial.texts if text not in done]
    if len(taught) < START:
        count = min(BATCH, START - len(taught))
        return random.Random(f"{trial.seed} {len(taught)}").sample(open_texts, count)
    count = BATCH - len(taught) % BATCH
    best = np.sort(gear.probabilities(open_texts), axis=1)
    order = np.argsort(best[:, -1] - best[:, -2], kind="stable")
    return [open_texts[place] for place in order[:count]]


def desk(share: float | None = None):
    from maalem.tasks.asking import Asking
    from maalem.tasks.choosing import Seen, choose_next

    asking = Asking() if share is None else Asking(random_share=share)

    def choose(trial, gear, taught):
        done = set(taught)
        open_texts = [text for text in trial.texts if text not in done]
        candidates, known = (
            Seen(probabilities=gear.considered(texts), vectors=gear.vectors(texts))
            for texts in (open_texts, taught)
        )
        cards = choose_next(
            candidates,
            known,
            count=BATCH,
            asking=asking,
            seed=trial.seed * 10_000 + len(taught),
        )
        return [open_texts[card.place] for card in cards]

    return choose


def needed(counts, accuracies, target: float) -> float:
    """Give where a curve, smoothed to rise, reaches the target; infinite if never."""
    blocks: list[list[float]] = []
    for value in accuracies:
        blocks.append([value, 1])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            high, low = blocks.pop(), blocks.pop()
            size = high[1] + low[1]
            blocks.append([(high[0] * high[1] + low[0] * low[1]) / size, size])
    smooth = np.concatenate([[value] * int(size) for value, size in blocks])
    if smooth[-1] < target:
        return float("inf")
    place = int(np.argmax(smooth >= target))
    if place == 0:
        return float(counts[0])
    part = (target - smooth[place - 1]) / (smooth[place] - smooth[place - 1])
    return float(counts[place - 1] + part * (counts[place] - counts[place - 1]))


def ratio_alone(found, head: int, target: float) -> float:
    """Give the ratio of one seed; 0 if it has not come to the target."""
    accuracies = [float(right[head].mean()) for right in found.values()]
    return GOAL / needed([*found], accuracies, target)


def ratio_of(curves, targets, draws=1000):
    """Give the ratio and its 95 % interval over seeds and exam texts.

    Where the curve does not reach the target in time there is no number: the ratio is
    below `shown_from` then.

    Args:
        curves: Whether right, shape (seeds, checks, texts).
        targets: Share of the orders right, shape (seeds, texts).
        draws: Bootstrap resamples.
    """

    def ratio(seeds, texts):
        means = curves[seeds][:, :, texts].mean(axis=(0, 2))
        return GOAL / needed(CHECKS, means, targets[seeds][:, texts].mean())

    seeds, texts = len(curves), curves.shape[2]
    chance = np.random.default_rng(0)
    drawn = [
        ratio(chance.integers(0, seeds, seeds), chance.integers(0, texts, texts))
        for _ in range(draws)
    ]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return {
        "ratio": shown(ratio(slice(None), slice(None))),
        "interval": [shown(low), shown(high)],
        "shown_from": round(GOAL / LAST, 2),
    }


def shown(ratio) -> float | None:
    """Give none for a ratio so low that no curve can show it."""
    return round(float(ratio), 2) if ratio >= GOAL / LAST else None


def compare(name: str, rows, *, seeds: int, is_tuning: bool, has_all: bool):
    rows = sorted(set(rows))
    random.Random("all").shuffle(rows)
    texts = [text for text, _ in rows]
    table = Table(texts, encoded(name, texts))
    exam, rest = rows[:EXAM], rows[EXAM:]
    apart = EXAM + POOL if name == "attack" else len(rest)
    used = rest[:apart]
    orders = {"desk": desk(), "margin": margin}
    if has_all:
        orders["desk, none at random"] = desk(0.0)
    if is_tuning:
        used = rest[apart:] if apart < len(rest) else rest
        random.Random("tuning").shuffle(used)
        exam, used = used[:EXAM], used[EXAM:]
    runs: dict[str, list] = {order: [] for order in orders}
    chances = []
    for seed in range(seeds):
        trial = Trial(used, table, exam=exam, seed=seed + 1000 * is_tuning)
        chances.append([trial.in_random_order(order) for order in range(ORDERS)])
        targets = np.mean([one[GOAL].mean(axis=1) for one in chances[-1]], axis=0)
        for order, choose in orders.items():
            runs[order].append(trial.in_order(choose, targets))
        say(f"{name} seed {seed}, {time.process_time():.0f} CPU-seconds")
    results = {}
    for number, head in enumerate(HEADS):
        targets = np.array(
            [np.mean([one[GOAL][number] for one in some], axis=0) for some in chances]
        )
        found = {}
        for order, some in runs.items():
            curves = np.array([[one[n][number] for n in CHECKS] for one in some])
            means = [round(float(one), 4) for one in curves.mean(axis=(0, 2))]
            found[order] = {
                **ratio_of(curves, targets),
                "each_seed": [
                    round(ratio_alone(one, number, target), 2)
                    for one, target in zip(some, targets.mean(axis=1), strict=True)
                ],
                "accuracy": dict(zip(CHECKS, means, strict=True)),
            }
        blind = {
            count: round(
                float(np.mean([s[o][count][number] for s in chances for o in (0, 1)])),
                4,
            )
            for count in CHECKS[1::2]
        }
        results[head] = {
            "target": round(float(targets.mean()), 4),
            "random": blind,
            "orders": found,
        }
    return {"data": name, "labels": len({one for _, one in rows}), "heads": results}


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", choices=["attack", "debian", "both"], default="both")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--tune", action="store_true", help="never look at the exam")
    parser.add_argument("--all", action="store_true", help="a desk without chance too")
    chosen = parser.parse_args()
    sets = {"attack": attack, "debian": debian}
    wanted = sets if chosen.data == "both" else {chosen.data: sets[chosen.data]}
    results = []
    for name, read in wanted.items():
        rows = read()
        if rows:
            found = compare(
                name,
                rows,
                seeds=chosen.seeds,
                is_tuning=chosen.tune,
                has_all=chosen.all,
            )
            results.append(found)
        else:
            say(f"{name}: the data are not on this machine; skipped")
    ratios = sorted(
        one["heads"]["considered"]["orders"]["desk"]["ratio"] or 0.0 for one in results
    )
    result = {
        "benchmark": "judgements",
        "error_of_experts": NOISE,
        "pool": POOL,
        "exam": EXAM,
        "seeds": chosen.seeds,
        "results": results,
        "load": round(os.getloadavg()[0], 2),
        "passed": len(ratios) == 2 and ratios[0] >= 1.5 and ratios[1] >= 2.0,
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
