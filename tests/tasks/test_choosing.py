# SPDX-License-Identifier: Apache-2.0
"""The cards asked next: doubtful, diverse, some at random, and candidates alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maalem.tasks.asking import Asking
from maalem.tasks.choosing import Reason, Seen, choose_next

CHOSEN_ALONE = Asking(random_share=0.0, blind_share=0.0)


def some_items(count, *, labels=3, width=6, seed=0, unknown=0):
    """Give items with vectors of length 1; the last labels may have no answer."""
    chance = np.random.default_rng(seed)
    vectors = chance.normal(size=(count, width))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    known = chance.dirichlet(np.ones(labels - unknown), count)
    nothing = np.zeros((count, unknown))
    return Seen(probabilities=np.hstack([known, nothing]), vectors=vectors)


NOTHING = some_items(0)
ENOUGH = some_items(12, seed=9)


def places(cards):
    return [card.place for card in cards]


@given(
    st.integers(0, 40),
    st.integers(0, 50),
    st.integers(0, 20),
    st.floats(0, 1),
    st.integers(0, 2**32 - 1),
)
def test_only_candidates_are_chosen_and_none_twice(total, count, taught, share, seed):
    cards = choose_next(
        some_items(total, seed=seed, unknown=seed % 2),
        some_items(taught, seed=seed + 1),
        count=count,
        asking=Asking(random_share=share),
        seed=seed,
    )
    assert len(cards) == min(count, total)
    assert len(set(places(cards))) == len(cards)
    assert set(places(cards)) <= set(range(total))


def test_the_same_seed_gives_the_same_cards():
    items = some_items(200)
    first, again, other = (
        choose_next(items, ENOUGH, count=20, asking=Asking(random_share=0.5), seed=seed)
        for seed in (1, 1, 2)
    )
    assert first == again != other


@pytest.mark.parametrize("share", [0.0, 0.1, 0.6, 1.0])
def test_the_random_and_the_blind_share_are_what_was_asked(share):
    items = some_items(20)
    asking = Asking(random_share=share, blind_share=1.0 - share)
    cards = [
        card
        for seed in range(300)
        for card in choose_next(items, ENOUGH, count=5, asking=asking, seed=seed)
    ]
    drawn = np.mean([card.reason is Reason.RANDOM for card in cards])
    blind = np.mean([card.is_blind for card in cards])
    assert drawn == pytest.approx(share, abs=0.05)
    assert blind == pytest.approx(1.0 - share, abs=0.05)


def test_random_cards_are_drawn_evenly():
    asking = Asking(random_share=1.0)
    counts = np.zeros(20)
    for seed in range(600):
        cards = choose_next(some_items(20), ENOUGH, count=4, asking=asking, seed=seed)
        counts[places(cards)] += 1
    assert counts.min() > 80
    assert counts.max() < 160


def test_whether_a_card_is_blind_says_nothing_about_how_it_was_drawn():
    asking = Asking(random_share=0.5, blind_share=0.5)
    cards = [
        card
        for seed in range(200)
        for card in choose_next(
            some_items(30), ENOUGH, count=10, asking=asking, seed=seed
        )
    ]
    drawn = [card.is_blind for card in cards if card.reason is Reason.RANDOM]
    chosen = [card.is_blind for card in cards if card.reason is Reason.TELLING]
    assert np.mean(drawn) == pytest.approx(np.mean(chosen), abs=0.1)


def test_where_all_else_is_equal_the_most_doubtful_is_asked():
    vectors = np.eye(4)
    chances = np.array([[0.9, 0.1], [0.52, 0.48], [0.8, 0.2], [0.99, 0.01]])
    items = Seen(probabilities=chances, vectors=vectors)
    taught = Seen(probabilities=np.full((8, 2), 0.5), vectors=np.tile(vectors, (2, 1)))
    cards = choose_next(items, taught, count=1, asking=CHOSEN_ALONE, seed=0)
    assert places(cards) == [1]
    assert cards[0].reason is Reason.TELLING


def test_a_batch_is_not_ten_copies():
    chance = np.random.default_rng(0)
    copies = np.eye(12)[0] + chance.normal(0, 1e-3, (50, 12))
    vectors = np.vstack([copies, np.eye(12)[1:]])
    items = Seen(probabilities=np.full((61, 2), 0.5), vectors=vectors)
    cards = choose_next(items, ENOUGH_OF_TWO, count=10, asking=CHOSEN_ALONE, seed=0)
    assert sum(place < 50 for place in places(cards)) <= 2


def test_a_text_like_those_answered_is_asked_later():
    vectors = np.repeat(np.eye(2), 3, axis=0)
    items = Seen(probabilities=np.full((6, 2), 0.5), vectors=vectors)
    known = Seen(
        probabilities=np.full((20, 2), 0.5), vectors=np.tile([1.0, 0], (20, 1))
    )
    cards = choose_next(items, known, count=1, asking=CHOSEN_ALONE, seed=0)
    assert places(cards)[0] >= 3


def test_an_item_on_which_experts_differ_is_doubtful():
    vectors, chances = np.eye(5), np.full((5, 2), [0.97, 0.03])
    apart = np.array([0.0, 0, 0, 1.0, 0])
    items = Seen(probabilities=chances, vectors=vectors, disagreement=apart)
    known = Seen(probabilities=np.full((5, 2), 0.5), vectors=vectors)
    cards = choose_next(items, known, count=1, asking=CHOSEN_ALONE, seed=0)
    assert places(cards) == [3]


def test_before_any_answer_typical_items_far_from_each_other_are_asked():
    chance = np.random.default_rng(1)
    crowds = np.repeat(np.eye(8)[:3], 30, axis=0) + chance.normal(0, 0.02, (90, 8))
    outlier = np.eye(8)[[7]]
    items = Seen(
        probabilities=np.full((91, 3), 1 / 3), vectors=np.vstack([crowds, outlier])
    )
    nothing = Seen(probabilities=np.zeros((0, 3)), vectors=np.zeros((0, 8)))
    cards = choose_next(items, nothing, count=3, asking=CHOSEN_ALONE, seed=0)
    assert sorted(place // 30 for place in places(cards)) == [0, 1, 2]
    assert {card.reason for card in cards} == {Reason.EXPLORING}


def test_a_label_without_an_answer_keeps_some_cards_exploring():
    def share(unknown):
        cards = [
            card
            for seed in range(100)
            for card in choose_next(
                some_items(30, unknown=unknown),
                ENOUGH,
                count=10,
                asking=CHOSEN_ALONE,
                seed=seed,
            )
        ]
        return np.mean([card.reason is Reason.EXPLORING for card in cards])

    assert share(unknown=0) == 0.0
    assert share(unknown=1) == pytest.approx(0.1, abs=0.04)


def test_a_task_with_one_label_can_be_asked_too():
    items = some_items(9, labels=1)
    cards = choose_next(items, items, count=4, asking=CHOSEN_ALONE, seed=0)
    assert len(set(places(cards))) == 4


def test_rows_that_do_not_belong_together_are_refused():
    with pytest.raises(ValueError, match="one vector for each item"):
        Seen(probabilities=np.ones((2, 2)), vectors=np.ones((3, 2)))


ENOUGH_OF_TWO = Seen(
    probabilities=np.full((12, 2), 0.5), vectors=np.eye(12), disagreement=np.zeros(12)
)
