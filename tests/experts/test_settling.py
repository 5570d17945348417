# SPDX-License-Identifier: Apache-2.0
"""Several answers to an item settle it, or leave it open with a reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.experts.builders import an_adjudication, an_answer, an_item

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


def test_a_withdrawn_answer_was_never_given():
    kept = answered("a:E", "b:B")
    undone = an_answer(ITEM, None, annotator="b", outcome="withdrawn")
    ((gold,), _) = settle([*kept, undone])
    assert (gold.rule, gold.annotations) == ("single", (kept[0].id,))
    assert settle([kept[1], undone]) == ((), ())
    again = an_answer(ITEM, "E", annotator="b")
    ((gold,), _) = settle([*kept, undone, again])
    assert gold.rule == "unanimous"


def test_answers_of_the_held_are_set_aside_and_named():
    answers = answered("a:E", "b:B", "c:E")
    ((gold,), _) = settle(answers, held={"b"})
    assert (gold.rule, gold.annotators) == ("unanimous", 2)
    assert gold.set_aside == (answers[1].id,)
    assert answers[1].id not in gold.annotations
    (_, (item,)) = settle(answers, held={"a", "b", "c"})
    assert (item.reason, len(item.set_aside)) == ("all held", 3)


def test_a_person_stands_above_the_votes_and_the_last_word_counts():
    answers = answered("a:E", "b:E", "c:B")
    first = an_adjudication(ITEM, "E")
    second = an_adjudication(ITEM, "B", reason="It is the bucket.")
    ((gold,), still_open) = settle(answers, adjudications=[first, second])
    assert still_open == ()
    assert (gold.label, gold.rule, gold.annotators) == ("B", "adjudicated", 3)
    ((gold,), _) = settle([], adjudications=[first])
    assert (gold.label, gold.annotations) == ("E", ())


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"label": None, "is_guideline_unclear": True}, "guideline unclear"),
        ({"label": "E", "is_guideline_unclear": True}, "guideline unclear"),
        ({"label": None}, "no label"),
        ({"labels": ("E", "B")}, "several labels"),
    ],
)
def test_an_adjudication_that_settles_nothing_leaves_the_item_open(fields, reason):
    answers = answered("a:E", "b:E")
    decided = an_adjudication(ITEM, considered=tuple(a.id for a in answers), **fields)
    (golds, (item,)) = settle(answers, adjudications=[decided])
    assert golds == ()
    assert item.reason == reason


def test_a_complaint_about_the_guideline_ends_when_all_have_answered_anew():
    old = answered("a:E", "b:B")
    unclear = an_adjudication(
        ITEM,
        None,
        is_guideline_unclear=True,
        considered=tuple(one.id for one in old),
    )
    new = [
        an_answer(ITEM, "B", annotator=who, guideline=unclear.id) for who in ("a", "b")
    ]
    (_, (item,)) = settle([*old, new[0]], adjudications=[unclear])
    assert item.reason == "guideline unclear"
    ((gold,), _) = settle([*old, *new], adjudications=[unclear])
    assert (gold.label, gold.rule) == ("B", "unanimous")


def test_an_item_waits_for_as_many_votes_as_it_needs():
    needed = {ITEM.id: 2}
    for said in (["a:E"], ["a:E", "b:"]):
        (_, (item,)) = settle(answered(*said), needed=needed)
        assert item.reason == "too few answers"
    ((gold,), _) = settle(answered("a:E", "b:E"), needed=needed)
    assert gold.rule == "unanimous"
    (_, (item,)) = settle(answered("a:"), needed=needed)
    assert item.reason == "no label"


def test_a_critical_label_is_settled_by_a_person_alone():
    (_, (item,)) = settle(answered("a:E"), critical={"E"})
    assert item.reason == "too few answers"
    for said in (["a:E", "b:E"], ["a:B", "b:B", "c:E"]):
        (_, (item,)) = settle(answered(*said), critical={"E"})
        assert item.reason == "critical label"
    ((gold,), _) = settle(answered("a:B"), critical={"E"})
    assert gold.rule == "single"
    decided = [an_adjudication(ITEM, "E")]
    ((gold,), _) = settle(answered("a:E"), critical={"E"}, adjudications=decided)
    assert gold.rule == "adjudicated"


def test_who_is_held_makes_no_item_critical():
    ((gold,), _) = settle(answered("a:B", "b:E"), critical={"E"}, held={"b"})
    assert (gold.label, gold.rule) == ("B", "single")


def test_gold_cards_settle_nothing():
    other = an_item(number=1)
    answers = [*answered("a:E"), an_answer(other, "B", annotator="a")]
    golds, still_open = settle(
        answers, gold_items={ITEM.id}, adjudications=[an_adjudication(ITEM, "E")]
    )
    assert [one.item for one in golds] == [other.id]
    assert still_open == ()


said_by = st.lists(
    st.tuples(st.sampled_from("abcd"), st.sets(st.sampled_from("EBC"), max_size=2)),
    max_size=8,
)


@given(said=said_by, held=st.sets(st.sampled_from("abcd"), max_size=2))
def test_nothing_but_a_person_settles_an_item_with_a_critical_answer(said, held):
    answers = [
        an_answer(ITEM, labels=tuple(sorted(labels)), annotator=who, at=str(number))
        for number, (who, labels) in enumerate(said)
    ]
    golds, still_open = settle(answers, critical={"E"}, held=held)
    last = {who: labels for who, labels in said if who not in held}
    is_critical = any("E" in labels for labels in last.values())
    if is_critical:
        assert golds == ()
        assert still_open[0].reason in ("critical label", "too few answers")
    word = an_adjudication(ITEM, "B")
    (gold,), _ = settle(answers, critical={"E"}, held=held, adjudications=[word])
    assert gold.rule == "adjudicated"
