# SPDX-License-Identifier: Apache-2.0
"""A pause says who, when and why in the ledger, gives no cards, and can be ended."""

import pytest
from tests.app.desk.pages import an_answer, give

from maalem.app.steps.settled import settled
from maalem.experts.naming import identified
from maalem.records import Item, Pause


def pauses(opened):
    return list(opened.work.store.find(Pause, "system"))


def claim(client):
    answer = client.post("/api/v1/tasks/system/cards", json={"most": 5, "held": []})
    return answer.json()


def press(client, **form):
    form = {"reason": "the guideline is being rewritten", "do": "pause", **form}
    return client.post("/team/system/pause", data=form)


@pytest.fixture
def answered(opened):
    """An item that an expert has answered."""
    item = next(opened.work.store.find(Item, "system"))
    give(opened, [an_answer(item, opened.member("expert").id)])
    return item


def test_nobody_is_given_cards_of_a_task_that_rests(opened, desk_client):
    owner, expert = desk_client("owner"), desk_client("expert")
    assert claim(expert)["state"] == "cards"
    assert press(owner).status_code == 303
    for role in ("expert", "curator"):
        told = claim(desk_client(role))
        assert told == {"cards": [], "left": 0, "state": "paused", "opens": None}
    assert "the guideline is being rewritten" in expert.get("/").text
    assert "This task rests" in owner.get("/team").text
    assert press(owner, do="lift", reason="it is written").status_code == 303
    assert claim(expert)["state"] == "cards"
    assert "This task rests" not in owner.get("/team").text


def test_one_expert_rests_and_their_answers_count(opened, desk_client, answered):
    owner, member = desk_client("owner"), opened.member("expert")
    assert press(owner, annotator=member.id, reason="on leave").status_code == 303
    assert claim(desk_client("expert"))["state"] == "paused"
    assert claim(desk_client("curator"))["state"] == "cards"
    assert "on leave" in desk_client("expert").get("/").text
    assert "on leave" not in desk_client("curator").get("/").text
    found = settled(opened.work, opened.work.task("system"))
    assert {word.annotator for word in found.answers} == {member.id}
    assert not [one.set_aside for one in found.golds if one.set_aside]


def test_who_when_and_why_stand_in_the_ledger(opened, desk_client, answered):
    owner, member = desk_client("owner"), opened.member("expert")
    press(owner, annotator=member.id, reason="on leave")
    press(owner, annotator=member.id, reason="back", do="lift")
    paused, lifted = pauses(opened)
    assert (paused.is_lifted, lifted.is_lifted) == (False, True)
    assert (paused.reason, lifted.reason) == ("on leave", "back")
    assert paused.by == opened.member("owner").id
    assert paused.at.startswith("2027-01-15T08:00:00")
    assert identified(paused) == paused
    entries = list(opened.work.store.entries("people.pause"))
    assert [one.details["annotator"] for one in entries] == [member.id] * 2


def test_a_pause_outlives_a_restart(opened, desk_client):
    press(desk_client("owner"))
    opened.application.state.dealers.forget("system")
    assert claim(desk_client("expert"))["state"] == "paused"


def test_a_pause_needs_a_reason_somebody_and_something_to_change(opened, desk_client):
    owner = desk_client("owner")
    assert press(owner, reason=" ").status_code == 422
    assert press(owner, annotator="expert:nobody").status_code == 422
    assert press(owner, do="lift").status_code == 409
    press(owner)
    assert press(owner).status_code == 409
    assert len(pauses(opened)) == 1


def test_only_who_keeps_people_pauses(opened, desk_client):
    assert press(desk_client("curator")).status_code == 403
    assert "/pause" not in desk_client("curator").get("/team").text
