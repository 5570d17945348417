# SPDX-License-Identifier: Apache-2.0
"""What the ledger costs: an append, a proof, and verifying all of it.

Run: `python benchmarks/bench_ledger.py [--entries 1000000] [--appends 500]`

An append is one record and one entry, durable when it returns, from one thread; beside
it stands what one forced write of 4 KiB costs on the same disk just now. Verification
is `verify_ledger`, as `maalem verify --ledger` calls it: every row, entry, tree node,
checkpoint and page. A proof of inclusion is made from the stored tree and then checked
against the signed checkpoint; so is a proof of consistency.

Peer: `SqliteTree` of pymerkle 7.0.0, the same tree in an SQLite file of its own, where
it is installed. It is under the GPL, so it is no dependency, not even of the tests:
`pip install pymerkle==7.0.0` into an environment of your own. It keeps no records and
signs nothing; only its appends and proofs are compared.
"""

import argparse
import json
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

from maalem.records import Annotation, digest_of
from maalem.store import create_store, open_store, verify_ledger
from maalem.store.ledger import stored_nodes
from maalem.store.merkle import consistency_holds, consistency_path, tree_root
from maalem.store.notes import open_tlog_proof

GOAL = {"append_median_ms": 10.0, "verify_1000000_seconds": 10.0}


def clock() -> datetime:
    return datetime.now(UTC)


def an_answer(number: int) -> Annotation:
    return Annotation(
        id=digest_of(["answer", number]),
        item=digest_of(["item", number]),
        task="faults",
        annotator="expert:3f2a",
        labels=("yes",),
        at="2026-11-24T12:00:00.000+00:00",
        seconds=4.5,
    )


def a_store(folder: Path):
    return create_store(folder, origin="bench/ledger", clock=clock, actor="owner")


