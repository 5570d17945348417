# SPDX-License-Identifier: Apache-2.0
"""Who holds which card; the same laws on both databases."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.store.builders import a_store

from maalem.records import digest_of
from maalem.store.leases import Leases, Wish

ITEMS = [digest_of(["item", number]) for number in range(6)]
DAY = 86_400.0


def a_wish(*items, most=10, room=1, shown=""):
    wanted = items or ITEMS
    return Wish(
        items=wanted,
        room=dict.fromkeys(wanted, room),
        shown=dict.fromkeys(wanted, shown),
        most=most,
    )


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def leases(request, tmp_path):
    address = "sqlite"
    if request.param == "postgres":
        address = request.getfixturevalue("postgres_address")
    with a_store(tmp_path / "project", database=address) as store:
        yield Leases(store)


def take(leases, holder, wish, *, now=0.0, seconds=60.0):
    given = leases.take("faults", holder, wish, now=now, seconds=seconds)
    return [lease.item for lease in given]


def test_cards_are_given_in_the_order_of_the_wish_and_no_more_than_asked(leases):
    wish = a_wish(ITEMS[3], ITEMS[0], ITEMS[3], ITEMS[5], most=2)
    assert take(leases, "a", wish) == [ITEMS[3], ITEMS[0]]


def test_what_another_holds_is_passed_over_until_it_expires(leases):
    assert take(leases, "a", a_wish(most=2)) == ITEMS[:2]
    assert take(leases, "b", a_wish(most=2), now=59.9) == ITEMS[2:4]
    assert take(leases, "c", a_wish(most=2), now=60.0) == ITEMS[:2]


def test_an_item_has_as_many_holders_as_it_has_room(leases):
    wish = a_wish(ITEMS[0], room=2)
    assert [take(leases, holder, wish) for holder in "abc"] == [ITEMS[:1]] * 2 + [[]]
    assert take(leases, "c", a_wish(ITEMS[1], room=0)) == []


def test_an_own_lease_is_renewed_and_not_counted_twice(leases):
    wish = a_wish(ITEMS[0], room=2, shown="first")
    take(leases, "a", wish)
    again = a_wish(ITEMS[0], room=1, shown="second")
    assert take(leases, "a", again, now=30.0) == ITEMS[:1]
    lease = leases.find("faults", ITEMS[0], "a")
    assert (lease.taken, lease.expires) == (30.0, 90.0)
    assert lease.shown == "first"  # the card is on a screen already
    assert take(leases, "b", wish, now=30.0) == ITEMS[:1]


def test_a_lease_taken_anew_after_it_expired_shows_the_new_card(leases):
    take(leases, "a", a_wish(ITEMS[0], shown="first"))
    take(leases, "a", a_wish(ITEMS[0], shown="second"), now=DAY)
    assert leases.find("faults", ITEMS[0], "a").shown == "second"


def test_a_lease_that_expired_is_still_found_as_such(leases):
    take(leases, "a", a_wish(ITEMS[0]))
    lease = leases.find("faults", ITEMS[0], "a")
    assert lease.expires == 60.0
    assert leases.find("faults", ITEMS[1], "a") is None
    assert leases.find("faults", ITEMS[0], "b") is None
    assert leases.find("other", ITEMS[0], "a") is None


def test_what_is_held_is_listed_in_the_order_of_taking_until_it_expires(leases):
    take(leases, "a", a_wish(ITEMS[2]))
    take(leases, "a", a_wish(ITEMS[1]), now=1.0)
    take(leases, "b", a_wish(ITEMS[0]), now=2.0)
    held = [lease.item for lease in leases.held("faults", now=3.0)]
    assert held == [ITEMS[2], ITEMS[1], ITEMS[0]]
    assert leases.held("faults", now=DAY) == ()


def test_what_is_given_back_is_free_at_once_and_still_known(leases):
    take(leases, "a", a_wish(*ITEMS[:2]))
    leases.give_back("faults", "a", ITEMS[:1], now=5.0)
    assert take(leases, "b", a_wish(), now=5.0)[0] == ITEMS[0]
    assert leases.find("faults", ITEMS[0], "a").expires == 5.0
    assert leases.find("faults", ITEMS[1], "a").expires == 60.0
    leases.give_back("faults", "a", ITEMS, now=DAY)  # never extends one
    assert leases.find("faults", ITEMS[1], "a").expires == 60.0


def test_what_is_done_ends_when_the_next_card_is_taken(leases):
    take(leases, "a", a_wish(ITEMS[0]))
    wish = replace(a_wish(ITEMS[1]), done=ITEMS[:1])
    assert take(leases, "a", wish, now=5.0) == [ITEMS[1]]
    assert leases.find("faults", ITEMS[0], "a").expires == 5.0
    assert take(leases, "b", a_wish(), now=5.0)[0] == ITEMS[0]


def test_a_wish_may_name_very_many_items(leases):
    many = [digest_of(["item", number]) for number in range(1200)]
    take(leases, "a", a_wish(*many[:1100], most=1100))
    assert take(leases, "b", a_wish(*many, most=3)) == many[1100:1103]


def test_only_old_leases_are_swept(leases):
    take(leases, "a", a_wish(ITEMS[0]))
    take(leases, "a", a_wish(ITEMS[1]), now=DAY)
    assert leases.sweep(older_than=DAY) == 1
    assert leases.find("faults", ITEMS[0], "a") is None
    assert leases.find("faults", ITEMS[1], "a") is not None


def test_tasks_do_not_know_each_other(leases):
    take(leases, "a", a_wish(ITEMS[0]))
    given = leases.take("other", "b", a_wish(ITEMS[0]), now=0.0, seconds=60.0)
    assert len(given) == 1


def test_many_who_ask_at_once_are_given_no_card_twice(leases):
    def ask(holder):
        return [take(leases, f"expert-{holder}", a_wish(most=1)) for _ in range(3)]

    with ThreadPoolExecutor(6) as pool:
        given = list(pool.map(ask, range(6)))
    first = [cards[0] for cards, *_ in given]
    assert sorted(first) == sorted(ITEMS)
    assert all(cards == [cards[0]] * 3 for cards in given)


STEPS = st.lists(
    st.tuples(
        st.sampled_from("abc"),
        st.sampled_from(["take", "give back"]),
        st.integers(0, 3),
        st.floats(0, 40),
    ),
    max_size=20,
)


@given(steps=STEPS, room=st.integers(1, 2))
@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
def test_no_item_ever_has_more_holders_than_room(tmp_path_factory, steps, room):
    with a_store(tmp_path_factory.mktemp("leases") / "project") as store:
        leases, now = Leases(store), 0.0
        for holder, deed, number, passed in steps:
            now += passed
            if deed == "take":
                take(leases, holder, a_wish(most=number, room=room), now=now)
            else:
                leases.give_back("faults", holder, ITEMS[:number], now=now)
            for item in ITEMS:
                held = leases.held("faults", now=now)
                assert sum(one.item == item for one in held) <= room
