# SPDX-License-Identifier: Apache-2.0
"""A running desk has its ledger signed on its schedule, also by its witness."""

import threading
from contextlib import closing

import pytest
from tests.app.desk.builders import Clock
from tests.app.desk.witnesses import a_pair, set_ledger, witnessing

from maalem.app.desk.notary import Notary
from maalem.app.noting import keep_note, notes_in
from maalem.app.workspace import now, open_workspace

pytestmark = pytest.mark.usefixtures("loopback")


def until(holds):
    """Wait for what another thread does, for a minute at most."""
    for _ in range(6000):
        if holds():
            return True
        threading.Event().wait(0.01)
    return False


def witnessed(work):
    return len(list(work.store.entries("ledger.witnessed")))


def test_a_desk_signs_and_is_witnessed_each_hour_that_brought_something(tmp_path):
    ours, theirs = a_pair(tmp_path)
    with witnessing(theirs) as (address, _):
        set_ledger(ours, asked=address)
        clock = Clock()
        with open_workspace(ours) as work:
            work.store.append("note")
            with closing(Notary(work, clock=clock, tick=0.01)):
                assert until(lambda: witnessed(work) == 1)
                sizes = [note.size for note in notes_in(ours)]
                clock.now += 7200  # nothing happened in these two hours
                threading.Event().wait(0.1)
                assert witnessed(work) == 1
                work.store.append("note")
                assert until(lambda: witnessed(work) == 2)
                assert len(notes_in(ours)) == len(sizes) + 1


def test_a_witness_that_was_away_is_asked_again(tmp_path, caplog):
    ours, theirs = a_pair(tmp_path)
    with witnessing(theirs) as (address, _):
        port = address.rpartition(":")[2]
    set_ledger(ours, asked=address)
    clock = Clock()
    with open_workspace(ours) as work:
        work.store.append("note")
        with closing(Notary(work, clock=clock, tick=0.01)):
            assert until(lambda: "witness" in caplog.text)
            assert witnessed(work) == 0
            with witnessing(theirs, port=port):
                clock.now += 61
                assert until(lambda: witnessed(work) == 1)


def test_a_checkpoint_of_a_release_is_witnessed_without_waiting_for_the_hour(tmp_path):
    ours, theirs = a_pair(tmp_path)
    with witnessing(theirs) as (address, _):
        set_ledger(ours, asked=address)
        clock = Clock()
        with open_workspace(ours) as work:
            work.store.append("note")
            with closing(Notary(work, clock=clock, tick=0.01)):
                assert until(lambda: witnessed(work) == 1)
                work.store.append("release.sign")
                keep_note(work.store, ours, now=now())  # as the step of a release does
                assert until(lambda: witnessed(work) == 2)


def test_a_desk_without_a_witness_writes_its_checkpoints_all_the_same(tmp_path):
    ours, _ = a_pair(tmp_path)
    clock = Clock()
    with open_workspace(ours) as work:
        work.store.append("note")
        with closing(Notary(work, clock=clock, tick=0.01)):
            assert until(lambda: len(notes_in(ours)) == 2)
        assert witnessed(work) == 0
