# SPDX-License-Identifier: Apache-2.0
"""What waits at once is one commit, and each deed answers for itself alone.

A gate holds the first commit, so that the deeds behind it wait together.
"""

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from tests.store.builders import a_store, an_annotation

from maalem.errors import DataError, MaalemError
from maalem.records import Annotation
from maalem.store import verify_ledger

READ = "INSERT INTO guideline_read VALUES (?, 't', 'v', 1.0)"
PERSONS = "SELECT person FROM guideline_read ORDER BY person"


@pytest.fixture
def store(tmp_path):
    with a_store(tmp_path / "project") as store:
        yield store


def waiting(store, count):
    """Wait until so many deeds stand behind the one that is running."""
    while len(store._writes._waiting) < count:
        threading.Event().wait(0.001)


@contextmanager
def held(store, pool):
    """Hold a first transaction open while the block runs."""
    begun, gate = threading.Event(), threading.Event()

    def hold(tables):
        begun.set()
        gate.wait(30)

    first = pool.submit(store.change, hold)
    begun.wait(30)
    try:
        yield
    finally:
        gate.set()
        first.result(30)


def together(store, *deeds):
    """Let deeds wait together, in their order, and give what came of each."""
    with ThreadPoolExecutor(len(deeds) + 1) as pool:
        with held(store, pool):
            futures = []
            for number, deed in enumerate(deeds, start=1):
                futures.append(pool.submit(deed))
                waiting(store, number)
        return [future.exception(30) or future.result() for future in futures]


def commits(store):
    """Count the commits from here on."""
    seen = []
    store._access.writing.set_trace_callback(seen.append)
    return lambda: seen.count("COMMIT")


def test_what_waits_together_is_one_commit_and_each_append_one_entry(store):
    count = commits(store)
    deeds = [
        lambda number=number: store.append("add", [an_annotation(number)])
        for number in range(6)
    ]
    entries = together(store, *deeds)
    assert count() == 2  # the held one, and one for all six
    assert [entry.index for entry in entries] == [1, 2, 3, 4, 5, 6]
    assert list(store.entries())[1:] == entries


def test_those_who_just_wrote_are_waited_for(store):
    together(store, lambda: store.append("add"), lambda: store.append("add"))
    store._writes._patience = 30.0
    count = commits(store)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(store.append, "add")
        waiting(store, 1)
        second = pool.submit(store.append, "add")
        assert (first.result(20).index, second.result(20).index) == (3, 4)
    assert count() == 1


def test_a_single_caller_waits_for_nobody(store):
    together(store, lambda: store.append("add"), lambda: store.append("add"))
    store._writes._patience = 0.0
    store.append("add")
    store._writes._patience = 3600.0
    assert store.append("add").index == 4


def test_a_deed_that_raises_is_undone_alone(store, tmp_path):
    def fail(tables):
        tables.execute(READ, ("undone",))
        raise DataError("no")

    first, failed, clash, last = together(
        store,
        lambda: store.append("add", [an_annotation(1)]),
        lambda: store.change(fail),
        lambda: store.append("add", [an_annotation(2)], details={"x": float("nan")}),
        lambda: store.append("add", [an_annotation(3)]),
    )
    assert (first.index, last.index) == (1, 2)
    assert str(failed) == "no"
    assert isinstance(clash, DataError)
    assert store.count(Annotation) == 2
    assert store.look(lambda tables: tables.execute(PERSONS).fetchall()) == []
    assert verify_ledger(tmp_path / "project").ok


def test_a_deed_that_fails_before_it_changes_anything_costs_the_others_nothing(store):
    seen = []
    store._access.writing.set_trace_callback(seen.append)

    def refuse(tables):
        tables.execute(PERSONS).fetchall()
        raise DataError("no")

    first, refused, last = together(
        store,
        lambda: store.append("add"),
        lambda: store.change(refuse),
        lambda: store.append("add"),
    )
    assert (first.index, str(refused), last.index) == (1, "no", 2)
    assert not any("SAVEPOINT" in statement for statement in seen)


def test_the_same_record_sent_twice_at_once_is_one_record(store):
    one, other = together(
        store,
        lambda: store.append("answer", [an_annotation(1)]),
        lambda: store.append("answer", [an_annotation(1)]),
    )
    assert one.index == 1
    assert other is None


def test_a_blob_is_named_by_one_entry_of_those_that_wait(store, tmp_path):
    store.put(b"blob")
    entries = together(store, lambda: store.append("a"), lambda: store.append("b"))
    assert [entry.blobs for entry in entries] == [1, 0]
    assert verify_ledger(tmp_path / "project").ok


def test_a_blob_of_an_append_that_failed_is_named_by_the_next(store, tmp_path):
    store.put(b"blob")
    with pytest.raises(DataError):
        store.append("add", details={"x": float("nan")})
    assert store.append("add").blobs == 1
    assert verify_ledger(tmp_path / "project").ok


