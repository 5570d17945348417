# SPDX-License-Identifier: Apache-2.0
"""Laws of the gear that learns while experts answer, with a real small encoder."""

import pytest
from tests.app.desk.deals import Room, set_asking

from maalem.app.desk.dealing_lessons import teach_live
from maalem.records import Item


def truth(text):
    engine = ("engine", "coolant", "moteur", "radiateur", "المحرك", "المبرد")
    return "Engine" if any(word in text.lower() for word in engine) else "Electrical"


@pytest.fixture
def room(work):
    set_asking(work, blind_share=0.0, random_share=0.2)
    room = Room(work, teach=teach_live(work))
    room.dealer.deck.teaching.settle()
    yield room
    room.dealers.close()


def answer_some(room, who, count):
    for _ in range(count):
        (item,) = room.items(who)
        room.answer(who, item, truth(room.work.store.get(Item, item).text))


def test_only_open_teaching_items_are_chosen_and_none_that_is_drawn(room):
    answer_some(room, "expert:1", 10)
    deck = room.dealer.deck
    deck.teaching.settle()
    chosen = set(deck.teaching.chosen())
    assert chosen
    assert {room.split(item) for item in chosen} == {"teaching"}
    assert all(deck.board.missing(item) for item in chosen)
    assert not chosen & deck.drawn


def test_what_is_learned_is_suggested_on_the_next_teaching_card(room):
    teaching = [i for i in room.board.cases if room.split(i) == "teaching"]
    assert room.dealer.deck.teaching.suggestion(teaching[0]) is None
    answer_some(room, "expert:1", 20)
    room.dealer.deck.teaching.settle()
    cards = room.claim("expert:2", most=20).cards
    assert cards
    for card in cards:
        is_teaching = room.split(card.item) == "teaching"
        assert (card.shown.suggestion is not None) == is_teaching


def test_only_teaching_answers_that_count_are_learned_from(room):
    answer_some(room, "expert:1", 30)
    teaching = room.dealer.deck.teaching
    known = set(teaching.learned())
    splits = [room.split(item) for item in room.board.cases]
    assert {room.split(item) for item in known} == {"teaching"}
    assert len(known) == splits.count("teaching")
    gold = next(iter(known))
    room.gold(gold)
    assert gold not in teaching.learned()
    room.hold("expert:1")
    assert set(teaching.learned()) == set()


def test_a_restart_learns_what_was_learned_before(room):
    answer_some(room, "expert:1", 12)
    again = room.again()
    again.dealer.deck.teaching.settle()
    before = room.dealer.deck.teaching.learned()
    assert again.dealer.deck.teaching.learned() == before
    again.dealers.close()


def test_a_task_that_chooses_no_label_has_no_gear(room, work):
    path = work.folder / "tasks" / "system.toml"
    several = f'answer = "choose-several"\n{path.read_text("utf-8")}'
    path.write_text(several, "utf-8")
    room.dealers.forget("system")
    assert room.dealer.deck.teaching is None
    assert len(room.items("expert:1", most=5)) == 5
