# SPDX-License-Identifier: Apache-2.0
"""Durable claim-and-submit pairs a second: our store on SQLite against PostgreSQL.

Run: `python benchmarks/bench_queue.py [--pairs 4000] [--clients 1 8]`

A pair is what a card costs the store: a lease (`Leases.take`, one durable change), and
the answer (`append`, one durable ledger entry). Clients are threads of one process, as
in the desk; every item is dealt once, which is checked, and the ledger is verified. A
PostgreSQL server of the benchmark's own runs on the same cores, with fsync on, once our
rounds on SQLite are over: what it still writes back is no part of them.

Peers: the same store of ours on PostgreSQL, and what many write by hand: one process
for each client, `SELECT ... FOR UPDATE SKIP LOCKED` and an insert, two commits, without
a ledger.
"""

import argparse
import itertools
import json
import multiprocessing
import os
import random
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.postgres import PostgresServer

from maalem.experts.annotations import UNNAMED, named
from maalem.records import Annotation, digest_of
from maalem.store import create_store, verify_ledger
from maalem.store.leases import Leases, Wish

BY_HAND = (
    "CREATE TABLE item (id BIGINT PRIMARY KEY, holder TEXT)",
    "CREATE TABLE answer (item BIGINT PRIMARY KEY, holder TEXT, body TEXT)",
)
CLAIM = """
    UPDATE item SET holder = %s WHERE id = (
        SELECT id FROM item WHERE holder IS NULL ORDER BY id
        LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING id
"""


def ours(folder: Path, address: str, pairs: int, clients: int) -> dict[str, object]:
    """Answer all items through our store; threads share one commit."""
    clock = lambda: datetime.now(UTC)  # noqa: E731
    told = {"origin": "bench/queue", "clock": clock, "actor": "owner"}
    items = [digest_of(["item", number]) for number in range(pairs)]
    with create_store(folder, database=address, **told) as store:
        leases, places, seconds = Leases(store), itertools.count(), []
        start = threading.Barrier(clients + 1)

        def answer(client: int) -> list[float]:
            who, done, passed = f"expert:{client}", (), []
            start.wait()
            while (place := next(places)) < pairs:
                begun = time.perf_counter()
                wish = Wish(
                    items=items[place:][:1], room={}, shown={}, most=1, done=done
                )
                (lease,) = leases.take("t", who, wish, now=time.time(), seconds=1800)
                given = Annotation(
                    id=UNNAMED,
                    item=lease.item,
                    task="t",
                    annotator=who,
                    labels=("yes",),
                    at="2026-11-24T12:00:00.000+00:00",
                    seconds=4.5,
                    key=f"{who}-{place}",
                )
                store.append("answer", [named(given)], details={"task": "t"})
                done = (lease.item,)
                passed.append(time.perf_counter() - begun)
            seconds.append(passed)

        threads = [threading.Thread(target=answer, args=(n,)) for n in range(clients)]
        for thread in threads:
            thread.start()
        start.wait()
        begun = time.perf_counter()
        for thread in threads:
            thread.join()
        wall = time.perf_counter() - begun
        answered = [one.item for one in store.find(Annotation)]
    assert sorted(answered) == sorted(items), "an item was answered twice, or never"
    assert verify_ledger(folder, database=address).ok
    return measured(seconds, wall, clients)


def by_hand(address: str, pairs: int, clients: int) -> dict[str, object]:
    """Answer all items by processes that lock rows."""
    import psycopg

    with psycopg.connect(address, autocommit=True) as shell:
        for statement in BY_HAND:
            shell.execute(statement)
        with shell.cursor().copy("COPY item (id) FROM STDIN") as rows:
            for number in range(pairs):
                rows.write_row([number])
        context = multiprocessing.get_context("spawn")
        told, start = context.Queue(), context.Barrier(clients + 1)
        arguments = (address, told, start)
        workers = [
            context.Process(target=claim_by_hand, args=arguments)
            for _ in range(clients)
        ]
        for worker in workers:
            worker.start()
        start.wait()
        begun = time.perf_counter()
        seconds = [told.get() for _ in workers]
        wall = time.perf_counter() - begun
        for worker in workers:
            worker.join()
        (answered,) = shell.execute("SELECT count(*) FROM answer").fetchone()
    assert answered == pairs
    return measured(seconds, wall, clients)


