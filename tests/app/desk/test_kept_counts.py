# SPDX-License-Identifier: Apache-2.0
"""A page waits for a first count and for decisions, not for answers that came since."""

from dataclasses import dataclass, field

import pytest

from maalem.app.desk.kept_counts import KeptCounts


@dataclass
class Counted:
    """Something that is counted, and how long that takes."""

    answers: int = 1
    decisions: int = 0
    now: float = 0.0
    cost: float = 0.0
    counts: int = 0
    kept: KeptCounts = field(default_factory=KeptCounts)

    def count(self):
        self.counts += 1
        self.now += self.cost
        return (self.answers, self.decisions)

    def look(self):
        return self.kept.of(
            "task",
            count=self.count,
            stands=lambda found: found[1] == self.decisions,
            is_new=lambda found: found[0] == self.answers,
            clock=lambda: self.now,
        )


def test_what_has_not_changed_is_counted_once():
    counted = Counted()
    assert counted.look() == counted.look() == (1, 0)
    assert counted.counts == 1


def test_what_is_counted_in_no_time_is_always_new():
    counted = Counted()
    counted.look()
    counted.answers = 2
    assert counted.look() == (2, 0)


def test_a_count_that_took_long_is_used_for_twenty_times_as_long():
    counted = Counted(cost=1.0)
    counted.look()
    counted.answers, counted.now = 2, 19.9
    assert counted.look() == (1, 0)
    counted.kept.settle()
    assert counted.counts == 1


def test_after_its_rest_a_long_count_is_made_anew_while_the_old_one_is_shown():
    counted = Counted(cost=1.0)
    counted.look()
    counted.answers, counted.now = 2, 20.1
    assert counted.look() == (1, 0)
    counted.kept.settle()
    assert counted.look() == (2, 0)


def test_a_decision_shows_at_once_however_long_it_takes():
    counted = Counted(cost=1.0)
    counted.look()
    counted.decisions = 1
    assert counted.look() == (1, 1)


def test_a_change_of_what_is_kept_is_no_new_count():
    counted = Counted(cost=1.0)
    counted.kept.change("task", lambda _: pytest.fail("nothing is kept"))
    counted.look()
    counted.decisions = 1
    counted.kept.change("task", lambda found: (found[0], 1))
    assert counted.look() == (1, 1)
    assert counted.counts == 1


def test_a_count_that_fails_in_a_thread_leaves_what_there_was(caplog):
    counted = Counted(cost=1.0)
    counted.look()
    counted.answers, counted.now = 2, 20.1

    def fail():
        raise OSError("no memory")

    counted.count = fail
    assert counted.look() == (1, 0)
    counted.kept.settle()
    assert counted.look() == (1, 0)
    counted.kept.settle()
    assert "no memory" in caplog.text
