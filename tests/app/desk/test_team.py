# SPDX-License-Identifier: Apache-2.0
"""The team's page: progress, pace, minutes, and holds that have a reason."""

from datetime import date

from tests.app.desk.pages import an_answer, give

from maalem.app.desk.curve import Point, draw, live_points
from maalem.app.desk.speech import speech_in
from maalem.app.desk.standing import standing
from maalem.app.desk.team import pace
from maalem.records import Estimate, Hold, Item
from maalem.tasks.stopping import CurvePoint

CHIP = '<span class="chip bad">on hold</span>'


def a_point(answers, value, low=None, high=None):
    return Point(
        answers=answers,
        accuracy=Estimate(value=value, low=low, high=high),
    )


def test_names_are_shown_and_minutes_are_measured(opened, desk_client):
    member = opened.member("expert")
    items = list(opened.work.store.find(Item, "system"))[:6]
    give(opened, [an_answer(one, member.id, seconds=30.0) for one in items])
    shown = desk_client("trainer").get("/team").text
    assert member.name in shown
    assert member.id not in shown
    assert "3</bdi> minutes" in shown
    assert "<bdi>6</bdi> of <bdi>30</bdi>" in shown


def test_pace_is_counted_by_day(opened):
    first, second, third, *_ = opened.work.store.find(Item, "system")
    told = standing(
        [
            an_answer(first, "a", at="2026-11-25T08:00:00+00:00"),
            an_answer(second, "a", at="2026-11-20T08:00:00+00:00"),
            an_answer(second, "b", at="2026-11-20T09:00:00+00:00"),
            an_answer(third, "b", at="2026-11-01T09:00:00+00:00"),
        ]
    )
    days = dict(pace(told, date(2026, 11, 25)))
    assert len(days) == 7
    assert (days["2026-11-20"], days["2026-11-25"]) == (2, 1)
    assert sum(days.values()) == 3


def test_an_owner_holds_and_lifts_with_a_reason(opened, desk_client):
    member, client = opened.member("expert"), desk_client("owner")
    item = next(opened.work.store.find(Item, "system"))
    give(opened, [an_answer(item, member.id)])
    form = {"annotator": member.id, "reason": "all alike", "do": "hold"}
    assert client.post("/team/system/hold", data=form).status_code == 303
    assert CHIP in client.get("/team").text
    client.post("/team/system/hold", data=form | {"do": "lift", "reason": "talked"})
    assert CHIP not in client.get("/team").text
    held, lifted = opened.work.store.find(Hold, "system")
    assert (held.is_lifted, lifted.is_lifted) == (False, True)
    assert held.by == opened.member("owner").id


def test_nobody_is_held_without_a_reason_or_without_an_answer(opened, desk_client):
    member, client = opened.member("expert"), desk_client("owner")
    form = {"annotator": member.id, "reason": "all alike", "do": "hold"}
    assert client.post("/team/system/hold", data=form).status_code == 422
    item = next(opened.work.store.find(Item, "system"))
    give(opened, [an_answer(item, member.id)])
    blank = form | {"reason": " "}
    assert client.post("/team/system/hold", data=blank).status_code == 422
    assert opened.work.store.count(Hold) == 0


def test_only_who_keeps_people_holds(opened, desk_client):
    form = {"annotator": "x", "reason": "y", "do": "hold"}
    assert desk_client("curator").post("/team/system/hold", data=form).status_code == (
        403
    )
    assert "/hold" not in desk_client("curator").get("/team").text


def test_one_point_is_no_curve():
    assert draw([a_point(100, 0.8)], speech_in("en")) is None


def test_a_curve_rises_with_accuracy_and_runs_with_answers():
    curve = draw(
        [a_point(400, 0.9, 0.85, 0.95), a_point(100, 0.6, 0.5, 0.7)], speech_in("en")
    )
    few, many = curve.dots
    assert few.x < many.x
    assert few.y > many.y  # the picture counts from above
    plain = curve.told.replace("\u2068", "").replace("\u2069", "")
    assert plain == "100 answers: 60%; 400 answers: 90%"
    assert len(curve.band.split()) == 4


def test_a_curve_without_intervals_has_no_band():
    curve = draw([a_point(100, 0.6), a_point(400, 0.9)], speech_in("ar"))
    assert curve.band == ""
    assert len(curve.dots) == 2


def test_models_taught_alike_stand_one_above_the_other():
    curve = draw([a_point(100, 0.6), a_point(100, 0.9)], speech_in("fr"))
    assert {dot.x for dot in curve.dots} == {curve.dots[0].x}


def test_the_quick_gear_s_curve_has_exact_intervals():
    curve = [
        CurvePoint(answers=50, right=30, judged=50),
        CurvePoint(answers=100, right=40, judged=50),
    ]
    first, second = live_points(curve)
    assert (first.answers, second.accuracy.value) == (50, 0.8)
    # The ends are those that scipy gives for 40 of 50 by the exact method.
    assert round(second.accuracy.low, 4) == 0.6628
    assert round(second.accuracy.high, 4) == 0.8997
    drawn = draw([first, second], speech_in("en"), is_exam=False)
    assert not drawn.is_exam