def test_a_commit_that_fails_fails_for_all_who_wait_for_it(store, tmp_path):
    pages = store._access.writing.execute("PRAGMA page_count").fetchone()[0]

    def fill(tables):
        tables.execute(f"PRAGMA max_page_count = {pages + 1}")
        for number in range(2000):
            tables.execute(READ, (f"{number} {'x' * 400}",))

    outcomes = together(
        store,
        lambda: store.append("add", [an_annotation(1)]),
        lambda: store.change(fill),
        lambda: store.append("add", [an_annotation(2)]),
    )
    assert [outcome.code for outcome in outcomes] == ["store.disk"] * 3
    assert store.count(Annotation) == 0
    store._access.writing.execute("PRAGMA max_page_count = 1000000")
    assert store.append("add", [an_annotation(1)]).index == 1
    assert verify_ledger(tmp_path / "project").ok


def test_an_interrupted_deed_ends_its_thread_and_leaves_nobody_waiting(store):
    def interrupt(tables):
        raise KeyboardInterrupt

    def interrupted():
        with pytest.raises(KeyboardInterrupt):
            store.change(interrupt)
        return "interrupted"

    first, second = together(store, interrupted, lambda: store.append("add"))
    assert isinstance(second, MaalemError)
    assert (first, second.code) == ("interrupted", "store.interrupted")
    assert store.append("add").index == 1


def test_a_thread_that_stops_waiting_hands_on_the_lead(store):
    writes, stopped = store._writes, threading.Event()
    with ThreadPoolExecutor(3) as pool:
        with held(store, pool):
            leaving = pool.submit(store.append, "left")
            waiting(store, 1)
            staying = pool.submit(store.append, "stayed")
            waiting(store, 2)
            (job, _) = writes._waiting
            writes._withdraw(job, leads=False)  # what an interruption would call
            stopped.set()
        assert staying.result(30).index == 1
        job.is_done, job.error = True, KeyError()
        job.turn.release()
        assert isinstance(leaving.exception(30), KeyError)


def test_a_thread_that_stops_gathering_hands_on_the_lead(store):
    writes = store._writes
    together(store, *[lambda: store.append("add")] * 3)
    size = len(list(store.entries()))
    writes._patience = 30.0
    with ThreadPoolExecutor(2) as pool:
        leaving = pool.submit(store.append, "left")
        waiting(store, 1)
        (job,) = writes._waiting
        staying = pool.submit(store.append, "stayed")
        waiting(store, 2)
        assert writes._gatherer is job
        writes._withdraw(job, leads=False)  # what an interruption would call
        assert staying.result(20).index == size
        job.is_done, job.error = True, KeyError()
        job.turn.release()
        assert isinstance(leaving.exception(20), KeyError)
    writes._patience = 0.0
    assert store.append("add").index == size + 1


def test_a_deed_that_calls_the_store_is_a_mistake_of_the_program(store):
    with pytest.raises(RuntimeError, match="no method"):
        store.change(lambda _: store.append("add"))
    assert store.append("add").index == 1


def test_reading_waits_for_no_write(store):
    store.append("add", [an_annotation(1)])
    with ThreadPoolExecutor(1) as pool, held(store, pool):
        assert store.count(Annotation) == 1
        assert store.has(Annotation, an_annotation(1).id)
        assert store.look(lambda tables: tables.execute(PERSONS).fetchall()) == []


def test_a_look_sees_one_moment(store):
    def look(tables):
        before = tables.execute(PERSONS).fetchall()
        store.change(lambda writing: writing.execute(READ, ("new",)).rowcount)
        return before, tables.execute(PERSONS).fetchall()

    assert store.look(look) == ([], [])
    assert store.look(lambda tables: tables.execute(PERSONS).fetchall()) == [("new",)]


def test_a_look_cannot_write(store):
    with pytest.raises(MaalemError):
        store.look(lambda tables: tables.execute(READ, ("sly",)).rowcount)
    assert store.look(lambda tables: tables.execute(PERSONS).fetchall()) == []


def test_a_closed_store_takes_no_write(store):
    store.close()
    with pytest.raises(sqlite3.ProgrammingError):
        store.append("add")


def test_whoever_comes_last_leads_and_nobody_is_woken_for_it(store):
    together(store, lambda: store.append("add"), lambda: store.append("add"))
    store._writes._patience = 30.0
    leaders = []
    store._access.writing.set_trace_callback(
        lambda said: said == "COMMIT" and leaders.append(threading.get_ident())
    )
    with ThreadPoolExecutor(1) as pool:
        gatherer = pool.submit(lambda: (store.append("add"), threading.get_ident()))
        waiting(store, 1)
        store.append("add")
        entry, other = gatherer.result(20)
    assert (leaders, entry.index) == ([threading.get_ident()], 3)
    assert other != threading.get_ident()
