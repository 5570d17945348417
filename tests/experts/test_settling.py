# SPDX-License-Identifier: Apache-2.0
"""Several answers to an item settle it, or leave it open with a reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.experts.builders import an_answer, an_item

from maalem.experts import settle
from maalem.records import Gold

ITEM = an_item()


def answered(*said):
    """Answer as `annotator:label`; several labels with `+`."""
    pairs = [one.split(":") for one in said]
    return [
        an_answer(ITEM, labels=tuple(filter(None, labels.split("+"))), annotator=who)
        for who, labels in pairs
    ]


SETTLED = [
    (["a:E"], "E", "single", 1),
    (["a:E", "b:E"], "E", "unanimous", 2),
    (["a:E", "b:E", "c:B"], "E", "majority", 3),
    (["a:E", "b:"], "E", "single", 2),
    (["a:B", "b:E", "a:E"], "E", "unanimous", 2),
    (["a:", "a:E"], "E", "single", 1),
    (["a:E", "b:E", "c:E", "d:B", "e:C"], "E", "majority", 5),
]
OPEN = [
    (["a:E", "b:B"], "tie"),
    (["a:"], "no label"),
    (["a:E", "a:"], "no label"),
    (["a:", "b:"], "no label"),
    (["a:E", "b:E", "c:B", "d:C"], "no majority"),
    (["a:E", "b:E", "c:B", "d:B", "e:C"], "tie"),
    (["a:E+B"], "several labels"),
    (["a:E", "b:E+B"], "several labels"),
]


@pytest.mark.parametrize(("said", "label", "rule", "annotators"), SETTLED)
def test_answers_that_agree_enough_settle_an_item(said, label, rule, annotators):
    ((gold,), still_open) = settle(answered(*said))
    assert still_open == ()
    assert (gold.label, gold.rule, gold.annotators) == (label, rule, annotators)
    assert len(gold.annotations) == annotators


@pytest.mark.parametrize(("said", "reason"), OPEN)
def test_answers_that_do_not_stay_open_with_a_reason(said, reason):
    (golds, (item,)) = settle(answered(*said))
    assert golds == ()
    assert item.reason == reason
    assert len(item.annotations) == len({one.split(":")[0] for one in said})


def test_the_votes_of_an_open_item_are_counted():
    (_, (item,)) = settle(answered("a:E", "b:E", "c:B", "d:B", "e:C"))
    assert item.votes == (("B", 2), ("E", 2), ("C", 1))


moves = st.lists(
    st.tuples(
        st.integers(0, 3), st.sampled_from("abcd"), st.sampled_from(["", "E", "B"])
    ),
    max_size=30,
)


def given_answers(drawn):
    items = [an_item(number=n) for n in range(4)]
    return [
        an_answer(items[n], labels=(label,) if label else (), annotator=who)
        for n, who, label in drawn
    ]


@given(drawn=moves)
def test_every_answered_item_is_settled_or_open_and_never_both(drawn):
    annotations = given_answers(drawn)
    golds, still_open = settle(annotations)
    items = [one.item for one in (*golds, *still_open)]
    assert sorted(items) == sorted({one.item for one in annotations})


@given(drawn=moves, other=moves)
def test_answers_to_one_item_change_nothing_about_another(drawn, other):
    mine = [one for one in given_answers(drawn) if one.item == an_item().id]
    others = [one for one in given_answers(other) if one.item != an_item().id]
    alone, together = settle(mine), settle([*others, *mine])
    assert set(alone[0]) <= set(together[0])
    assert set(alone[1]) <= set(together[1])


@given(drawn=moves, seed=st.randoms())
def test_the_order_of_annotators_does_not_matter(drawn, seed):
    last = {(n, who): (n, who, label) for n, who, label in drawn}
    shuffled = list(last.values())
    seed.shuffle(shuffled)

    def settled(moves):
        return {
            (one.item, one.label, one.rule) for one in settle(given_answers(moves))[0]
        }

    assert settled(shuffled) == settled(drawn)
    assert all(isinstance(one, Gold) for one in settle(given_answers(drawn))[0])
