# SPDX-License-Identifier: Apache-2.0
"""Which answers a person should see, and that they wait without end of memory."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maalem.errors import IntegrityError, SettingsError
from maalem.serving.corrections import collector as collecting
from maalem.serving.corrections.collector import Collector, Sieve
from maalem.serving.corrections.drawing import chance_of, is_drawn, least_chance
from maalem.serving.corrections.settings import CorrectionsSettings
from maalem.serving.occurrences import SHADOW, Decision, Occurrence

KEY = b"secret"


def told(*decisions, **more):
    about = {
        "request": "r",
        "at": 1.0,
        "seconds": 0.0,
        "operation": "classify",
        "path": "/v1/classifications",
        "caller": "app",
        "task": "system",
        "threshold": 0.8,
    }
    return Occurrence(**(about | more), decisions=decisions)


def said(text="hot", place=0, *, label="Engine", probability=0.9, reason=""):
    return Decision(
        place=place, text=text, label=label, probability=probability, reason=reason
    )


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.floats(0.001, 1.0))
def test_no_automatic_answer_is_beyond_the_audit(threshold, above, share):
    probability = threshold + above * (1.0 - threshold)
    chance = chance_of(probability, threshold, share=share)
    assert least_chance(share) <= chance <= 1.0


def test_answers_near_the_threshold_are_drawn_more_often():
    chances = [chance_of(one, 0.7, share=0.02) for one in (0.7, 0.75, 0.85, 0.95, 1.0)]
    assert chances == [0.04, 0.04, 0.02, 0.01, 0.01]


def test_as_many_are_drawn_as_the_chance_says_and_the_same_ones_again():
    names = [f"r{n}" for n in range(20_000)]
    drawn = [one for one in names if is_drawn(KEY, one, 0, chance=0.05)]
    assert 0.04 < len(drawn) / len(names) < 0.06
    assert drawn == [one for one in names if is_drawn(KEY, one, 0, chance=0.05)]
    other = [one for one in names if is_drawn(b"other", one, 0, chance=0.05)]
    assert len(set(drawn) & set(other)) < len(drawn) / 4


def test_cases_are_always_taken_and_what_nobody_was_sent_never():
    sieve = Sieve(KEY, share=0.0)
    doubtful = said(reason="below the guaranteed 0.800")
    assert [one.chosen for one in sieve.found(told(doubtful))] == [None]
    assert sieve.found(told(said())) == []
    assert sieve.found(told(doubtful, arm=SHADOW)) == []
    assert sieve.found(told(doubtful, status=500)) == []
    assert sieve.found(told(said(label="", probability=None, reason="x"))) == []


def test_with_the_whole_share_every_answer_is_drawn():
    (one,) = Sieve(KEY, share=1.0).found(told(said(probability=0.81)))
    assert (one.chosen, one.text, one.request, one.place) == (1.0, "hot", "r", 0)


def test_what_does_not_fit_is_left_and_counted_and_the_rest_is_taken(monkeypatch):
    monkeypatch.setattr(collecting, "MOST_WAITING", 3)
    begun, gate, taken = threading.Event(), threading.Event(), []

    def take(found):
        begun.set()
        assert gate.wait(30)
        taken.extend(found)

    collector = Collector(
        Sieve(KEY, share=0.0), take=take, chores=lambda: None, clock=lambda: 0.0
    )
    doubtful = [said(place=n, reason="below") for n in range(2)]
    collector.note(told(doubtful[0], request="first"))
    assert begun.wait(30)
    for name in ("second", "third"):
        collector.note(told(*doubtful, request=name))
    gate.set()
    collector.close()
    assert [one.request for one in taken] == ["first", "second", "second"]
    assert collector.left == 2


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (IntegrityError("no disk", code="store.disk"), "store.disk"),
        (KeyError("hot"), "engine"),
    ],
)
def test_a_chore_that_fails_ends_nothing(caplog, failure, code):
    taken = []

    def fail():
        raise failure

    collector = Collector(
        Sieve(KEY, share=0.0), take=taken.extend, chores=fail, clock=lambda: 0.0
    )
    collector.note(told(said(reason="below")))
    collector.close()
    assert len(taken) == 1
    assert code in caplog.text
    assert "hot" not in caplog.text


@pytest.mark.parametrize(
    "setting",
    [
        {"audit_share": 1.5},
        {"most_open": 0},
        {"most_a_day": 0},
        {"link_days": 0},
        {"link": "http://desk.example"},
        {"link": "javascript:alert(1)"},
        {"link": "https://desk.example/?a=b"},
    ],
)
def test_settings_out_of_range_are_refused(setting):
    with pytest.raises(SettingsError, match=next(iter(setting))):
        CorrectionsSettings(**setting)


def test_what_the_disk_refuses_is_handed_over_again_and_counted_at_the_end():
    def handed_over(*, refusals):
        taken, refused = [], iter(range(refusals))

        def take(found):
            if next(refused, None) is not None:
                raise OSError(28, "no space left on device")
            taken.extend(one.request for one in found)

        collector = Collector(
            Sieve(KEY, share=0.0), take=take, chores=lambda: None, clock=lambda: 0.0
        )
        collector.note(told(said(reason="below"), request="first"))
        collector.close()
        return taken, collector.left

    assert handed_over(refusals=1) == (["first"], 0)
    assert handed_over(refusals=9) == ([], 1)