def milliseconds(deed: Callable[[int], object], count: int) -> dict[str, float]:
    """Time a deed again and again; the first tenth is not counted."""
    passed = timed(deed, range(count))
    return told(passed[count // 10 :])


def timed(deed: Callable[[int], object], numbers: range) -> list[float]:
    passed = []
    for number in numbers:
        begun = time.perf_counter()
        deed(number)
        passed.append((time.perf_counter() - begun) * 1000)
    return passed


def told(passed: list[float]) -> dict[str, float]:
    every = sorted(passed)
    return {
        "median_ms": round(statistics.median(every), 3),
        "p99_ms": round(every[int(len(every) * 0.99)], 3),
    }


def appends(folder: Path, count: int) -> dict[str, dict[str, float]]:
    """Append here, there, and force bare writes, in turns: the disk is shared."""
    folder.mkdir()
    with ExitStack() as stack:
        store = stack.enter_context(a_store(folder / "ours"))
        probe = stack.enter_context((folder / "probe").open("wb"))

        def force(_: int) -> None:
            probe.write(random.randbytes(4096))
            probe.flush()
            os.fdatasync(probe.fileno())

        deeds: dict[str, Callable[[int], object]] = {
            "append": lambda number: store.append("answer", [an_answer(number)]),
            "fdatasync": force,
        }
        if find_spec("pymerkle") is not None:
            import pymerkle

            tree = pymerkle.SqliteTree(str(folder / "peer.db"), algorithm="sha256")
            stack.enter_context(tree)
            deeds["peer_append"] = lambda n: tree.append_entry(b"answer %d" % n)
        passed: dict[str, list[float]] = {name: [] for name in deeds}
        for start in range(0, count, 25):
            for name, deed in deeds.items():
                passed[name] += timed(deed, range(start, start + 25))
    return {name: told(one[25:]) for name, one in passed.items()}


def filled(folder: Path, entries: int) -> float:
    """Make a ledger of so many entries, each with a record; how long it took."""
    begun = time.perf_counter()
    with a_store(folder) as store, ThreadPoolExecutor(64) as pool:
        for start in range(0, entries - 1, 5000):  # so that none of it piles up
            numbers = range(start, min(start + 5000, entries - 1))
            list(pool.map(lambda n: store.append("answer", [an_answer(n)]), numbers))
    return time.perf_counter() - begun


def verified(folder: Path, turns: int) -> dict[str, object]:
    """Verify again and again; each turn is told, for a machine that is not quiet."""
    wall, processor = [], []
    for _ in range(turns):
        begun, used = time.perf_counter(), time.process_time()
        report = verify_ledger(folder)
        wall.append(round(time.perf_counter() - begun, 2))
        processor.append(round(time.process_time() - used, 2))
        assert report.ok, report.what
    return {"entries": report.size, "seconds": wall, "cpu_seconds": processor}


def proofs(folder: Path, count: int) -> dict[str, object]:
    """Make and check proofs at places drawn from the whole ledger."""
    with open_store(folder, clock=clock, actor="owner") as store:
        public = store.signing_key.public_bytes
        size = int(store.checkpoint().splitlines()[1])
        chance = random.Random(7)
        places = [chance.randrange(1, size) for _ in range(count)]
        made = [store.inclusion(place) for place in places[:count]]
        paths = [consistent(store, place, size) for place in places]
        return {
            "entries": size,
            "inclusion": milliseconds(lambda n: store.inclusion(places[n]), count),
            "inclusion_checked": milliseconds(
                lambda n: open_tlog_proof(made[n], public), count
            ),
            "consistency": milliseconds(
                lambda n: consistent(store, places[n], size), count
            ),
            "consistency_checked": milliseconds(
                lambda n: consistency_holds(*paths[n]), count
            ),
        }


def consistent(store, old: int, new: int):
    def look(tables):
        nodes = stored_nodes(tables)
        heads = [(size, tree_root(size, nodes)) for size in (old, new)]
        return consistency_path(old, new, nodes), *heads

    return store.look(look)


def peer(folder: Path, *, entries: int, count: int):
    """Let pymerkle do the same, as far as it does it; none if it is not there."""
    if find_spec("pymerkle") is None:
        return None
    import pymerkle

    with pymerkle.SqliteTree(str(folder / "full.db"), algorithm="sha256") as tree:
        tree.append_entries([b"answer %d" % n for n in range(entries)])
        chance = random.Random(7)
        places = [chance.randrange(1, entries) for _ in range(count)]
        return {
            "entries": entries,
            "inclusion": milliseconds(lambda n: tree.prove_inclusion(places[n]), count),
            "consistency": milliseconds(
                lambda n: tree.prove_consistency(places[n], entries), count
            ),
        }


def ratios(own: dict, other: dict | None) -> dict[str, float] | None:
    if other is None:
        return None
    return {
        name: round(other[name]["median_ms"] / own[name]["median_ms"], 2)
        for name in ("append", "inclusion", "consistency")
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--appends", type=int, default=500)
    parser.add_argument("--proofs", type=int, default=200)
    parser.add_argument("--peer-entries", type=int, default=20_000)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--folder", help="Where; on the disk that is of interest.")
    given = parser.parse_args()
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        place = Path(name)
        appends(place / "warm", 50)  # imports are not what is measured
        appended = appends(place / "alone", given.appends)
        seconds = filled(place / "full", given.entries)
        filled(place / "small", given.peer_entries)
        verification = verified(place / "full", given.turns)
        own = {"append": appended["append"]} | proofs(place / "small", given.proofs)
        other = peer(place, entries=given.peer_entries, count=given.proofs // 10)
        if other is not None:
            other["append"] = appended["peer_append"]
        found = {
            "bench": "ledger",
            "fdatasync": appended["fdatasync"],
            "ours": own,
            "ours_full": proofs(place / "full", given.proofs),
            "filled_seconds": round(seconds, 1),
            "verify": verification,
            "peer": {"pymerkle 7.0.0, SQLite": other or "not installed"},
            "ratio": ratios(own, other),
            "goal": GOAL,
            "load_before": round(load, 2),
            "load_after": round(os.getloadavg()[0], 2),
        }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
