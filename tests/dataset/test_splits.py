# SPDX-License-Identifier: Apache-2.0
"""Laws of the split: by group, before anyone looks, and never again."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest
from tests.dataset.builders import SHARES, a_gold, an_item

from maalem.dataset import Shares, to_examples
from maalem.dataset.splits import first_dates, split_of
from maalem.errors import DataError, SettingsError
from maalem.records import Passage, digest_of

NAMES = st.text(max_size=12)
DATES = st.sampled_from([None, "2009-12-31", "2010-01-01", "2011-05-03T10:00:00", "x"])
ROWS = st.lists(st.tuples(st.integers(0, 4), DATES), max_size=12)


def items_of(rows):
    return [
        an_item(number, group=f"g{group}", date=date)
        for number, (group, date) in enumerate(rows)
    ]


def splits_of(items, *, later_from=None, first=None):
    golds = [a_gold(number) for number in range(len(items))]
    examples = to_examples(
        items, golds, salt="s", shares=SHARES, later_from=later_from, first_dates=first
    )
    return {example.item: example.split for example in examples}


@settings(deadline=None)
@given(st.lists(st.integers(0, 30), max_size=30), st.integers(0, 30))
def test_adding_a_document_moves_no_other(groups, newcomer):
    before = splits_of(items_of([(group, None) for group in groups]))
    after = splits_of(items_of([(group, None) for group in [*groups, newcomer]]))
    assert before.items() <= after.items()


@settings(deadline=None)
@given(ROWS, st.tuples(st.integers(0, 4), DATES))
def test_only_an_older_or_undated_newcomer_moves_its_group_and_only_out_of_later(
    rows, newcomer
):
    old, new = items_of(rows), items_of([*rows, newcomer])
    before = splits_of(old, later_from="2010-01-01")
    after = splits_of(new, later_from="2010-01-01")
    hashed = splits_of(old)
    moved = [item for item in old if before[item.id] != after[item.id]]
    for item in moved:
        assert item.group == new[-1].group
        assert newcomer[1] in (None, "2009-12-31", "x")
        assert before[item.id] == "later"
        assert after[item.id] == hashed[item.id]


@settings(deadline=None)
@given(ROWS)
def test_a_group_is_later_when_its_first_dated_member_is_and_all_are_dated(rows):
    items = items_of(rows)
    for item in items:
        members = [one for one in items if one.group == item.group]
        is_later = all(
            one.date in ("2010-01-01", "2011-05-03T10:00:00") for one in members
        )
        split = splits_of(items, later_from="2010-01-01")[item.id]
        assert (split == "later") == is_later


def test_items_without_an_answer_date_their_group_too():
    items = [
        an_item(0, group="g", date="2011-01-01"),
        an_item(1, group="g", date="2001-01-01"),
    ]
    (example,) = to_examples(
        items, [a_gold(0)], salt="s", shares=SHARES, later_from="2010-01-01"
    )
    assert example.split != "later"


def a_passage(number, *, date, same_as=None):
    return Passage(
        id=digest_of({"passage": number}), document=digest_of({"document": number}),
        start=0, end=4, text="text", language="en", group="g", date=date,
        same_as=None if same_as is None else digest_of({"passage": same_as}),
    )  # fmt: skip


def the_corpus(rows, copies):
    """Give the passage of each item, then copies of them as (item, date)."""
    firsts = [a_passage(n, date=date) for n, (_, date) in enumerate(rows)]
    known = [(n % len(rows), date) for n, date in copies if rows]
    return firsts + [
        a_passage(100 + n, date=date, same_as=item)
        for n, (item, date) in enumerate(known)
    ]


COPIES = st.lists(st.tuples(st.integers(0, 11), DATES), max_size=6)


@settings(deadline=None)
@given(ROWS, COPIES)
def test_a_text_that_existed_before_the_border_is_never_in_later(rows, copies):
    corpus, items = the_corpus(rows, copies), items_of(rows)
    found = splits_of(items, later_from="2010-01-01", first=first_dates(corpus))
    old = {
        one.same_as or one.id
        for one in corpus
        if one.date not in ("2010-01-01", "2011-05-03T10:00:00")
    }
    groups = {item.group for item in items if item.passage in old}
    for item in items:
        assert (found[item.id] == "later") == (item.group not in groups)


@settings(deadline=None)
@given(ROWS, COPIES)
def test_dating_by_copies_moves_groups_out_of_later_and_nothing_else(rows, copies):
    items, corpus = items_of(rows), the_corpus(rows, copies)
    before = splits_of(items, later_from="2010-01-01")
    after = splits_of(items, later_from="2010-01-01", first=first_dates(corpus))
    hashed = splits_of(items)
    for item in items:
        assert after[item.id] in (before[item.id], hashed[item.id])
        assert before[item.id] == "later" or after[item.id] == before[item.id]


@settings(deadline=None)
@given(ROWS, COPIES, st.randoms(use_true_random=False))
def test_the_first_date_of_a_text_does_not_hang_on_the_order(rows, copies, chance):
    corpus = the_corpus(rows, copies)
    shuffled = chance.sample(corpus, len(corpus))
    assert first_dates(shuffled) == first_dates(corpus)
    assert set(first_dates(corpus)) == {one.id for one in corpus if not one.same_as}


def test_the_first_date_is_the_earliest_copy_and_none_where_a_copy_is_undated():
    corpus = [
        a_passage(0, date="2011-01-01"),
        a_passage(1, date="2009-12-31T23:00:00", same_as=0),
        a_passage(2, date="2012-01-01"),
        a_passage(3, date=None, same_as=2),
        a_passage(4, date="last year"),
    ]
    assert list(first_dates(corpus).values()) == ["2009-12-31", None, None]


def test_an_item_that_has_no_first_date_counts_from_its_own():
    items = [an_item(0, group="g", date="2011-01-01")]
    assert splits_of(items, later_from="2010-01-01", first={}) == {items[0].id: "later"}


def test_the_example_keeps_the_date_of_the_item():
    item = an_item(0, date="2011-01-01")
    (example,) = to_examples(
        [item], [a_gold(0)], salt="s", shares=SHARES, later_from="2010-01-01",
        first_dates={item.passage: "2001-01-01"},
    )  # fmt: skip
    assert example.date == "2011-01-01"
    assert example.split != "later"


@settings(deadline=None)
@given(NAMES, st.text(max_size=5))
def test_a_group_stands_in_one_split_only(group, salt):
    assert split_of(group, salt=salt, shares=SHARES) == split_of(
        group, salt=salt, shares=SHARES
    )


@settings(max_examples=20, deadline=None)
@given(st.text(max_size=8), st.sampled_from([(0.6, 0.2, 0.2), (0.8, 0.15, 0.05)]))
def test_shares_are_met_within_tolerance(salt, wanted):
    shares = Shares(teaching=wanted[0], calibration=wanted[1], exam=wanted[2])
    count = 2000
    found = Counter(
        split_of(f"group {number}", salt=salt, shares=shares) for number in range(count)
    )
    for split, share in zip(("teaching", "calibration", "exam"), wanted, strict=True):
        assert binomtest(found[split], count, share).pvalue > 1e-7


def test_another_salt_makes_another_exam():
    exams = [
        {n for n in range(300) if split_of(f"g{n}", salt=salt, shares=SHARES) == "exam"}
        for salt in ("a", "b")
    ]
    assert exams[0] != exams[1]
    assert len(exams[0] & exams[1]) < min(map(len, exams)) / 2


@settings(deadline=None)
@given(NAMES, st.floats(0.01, 0.7))
def test_moving_the_border_of_teaching_moves_no_group_out_of_the_exam(group, share):
    other = Shares(teaching=0.8 - share, calibration=share, exam=0.2)
    before, after = (
        split_of(group, salt="s", shares=shares) for shares in (SHARES, other)
    )
    assert (before == "exam") == (after == "exam")


def test_the_split_is_pinned_for_ever():
    found = [split_of(f"group {n}", salt="maalem", shares=SHARES)[0] for n in range(8)]
    assert "".join(found) == "cteteett"


@pytest.mark.parametrize(
    "wanted",
    [
        {"teaching": 0.0, "calibration": 0.5, "exam": 0.5},
        {"teaching": 1.0},
        {"exam": 0.3},
        {"exam": float("nan")},
        {"teaching": -0.2},
    ],
)
def test_shares_that_are_none_are_refused(wanted):
    with pytest.raises(SettingsError) as refusal:
        Shares(**wanted)
    assert refusal.value.code == "dataset.shares"


def test_an_example_carries_what_the_item_and_the_answer_know():
    item = an_item(3, date="2010-02-01", language="fr")
    gold = a_gold(3, label="Bucket", rule="majority")
    twin = digest_of({"passage": 9})
    (example,) = to_examples(
        [item], [gold], salt="s", shares=SHARES, near={item.passage: (twin,)}
    )
    assert (example.text, example.label, example.rule) == (
        item.text, "Bucket", "majority",
    )  # fmt: skip
    assert (example.language, example.date) == ("fr", "2010-02-01")
    assert (example.passage, example.near) == (item.passage, (twin,))
    assert example.annotations == gold.annotations


def test_items_without_an_answer_make_no_example():
    items = [an_item(0), an_item(1)]
    assert len(to_examples(items, [a_gold(1)], salt="s", shares=SHARES)) == 1


def test_an_answer_without_its_item_is_refused():
    with pytest.raises(DataError) as refusal:
        to_examples([an_item(0)], [a_gold(1)], salt="s", shares=SHARES)
    assert refusal.value.code == "dataset.answer-without-item"


def test_a_border_that_is_no_date_is_refused():
    with pytest.raises(SettingsError) as refusal:
        to_examples([], [], salt="s", shares=SHARES, later_from="last year")
    assert refusal.value.code == "dataset.later-from"
    assert "last year" in refusal.value.message
