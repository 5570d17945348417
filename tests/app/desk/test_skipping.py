# SPDX-License-Identifier: Apache-2.0
"""Laws of putting off: others may have the card, and for the skipper it comes last."""

from uuid import uuid4

import pytest
from tests.app.desk.deals import TASK, Room, set_asking
from tests.app.desk.test_answering import Caller, code
from tests.app.desk.test_dealing import with_gold

from maalem.store.leases import Leases


@pytest.fixture
def room(work):
    return Room(work)


def skip(room, who, item):
    room.dealer.give_back(item, who, now=room.clock())


def rest(room, who):
    """Answer one card after the other; give them in the order in which they came."""
    return room.answer_all(who)


def test_a_card_that_is_put_off_comes_after_all_others(room):
    first, second = room.items("expert:1"), room.items("expert:1")
    assert first == second  # it is theirs until they say otherwise
    skip(room, "expert:1", first[0])
    (other,) = room.items("expert:1")
    assert other != first[0]
    order = rest(room, "expert:1")
    assert order[-1] == first[0]
    assert len(order) == len(room.board.cases)


def test_cards_that_are_put_off_come_back_in_their_order_and_may_be_put_off_again(room):
    put_off = []
    for _ in range(3):
        put_off += room.items("expert:1")
        skip(room, "expert:1", put_off[-1])
    order = []
    while (found := room.items("expert:1")) != put_off[:1]:
        order += found
        room.answer("expert:1", found[0])
    skip(room, "expert:1", put_off[0])
    assert rest(room, "expert:1") == [*put_off[1:], put_off[0]]
    assert len(order) + 3 == len(room.board.cases)


def test_a_card_that_is_put_off_is_free_for_others_at_once(work):
    set_asking(work, exam_answers=2)
    room = Room(work)
    held = [room.items(f"expert:{n}", most=20) for n in range(5)]
    assert room.items("expert:late") == []
    skip(room, "expert:0", held[0][0])
    assert room.items("expert:late", most=20) == held[0][:1]


def test_the_only_card_that_is_left_comes_back_when_it_is_put_off(room):
    room.answer_all("expert:1")
    last = room.board.last_answers("expert:1", 1)[0]
    room.withdraw("expert:1", last.key)
    assert room.items("expert:1") == [last.item]
    skip(room, "expert:1", last.item)
    assert room.left("expert:1") == 1
    assert room.items("expert:1") == [last.item]


def test_putting_off_ends_the_lease_for_good_and_an_answer_to_it_is_still_taken(room):
    (item,) = room.items("expert:1")
    skip(room, "expert:1", item)
    assert Leases(room.work.store).find(TASK, item, "expert:1").expires == room.clock()
    assert "expert:1" not in room.again().dealer.deck.leases.items()
    room.answer("expert:1", item)  # who changed their mind without a network
    assert room.board.word_of(item, "expert:1") is not None


def test_a_gold_card_that_is_put_off_comes_back_like_any_other(work):
    room, gold = with_gold(work, cards=3, gold_share=0.5)
    (item,) = room.items("expert:1")
    while item not in gold:
        room.answer("expert:1", item)
        (item,) = room.items("expert:1")
    skip(room, "expert:1", item)
    assert room.items("expert:1") != [item]
    *others, last = rest(room, "expert:1")
    assert last == item
    assert item not in others


def test_what_is_left_counts_a_gold_card_that_was_put_off_to_the_last(work):
    room, gold = with_gold(work, cards=3, gold_share=0.5)
    left, skipped = [], set()
    while found := room.items("expert:1"):
        (item,) = found
        left.append(room.left("expert:1"))
        if item in gold and item not in skipped:
            skip(room, "expert:1", item)
            skipped.add(item)
        else:
            room.answer("expert:1", item)
    assert min(left) == 1
    assert room.left("expert:1") == 0


def test_a_newcomer_may_put_off_a_card_of_a_trial(work):
    room, gold = with_gold(work, cards=3, qualification_cards=3)
    (first,) = room.items("expert:1")
    skip(room, "expert:1", first)
    order = [room.items("expert:1")[0] for _ in range(1)]
    room.answer("expert:1", order[0])
    order += room.items("expert:1")
    room.answer("expert:1", order[1])
    assert room.items("expert:1") == [first]
    assert {first, *order} == set(gold)


def test_the_api_puts_a_card_off_once_however_often_it_is_asked(opened):
    caller = Caller(opened.client("expert"))
    item = caller.card()["item"]
    said = {"key": str(uuid4()), "item": item}
    assert caller.post("skips", **said).json() == {"item": item}
    assert caller.post("skips", **said).json() == {"item": item}
    assert caller.card()["item"] != item


def test_nobody_puts_off_what_they_were_never_given(opened):
    caller, other = Caller(opened.client("expert")), Caller(opened.client("curator"))
    item = other.card()["item"]
    if caller.card()["item"] == item:
        item = other.post("cards", most=2, held=[item]).json()["cards"][0]["item"]
    foreign = caller.post("skips", key=str(uuid4()), item=item)
    assert code(foreign) == (403, "desk.not-leased")
    assert code(caller.post("skips", key=str(uuid4()), item="none")) == (
        404,
        "desk.no-item",
    )
