# SPDX-License-Identifier: Apache-2.0
"""Laws of the cards that came from the gateway: soon, among the others, and blind."""

import pytest
from tests.app.desk.deals import TASK, Room, a_sure_one, set_asking

from maalem.app.desk.dealing_registry import FRESH
from maalem.app.steps.cases import CaseMaker
from maalem.app.steps.corrections import traffic_file
from maalem.serving.corrections.book import AUDIT, CASE, Book, Correction, Taken

EXPERT = "expert:1"


@pytest.fixture
def room(work):
    set_asking(work, blind_share=0.0, random_share=0.0)
    return Room(work, teach=a_sure_one)


def send(work, text, request, *, kind=CASE):
    """Take an answer of the gateway up; give its question."""
    item, outcome = CaseMaker(work).make(TASK, text, place=request)
    assert outcome == "new"
    taken = Taken(
        request=request,
        place=0,
        task=TASK,
        kind=kind,
        item=item,
        outcome=outcome,
        at=float(request),
        label="Engine",
        chosen=0.5 if kind == AUDIT else None,
    )
    Book(traffic_file(work)).take([taken])
    return item


def teaching_cards(room, most=20):
    cards = room.claim(EXPERT, most).cards
    return [one for one in cards if room.split(one.item) == "teaching"]


def test_what_the_gateway_asks_comes_before_other_cards_that_teach(room):
    older = send(room.work, "winch drum slips in rain", "1")
    newer = send(room.work, "cab door rattles loudly", "2")
    first, second, *_ = teaching_cards(room)
    assert [first.item, second.item] == [newer, older]


def test_what_somebody_complained_of_comes_first(room):
    older = send(room.work, "winch drum slips in rain", "1")
    send(room.work, "cab door rattles loudly", "2")
    complaint = Correction(
        request="1",
        place=0,
        annotation=older,
        label="Engine",
        is_right=False,
        source="feedback",
        at=3.0,
    )
    Book(traffic_file(room.work)).correct([complaint])
    assert teaching_cards(room)[0].item == older


def test_a_card_of_the_audit_shows_no_suggestion_and_others_do(room):
    case = send(room.work, "winch drum slips in rain", "1")
    audited = send(room.work, "cab door rattles loudly", "2", kind=AUDIT)
    shown = {one.item: one.shown.suggestion for one in teaching_cards(room)}
    assert shown[audited] is None
    assert shown[case] == ("Engine", 0.9)


def test_a_dealer_learns_within_a_minute_of_what_came(room):
    teaching_cards(room, most=1)
    item = send(room.work, "winch drum slips in rain", "1")
    assert item not in room.board.cases
    room.clock.now += FRESH
    assert room.split(item) == "teaching"


def test_what_the_gateway_asks_is_never_in_the_sample_that_speaks_for_all(work):
    set_asking(work, random_share=1.0)
    item = send(work, "winch drum slips in rain", "1")
    deck = Room(work, teach=a_sure_one).dealer.deck
    assert deck.drawn
    assert item not in deck.drawn
