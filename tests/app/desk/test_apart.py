# SPDX-License-Identifier: Apache-2.0
"""What is looked through in another process is what is found in this one."""

import os

import pytest
from tests.app.desk.test_watching import answer, make_cards

from maalem.app.desk import docket, standing
from maalem.app.desk.desk import Desk
from maalem.app.desk.docket import Dockets, count_ahead
from maalem.app.desk.standing import Standings
from maalem.app.steps import watching
from maalem.app.steps.apart import look_apart
from maalem.errors import EngineError, MaalemError


def process_of(_work, _task):
    return os.getpid()


def die(_work, _task):
    os._exit(9)


def write(work, task):
    work.store.append("sly", details={"task": task})


@pytest.fixture
def answered(work):
    items = make_cards(work)
    answer(work, items, "expert:bad", "Electrical")
    answer(work, items, "expert:good", "Engine")
    return work


@pytest.mark.parametrize(
    "deed", [watching._sighting, docket._looked_through, standing._counted]
)
def test_what_is_found_apart_is_what_is_found_here(answered, deed):
    found = look_apart(answered, "system", deed=deed, large=1)
    assert found == deed(answered, "system")


def test_a_large_task_is_looked_through_in_another_process(answered):
    assert look_apart(answered, "system", deed=process_of) == os.getpid()
    assert look_apart(answered, "system", deed=process_of, large=1) != os.getpid()


def test_a_process_apart_writes_nothing(answered):
    with pytest.raises(MaalemError):
        look_apart(answered, "system", deed=write, large=1)


def test_a_process_that_dies_is_told(answered):
    with pytest.raises(EngineError):
        look_apart(answered, "system", deed=die, large=1)


def test_what_was_counted_ahead_is_not_counted_again(answered, caplog):
    standings, dockets, times = Standings(), Dockets(), iter(range(1000))
    desk = Desk(work=answered, clock=lambda: float(next(times)))
    count_ahead(desk, standings, dockets, large=1)
    answer(answered, make_cards(answered)[:3], "expert:late", "Engine")
    task = answered.task("system")
    assert standings.of(desk, "system").records == 24
    assert dockets.of(desk, task).answers == 24
    assert not caplog.records


def test_counting_ahead_stops_at_no_task_that_cannot_be_read(answered, caplog):
    (answered.folder / "tasks" / "system.toml").write_text("no task")
    desk = Desk(work=answered, clock=lambda: 0.0)
    count_ahead(desk, Standings(), Dockets(), large=1)
    assert "counting system failed" in caplog.text
