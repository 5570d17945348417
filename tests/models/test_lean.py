# SPDX-License-Identifier: Apache-2.0
"""A head that leans on unanswered items, and on the answers first."""

import numpy as np
import pytest

from maalem.models.head import fit_head
from maalem.models.lean import COPIES, ROUNDS, SHARE, Learned, leaning, surest

KNOWN = (0, 2)


def two_crowds(count, *, seed=0, apart=1.0):
    chance = np.random.default_rng(seed)
    sides = np.arange(count) % 2
    vectors = chance.normal(0, 0.3, (count, 4))
    vectors[:, 0] += np.where(sides, apart, -apart)
    return vectors.astype(np.float32), [KNOWN[side] for side in sides]


def learned_from(vectors, numbers, *, strength=3.0):
    targets = np.searchsorted(KNOWN, numbers)
    head = fit_head(vectors, targets, classes=2, strength=strength)
    return Learned(labels=3, known=KNOWN, head=head)


def test_without_items_to_lean_on_it_is_the_head_of_the_answers():
    vectors, numbers = two_crowds(30)
    learned = learned_from(vectors, numbers)
    leant = leaning(learned, vectors, numbers, pool=vectors[:0], strength=3.0)
    assert leant is learned


def test_it_is_the_fit_in_which_an_answer_weighs_as_two_items_leant_on():
    vectors, numbers = two_crowds(30)
    pool, _ = two_crowds(50, seed=1)
    learned = learned_from(vectors, numbers)
    leant = leaning(learned, vectors, numbers, pool=pool, strength=3.0)
    wanted, targets = learned, np.searchsorted(KNOWN, numbers)
    for _ in range(ROUNDS):
        chances = wanted.chances(pool)[:, KNOWN]
        sure = surest(chances)
        head = fit_head(
            np.concatenate([vectors, vectors, pool[sure]]),
            np.concatenate([targets, targets, chances[sure].argmax(axis=1)]),
            classes=2,
            strength=3.0 / COPIES,
        )
        wanted = Learned(labels=3, known=KNOWN, head=head)
    np.testing.assert_allclose(leant.chances(pool), wanted.chances(pool), atol=0.01)


def test_each_label_is_leant_on_for_the_same_share_of_its_items():
    rare, common = [(0.9, 0.1)] * 5 + [(0.6, 0.4)] * 5, [(0.2, 0.8)] * 90
    found = surest(np.array(rare + common))
    assert [int(SHARE * 10), int(SHARE * 90)] == [
        int((found < 10).sum()),
        int((found >= 10).sum()),
    ]
    assert set(range(5)) <= set(found.tolist())


def test_without_items_there_is_nothing_to_be_sure_of():
    assert len(surest(np.zeros((0, 3)))) == 0


def test_a_label_without_an_answer_keeps_probability_0():
    vectors, numbers = two_crowds(30)
    learned = learned_from(vectors, numbers)
    leant = leaning(learned, vectors, numbers, pool=vectors, strength=3.0)
    assert (leant.chances(vectors)[:, 1] == 0.0).all()
    np.testing.assert_allclose(leant.chances(vectors).sum(axis=1), 1.0)


@pytest.mark.parametrize(
    ("known", "chances"), [((), (1 / 3, 1 / 3, 1 / 3)), ((1,), (0.0, 1.0, 0.0))]
)
def test_with_fewer_than_two_labels_there_is_no_head_to_lean(known, chances):
    learned = Learned(labels=3, known=known, head=None)
    vectors, _ = two_crowds(4)
    assert leaning(learned, vectors, [], pool=vectors, strength=3.0) is learned
    np.testing.assert_allclose(learned.chances(vectors[:1])[0], chances)
