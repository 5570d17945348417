# SPDX-License-Identifier: Apache-2.0
"""An expired qualification is given anew without fresh cards, as long as it tests."""

from datetime import UTC, datetime

import pytest
from tests.app.desk.deals import TASK, Room, set_asking
from tests.app.desk.test_dealing import DAY, EXPERTS, with_gold

from maalem.app.desk.dealing_trials import iso
from maalem.records import Qualification

WHO = EXPERTS[0]
ASKED = {"qualification_cards": 3, "qualification_days": 30, "gold_share": 0.0}


def moment(seconds):
    return datetime.fromtimestamp(seconds, UTC)


def qualify(room, who=WHO, label="Engine"):
    """Answer the cards of a trial; give their items."""
    items = room.items(who, most=3)
    for item in items:
        room.answer(who, item, label)
    return items


def trials(room):
    return list(room.work.store.find(Qualification, TASK))


def expire(room, days=31):
    room.clock.now += days * DAY


def test_cards_that_were_never_seen_qualify_anew(work):
    room, gold = with_gold(work, cards=6, **ASKED)
    first = qualify(room)
    expire(room)
    second = qualify(room)
    assert set(first) | set(second) == set(gold)
    assert [one.passed for one in trials(room)] == [True, True]
    assert room.claim(WHO).state == "cards"


def test_without_unseen_cards_those_of_long_ago_qualify_anew(work):
    room, gold = with_gold(work, cards=3, card_rest_days=90, **ASKED)
    qualify(room)
    expire(room, days=89)
    assert room.claim(WHO).state == "unqualified"
    expire(room, days=2)
    room = room.again()
    assert room.left(WHO) == 3
    items = room.items(WHO, most=3)
    assert set(items) == set(gold)
    for count, item in enumerate(items):
        trial = room.dealer.trial(WHO, language="en", now=room.clock())
        assert (trial.cards, trial.answered) == (3, count)
        room.answer(WHO, item)
        room = room.again()
    assert [one.passed for one in trials(room)] == [True, True]
    (item,) = room.items(WHO)
    assert item not in gold


def test_a_fresh_answer_counts_and_that_of_long_ago_does_not(work):
    room, _ = with_gold(work, cards=3, card_rest_days=90, **ASKED)
    qualify(room)
    expire(room, days=100)
    qualify(room, label="Hydraulics")
    assert [one.right for one in trials(room)] == [3, 0]
    assert room.claim(WHO).state == "unqualified"


def test_who_can_be_tested_no_more_is_told_with_what_is_missing_and_from_when(work):
    room, gold = with_gold(work, cards=4, card_rest_days=90, **ASKED)
    seen = qualify(room)
    lacks = room.dealer.deck.gold.trials.lacks
    now = room.clock.now
    assert lacks(moment(now)) == []
    expire(room)
    (lack,) = lacks(moment(room.clock.now))
    assert (lack.annotator, lack.language, lack.reason) == (WHO, "en", "expired")
    assert lack.cards == 2  # one is left that they never saw
    assert len(seen) == 3
    assert iso(lack.until) == iso(moment(now + 90 * DAY))
    room.clock.now = now + 91 * DAY
    assert lacks(moment(room.clock.now)) == []
    assert len(gold) == 4


def test_a_failed_trial_of_today_is_no_lack_of_cards(work):
    room, _ = with_gold(work, cards=3, **ASKED)
    qualify(room, label="Hydraulics")
    lacks = room.dealer.deck.gold.trials.lacks
    assert lacks(moment(room.clock.now)) == []
    expire(room, days=1)
    (lack,) = lacks(moment(room.clock.now))
    assert (lack.reason, lack.cards) == ("not passed", 3)


def test_the_owner_reads_it_on_the_page_of_the_team(opened, desk_client):
    member = opened.member("expert")
    room, _ = with_gold(opened.work, cards=3, **ASKED)
    room.clock = opened.clock
    qualify(room, member.id)
    opened.clock.now += 31 * DAY
    shown = desk_client("owner").get("/team").text
    assert "the qualification has expired" in shown
    assert "3</bdi> gold cards are missing" in shown
    assert member.name in shown


@pytest.mark.parametrize("language", ["en", "fr", "ar"])
def test_a_language_that_nobody_said_otherwise_is_read_by_all(work, language):
    room = Room(work)
    assert language in {room.language(item) for item in room.items(WHO, most=20)}


def test_passages_come_in_the_languages_that_somebody_reads(work):
    room = Room(work)
    everything = room.left(WHO)
    room.dealers.read(WHO, ["ar"])
    assert 0 < room.left(WHO) < everything == room.left("expert:other")
    assert {room.language(item) for item in room.answer_all(WHO)} == {"ar", "und"}
    assert room.claim(WHO).state == "empty"
    room.dealers.read(WHO, [])
    assert {room.language(item) for item in room.answer_all(WHO)} == {"en", "fr"}


def test_hidden_gold_cards_come_in_no_other_language(work):
    room, gold = with_gold(work, cards=6, gold_share=0.5)
    assert {room.language(item) for item in gold} == {"en"}
    room.dealers.read(WHO, ["fr"])
    assert not set(room.answer_all(WHO)) & set(gold)


def test_nobody_qualifies_in_a_language_that_they_do_not_read(work):
    room, gold = with_gold(work, cards=3, **ASKED)
    room.dealers.read(WHO, ["fr"])
    assert room.claim(WHO).state == "unqualified"
    room.dealers.read(WHO, ["en", "fr"])
    assert set(room.items(WHO, most=3)) == set(gold)


def test_what_somebody_reads_is_chosen_on_their_page_and_kept(opened, desk_client):
    client, member = desk_client("expert"), opened.member("expert")
    answer = client.post("/me/reading", data={"reads": ["ar", "fr"]})
    assert (answer.status_code, answer.headers["location"]) == (303, "/me")
    assert opened.member("expert").reads == ("ar", "fr")
    page = client.get("/me").text
    assert page.count('name="reads" value="ar" checked') == 1
    assert 'name="reads" value="en" checked' not in page
    room = Room(opened.work)  # as after a restart
    languages = {room.language(item) for item in room.items(member.id, most=20)}
    assert languages == {"ar", "fr", "und"}  # unknown ones are read by all
    assert client.post("/me/reading", data={"reads": "xx"}).status_code == 422
    client.post("/me/reading")
    assert opened.member("expert").reads == ()


def test_a_critical_answer_is_asked_of_a_second_expert(work):
    path = work.folder / "tasks" / "system.toml"
    text = path.read_text("utf-8").replace(
        'name = "Engine"\n', 'name = "Engine"\ncritical = true\n'
    )
    path.write_text(text, "utf-8")
    set_asking(work, answers=1)
    room = Room(work)
    item = next(
        one for one in room.items(WHO, most=20) if room.split(one) == "teaching"
    )
    room.answer(WHO, item, "Engine")
    assert room.board.missing(item) == 1
    room.answer(WHO, item, "Electrical")
    assert room.board.missing(item) == 0