def claim_by_hand(address: str, told, start) -> None:
    import psycopg

    who, passed = f"expert:{os.getpid()}", []
    with psycopg.connect(address, autocommit=True) as line:
        start.wait()
        while True:
            begun = time.perf_counter()
            row = line.execute(CLAIM, (who,)).fetchone()
            if row is None:
                break
            body = json.dumps({"item": row[0], "labels": ["yes"], "seconds": 4.5})
            line.execute("INSERT INTO answer VALUES (%s, %s, %s)", (row[0], who, body))
            passed.append(time.perf_counter() - begun)
    told.put(passed)


def measured(seconds: list[list[float]], wall: float, clients: int):
    every = sorted(itertools.chain.from_iterable(seconds))

    def at(share: float) -> float:
        return round(every[min(int(len(every) * share), len(every) - 1)] * 1000, 2)

    return {
        "clients": clients,
        "pairs_per_second": round(len(every) / wall),
        "p50_ms": at(0.5),
        "p99_ms": at(0.99),
        "p99.9_ms": at(0.999),
        "max_ms": at(1.0),
        "fewest_pairs_of_a_client": min(map(len, seconds)),
    }


def disk_milliseconds(folder: Path) -> float:
    """Tell what one forced write of 4 KiB costs here just now, in the median."""
    passed = []
    with (folder / "probe").open("wb") as probe:
        for _ in range(100):
            probe.write(random.randbytes(4096))
            probe.flush()
            begun = time.perf_counter()
            os.fdatasync(probe.fileno())
            passed.append(time.perf_counter() - begun)
    return round(sorted(passed)[50] * 1000, 3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=4000)
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8])
    given = parser.parse_args()
    rows: dict[str, list[object]] = {"sqlite": [], "postgres": [], "by_hand": []}
    load, disk = os.getloadavg(), []
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        ours(place / "warm", "sqlite", 50, 2)  # imports are not what is measured
        for clients in given.clients:
            disk.append(disk_milliseconds(place))
            told = given.pairs, clients
            rows["sqlite"].append(ours(place / f"sqlite-{clients}", "sqlite", *told))
        # begun only now: it vacuums and writes back beside whoever comes after it
        server = PostgresServer(settings="-c fsync=on")
        for clients in given.clients:
            told, address = (given.pairs, clients), server.new_schema()
            rows["postgres"].append(ours(place / f"postgres-{clients}", address, *told))
            rows["by_hand"].append(by_hand(server.new_schema(), *told))
        server.stop()
    speed = {name: [row["pairs_per_second"] for row in rows[name]] for name in rows}
    ratios = {
        peer: [
            round(own / other, 2)
            for own, other in zip(speed["sqlite"], speed[peer], strict=True)
        ]
        for peer in ("postgres", "by_hand")
    }
    print(
        json.dumps(
            {
                "bench": "queue",
                "pairs": given.pairs,
                "ours": rows["sqlite"],
                "peers": {
                    "our store on PostgreSQL": rows["postgres"],
                    "SKIP LOCKED by hand, no ledger": rows["by_hand"],
                },
                "ratio": {
                    "our store on PostgreSQL": ratios["postgres"],
                    "SKIP LOCKED by hand, no ledger": ratios["by_hand"],
                },
                "goal": {"ratio": 2.0, "p99_ms": 5.0, "at_clients": 8},
                "load_before": round(load[0], 2),
                "fdatasync_ms": disk,
            }
        )
    )


if __name__ == "__main__":
    main()
