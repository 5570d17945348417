# SPDX-License-Identifier: Apache-2.0
"""Laws of dealing: who gets which card, when, how often, and never what."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.app.desk.deals import TASK, Room, a_sure_one, set_asking

from maalem.app.desk.dealing_views import card_view
from maalem.app.desk.refusals import RefusedError
from maalem.dataset.splits import split_of
from maalem.records import Annotation, Item, Qualification

EXPERTS = [f"expert:{number}" for number in range(5)]
DAY = 86_400.0


@pytest.fixture
def room(work):
    return Room(work)


def at_once(deed):
    """Let every expert do something in a thread of their own."""
    with ThreadPoolExecutor(len(EXPERTS)) as pool:
        return list(pool.map(deed, EXPERTS))


def wanted(room, item):
    return 2 if room.split(item) == "exam" else 1


def test_no_item_goes_to_more_experts_at_once_than_it_wants(room):
    held = Counter(item for who in EXPERTS for item in room.items(who, most=20))
    assert held
    assert all(number <= wanted(room, item) for item, number in held.items())


def test_every_item_is_answered_as_often_as_asked_for_and_by_different_experts(room):
    for who in EXPERTS:
        room.answer_all(who)
    answers = Counter(one.item for one in room.work.store.find(Annotation, TASK))
    assert answers == {item: wanted(room, item) for item in room.board.cases}
    assert room.claim(EXPERTS[0]).state == "empty"


def test_threads_that_claim_and_answer_at_once_double_nothing_and_lose_nothing(room):
    start = threading.Barrier(len(EXPERTS))

    def work_on(who):
        start.wait()
        while found := room.items(who, most=3):
            for item in found:
                room.answer(who, item)

    at_once(work_on)
    room.answer_all("expert:late")  # what somebody held while another looked
    answers = list(room.work.store.find(Annotation, TASK))
    pairs = {(one.item, one.annotator) for one in answers}
    assert len(pairs) == len(answers)
    assert Counter(item for item, _ in pairs) == {
        item: wanted(room, item) for item in room.board.cases
    }


def test_a_card_that_is_answered_once_is_never_in_two_hands(room):
    start = threading.Barrier(len(EXPERTS))

    def take(who):
        start.wait()
        return room.items(who, most=20)

    hands = at_once(take)
    held = Counter(item for items in hands for item in items)
    assert all(held[item] <= wanted(room, item) for item in held)


def test_splits_are_those_of_the_salted_hash(room):
    split = room.work.project.split
    for item in room.work.store.find(Item, TASK):
        drawn = split_of(item.group, salt=split.salt, shares=split.shares)
        assert room.split(item.id) == drawn


def test_an_exam_card_is_neither_chosen_nor_suggested_on(work):
    set_asking(work, random_share=0.0, blind_share=0.0)
    plain, sure = Room(work), Room(work, teach=a_sure_one)
    order = list(plain.dealer.deck.streams.walk("exam", "expert:1"))
    cards = sure.claim("expert:1", most=20).cards
    exam = [card.item for card in cards if sure.split(card.item) == "exam"]
    assert exam == order[: len(exam)]
    for card in cards:
        is_teaching = sure.split(card.item) == "teaching"
        assert (card.shown.suggestion is not None) == is_teaching


def test_the_exam_has_half_of_the_cards_until_it_is_complete(work):
    set_asking(work, answers=50, exam_answers=50)  # nobody completes anything
    room = Room(work)
    first = Counter(
        room.split(item) for number in range(200) for item in room.items(f"e:{number}")
    )
    assert 70 <= first["exam"] <= 130


def test_nobody_is_given_an_item_twice(room):
    answered = room.answer_all("expert:1")
    assert len(set(answered)) == len(answered) == len(room.board.cases)


def test_a_lost_card_is_given_again_as_it_was(work):
    room = Room(work, teach=a_sure_one)
    before = room.claim("expert:1", most=5).cards
    assert room.claim("expert:1", most=5).cards == before
    after_crash = room.again().claim("expert:1", most=5).cards
    assert set(after_crash) == set(before)


def test_a_card_that_the_browser_has_is_not_given_again(room):
    before = room.items("expert:1", most=5)
    after = room.items("expert:1", most=5, has=frozenset(before))
    assert len(after) == 5
    assert not set(before) & set(after)


def test_nobody_hoards_cards(room):
    held = []
    for _ in range(6):
        held += room.items("expert:1", most=20, has=frozenset(held))
    assert len(held) == 20


def test_a_card_that_nobody_answers_goes_to_somebody_else_in_time(work):
    set_asking(work, exam_answers=2, lease_minutes=30.0)
    room = Room(work)
    held = [item for who in EXPERTS for item in room.items(who, most=20)]
    assert room.items("expert:late", most=20) == []
    room.clock.now += 30 * 60 + 1
    assert set(room.items("expert:late", most=20)) <= set(held)
    assert room.items("expert:late", most=20)


def test_a_card_in_use_is_kept_for_who_has_it(room):
    held = frozenset(room.items("expert:1", most=5))
    for _ in range(4):  # an hour of a slow expert
        room.clock.now += 16 * 60
        room.claim("expert:1", most=1, has=held)
    assert held <= set(room.dealer.deck.leases.of("expert:1"))


def test_an_answer_after_its_lease_is_kept_as_one_more(room):
    item = next(i for i in room.items("expert:1", most=20) if wanted(room, i) == 1)
    room.clock.now += DAY
    while item not in (found := room.items("expert:2", most=1)):
        room.answer("expert:2", found[0])
    room.answer("expert:2", item, "Engine")
    room.answer("expert:1", item, "Hydraulics")
    kept = [one for one in room.work.store.find(Annotation, TASK) if one.item == item]
    assert [one.labels for one in kept] == [("Engine",), ("Hydraulics",)]


def test_undo_brings_the_card_back_to_the_same_expert(room):
    while wanted(room, item := room.items("expert:1")[0]) > 1:
        room.answer("expert:1", item)
    key = room.answer("expert:1", item)
    room.clock.now += 1
    assert room.withdraw("expert:1", key) == item
    assert all(item not in room.items(who, most=20) for who in EXPERTS[2:])
    assert room.items("expert:1") == [item]
    said = [one for one in room.work.store.find(Annotation, TASK) if one.item == item]
    assert [one.outcome for one in said] == [None, "withdrawn"]


def test_only_the_last_word_can_be_taken_back(room):
    (item,) = room.items("expert:1")
    first = room.answer("expert:1", item, "Engine")
    room.answer("expert:1", item, "Hydraulics")
    with pytest.raises(RefusedError) as refused:
        room.withdraw("expert:1", first)
    assert refused.value.code == "desk.not-last"
    with pytest.raises(RefusedError) as refused:
        room.withdraw("expert:2", first)
    assert refused.value.code == "desk.no-answer"


def test_a_dealer_made_again_deals_as_if_nothing_had_happened(work):
    set_asking(work, answers=2, gold_share=0.2)
    room = Room(work)
    for item in list(room.board.cases)[:6]:
        room.gold(item)
    for number, who in enumerate(EXPERTS):
        keys = [
            room.answer(who, item, ["Engine", "Hydraulics"][(number + place) % 2])
            for place, item in enumerate(room.items(who, most=5))
        ]
        room.withdraw(who, keys[number % len(keys)])
        room.items(who, most=3)
    room.hold("expert:1")
    again = room.again()
    assert picture(again) == picture(room)
    assert [set(again.items(who, most=20)) for who in EXPERTS] == [
        set(room.items(who, most=20)) for who in EXPERTS
    ]


def picture(room):
    deck = room.dealer.deck
    return {
        "open": deck.streams.open,
        "wanting": deck.streams.wanting,
        "held": deck.board.held,
        "hands": {who: dict(deck.leases.of(who)) for who in EXPERTS},
        "left": [room.left(who) for who in EXPERTS],
        "answered": [room.dealer.answered(who) for who in EXPERTS],
    }


def test_experts_at_odds_bring_a_teaching_item_to_one_more(work):
    set_asking(work, answers=2)
    room = Room(work)
    teaching = [i for i in room.board.cases if room.split(i) == "teaching"]
    for who, label in zip(EXPERTS, ("Engine", "Hydraulics"), strict=False):
        room.answer_all(who, label)
    third = room.answer_all("expert:2", "Engine")
    assert set(third) == set(teaching)
    assert room.items("expert:3") == []


def test_what_an_expert_could_not_answer_goes_to_another_and_not_to_all(room):
    (item,) = room.items("expert:0")
    room.answer("expert:0", item, outcome="unknown")
    assert room.board.missing(item) == wanted(room, item)
    assert item not in room.answer_all("expert:0")
    for who in ("expert:1", "expert:2"):
        while item not in (found := room.items(who)):
            room.answer(who, found[0])
        room.answer(who, item, outcome="bad-question", reason="no text")
    assert room.board.missing(item) == 0


def test_who_knows_the_answer_is_not_given_the_card(room):
    first, second = list(room.board.cases)[:2]
    room.adjudicate(first, "", by="expert:1", is_guideline_unclear=True)
    room.gold(second, by="expert:1")
    room.gold(second, "", by="curator:1", number=2)  # taken out of use again
    room.new_guideline("mended")
    answered = room.answer_all("expert:1")
    assert len(answered) == len(room.board.cases) - 2
    assert not {first, second} & set(answered)
    assert first in room.answer_all("expert:2")


def test_an_adjudicated_item_is_closed_and_an_unclear_one_waits_for_the_guideline(
    room,
):
    first, second = list(room.board.cases)[:2]
    room.adjudicate(first)
    room.adjudicate(second, "", is_guideline_unclear=True)
    assert (room.board.missing(first), room.board.missing(second)) == (0, 0)
    room.new_guideline("mended")
    assert (room.board.missing(first), room.board.missing(second) > 0) == (0, True)


def test_a_new_guideline_asks_again_what_it_says_and_nothing_else(room):
    items = room.items("expert:1", most=4)
    for item, label in zip(items, ("Engine", "Hydraulics") * 2, strict=True):
        room.answer("expert:1", item, label)
    room.new_guideline("mended", ask_again=("Hydraulics",))
    assert [room.board.word_of(i, "expert:1") is None for i in items] == [
        *(False, True) * 2
    ]
    again = set(room.answer_all("expert:1", "Hydraulics"))
    assert {items[1], items[3]} <= again
    assert not {items[0], items[2]} & again
    assert room.items("expert:1") == []  # the new answers are not asked once more


def test_answers_of_a_held_expert_do_not_count_and_they_go_on(room):
    answered = set(room.answer_all("expert:1"))
    room.hold("expert:1")
    once = {item for item in answered if wanted(room, item) == 1}
    assert once <= set(room.answer_all("expert:2"))
    room.hold("expert:1", lifted=True)
    assert room.board.missing(next(iter(once))) == 0
    assert room.claim("expert:1").state == "empty"


def test_a_held_expert_sees_what_others_see(work):
    room = Room(work)
    room.hold("expert:1")
    hand = room.claim("expert:1", most=5)
    assert (hand.state, len(hand.cards), hand.left) == ("cards", 5, 30)


def with_gold(work, *, cards, **asking):
    set_asking(work, **asking)
    room = Room(work)
    items = [
        item
        for item in room.board.cases
        if room.language(item) == "en" and room.split(item) != "exam"
    ]
    for item in items[:cards]:
        room.gold(item)
    return room, items[:cards]


def test_a_gold_card_looks_like_any_other(work):
    set_asking(work, gold_share=0.5)
    room = Room(work, teach=a_sure_one)
    gold = list(room.board.cases)[:8]
    for item in gold:
        room.gold(item)
    cards = room.claim("expert:1", most=20).cards
    views = {c.item: card_view(work.store, c).model_dump() for c in cards}
    shown = {item: set(view) for item, view in views.items()}
    assert set(gold) & set(shown)
    assert len({frozenset(keys) for keys in shown.values()}) == 1
    for item in set(gold) & set(views):
        assert views[item]["suggestion"] is None
    types = {
        frozenset((key, type(value)) for key, value in view.items())
        for item, view in views.items()
        if view["suggestion"] is None
    }
    assert len(types) == 1


def test_what_is_left_goes_down_by_one_with_a_gold_card_too(work):
    room, gold = with_gold(work, cards=8, gold_share=0.4)
    before, seen = room.left("expert:1"), set()
    while found := room.items("expert:1"):
        seen.update(found)
        room.answer("expert:1", found[0])
        assert room.left("expert:1") == before - 1
        before -= 1
    assert before == 0
    assert seen & set(gold)


def test_a_gold_card_is_dealt_to_everybody_and_in_no_stream(work):
    room, gold = with_gold(work, cards=4, gold_share=0.5, answers=2)
    for who in EXPERTS[:2]:
        assert set(gold) & set(room.answer_all(who))
    assert all(room.board.missing(item) == 0 for item in gold)


def test_a_newcomer_qualifies_on_gold_cards_alone_and_then_goes_on(work):
    asking = {"qualification_cards": 3, "pass_mark": 0.6, "gold_share": 0.0}
    room, gold = with_gold(work, cards=3, **asking)
    assert room.left("expert:1") == 3
    for _ in range(3):
        (item,) = room.items("expert:1")
        assert item in gold
        room.answer("expert:1", item)
    (found,) = room.work.store.find(Qualification, TASK)
    assert (found.annotator, found.language, found.passed) == ("expert:1", "en", True)
    (item,) = room.items("expert:1")
    assert item not in gold
    assert {room.language(i) for i in room.answer_all("expert:1")} == {"en"}


def test_who_fails_may_not_answer_and_tries_again_on_other_cards_after_a_day(work):
    asking = {"qualification_cards": 2, "pass_mark": 1.0}
    room, _ = with_gold(work, cards=5, **asking)
    first = room.items("expert:1", most=2)
    for item in first:
        room.answer("expert:1", item, "Hydraulics")
    assert room.claim("expert:1").state == "unqualified"
    assert room.again().claim("expert:1").state == "unqualified"
    assert room.claim("expert:1").opens == room.clock.now + DAY
    room.clock.now += DAY
    second = room.items("expert:1", most=2)
    assert len(second) == 2
    assert not set(first) & set(second)
    for item in second:
        room.answer("expert:1", item)
    assert room.claim("expert:1").state == "cards"
    results = [one.passed for one in room.work.store.find(Qualification, TASK)]
    assert results == [False, True]


def test_a_trial_whose_last_answer_was_kept_is_scored_after_a_crash(work):
    room, _ = with_gold(work, cards=2, qualification_cards=2)
    items = room.items("expert:1", most=2)
    room.answer("expert:1", items[0])
    heard = room.dealers.hear
    room.dealers.hear = lambda *_, **__: None  # the power goes before it is heard
    room.answer("expert:1", items[1])
    room.dealers.hear = heard
    assert list(room.work.store.find(Qualification, TASK)) == []
    assert room.again().claim("expert:1").state == "cards"
    assert room.work.store.count(Qualification, TASK) == 1


def test_an_answer_that_decided_a_qualification_cannot_be_taken_back(work):
    room, _ = with_gold(work, cards=2, qualification_cards=2)
    items = room.items("expert:1", most=2)
    first = room.answer("expert:1", items[0])
    room.withdraw("expert:1", first)
    keys = [room.answer("expert:1", item) for item in items]
    with pytest.raises(RefusedError) as refused:
        room.withdraw("expert:1", keys[0])
    assert refused.value.code == "desk.counted"


def test_with_too_few_gold_cards_nobody_may_answer(work):
    room, _ = with_gold(work, cards=2, qualification_cards=3)
    hand = room.claim("expert:1")
    assert (hand.state, hand.opens) == ("unqualified", None)


def test_no_trial_is_promised_for_which_there_will_be_too_few_cards(work):
    room, _ = with_gold(work, cards=3, qualification_cards=2)
    for item in room.items("expert:1", most=2):
        room.answer("expert:1", item, "Hydraulics")
    hand = room.claim("expert:1")
    assert (hand.state, hand.opens) == ("unqualified", None)
    room.clock.now += DAY
    assert room.claim("expert:1").state == "unqualified"


def test_a_share_of_the_teaching_cards_is_blind_and_chance_is_remembered(work):
    set_asking(work, answers=400, blind_share=0.3, random_share=0.0)
    room = Room(work, teach=a_sure_one)
    cards = [
        card for n in range(300) for card in room.claim(f"expert:{n}", most=2).cards
    ]
    teaching = [c for c in cards if room.split(c.item) == "teaching"]
    blind = sum(card.shown.suggestion is None for card in teaching) / len(teaching)
    assert 0.15 < blind < 0.45
