# SPDX-License-Identifier: Apache-2.0
"""A corpus that grows moves no old row, and no near duplicate changes sides."""

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dataset.builders import LABELS, SHARES, a_gold

from maalem.corpus import NearDuplicateIndex
from maalem.dataset import find_leaks, leave_out, to_examples
from maalem.records import Item, digest_of

STEMS = (
    "hydraulic pump of the left travel motor grinds after a cold start",
    "replace the teeth of the bucket before the night shift begins",
    "مضخة الزيت في المحرك الأيسر لا تعمل منذ صباح اليوم",
    "le godet est fissuré sur le bord et doit être soudé demain",
)
TAILS = ("", "today", "again", "!!", "urgent", "غدا", "encore")
TEXTS = st.lists(
    st.tuples(st.sampled_from(STEMS), st.sampled_from(TAILS), st.integers(0, 2)),
    min_size=1,
    max_size=14,
)
DAYS = ("2009-01-01", "2010-06-01", None)


def read(rows):
    """Link texts one after the other, as the corpus does, and ask about each once."""
    items, near = [], {}
    with NearDuplicateIndex() as index:
        for number, (stem, tail, day) in enumerate(rows):
            text = f"{stem} {tail}"
            passage = digest_of({"passage": number})
            same, close, leader = index.link(text, passage)
            near[passage] = close
            if same is None:
                items.append(an_item_of(number, text, leader, DAYS[day]))
    return items, near


def an_item_of(number, text, leader, day):
    return Item(
        id=digest_of({"item": number}),
        task="system",
        passage=digest_of({"passage": number}),
        text=text,
        group=leader,
        language="en",
        date=day,
    )


def examples_of(rows, *, later_from=None):
    items, near = read(rows)
    known = {item.id for item in items}
    golds = [
        a_gold(number, label=LABELS[number % 2])
        for number in range(len(rows))
        if digest_of({"item": number}) in known
    ]
    return to_examples(
        items, golds, salt="s", shares=SHARES, later_from=later_from, near=near
    )


@settings(max_examples=60, deadline=None)
@given(TEXTS, TEXTS)
def test_adding_documents_moves_no_old_row_and_changes_none(old, more):
    assert set(examples_of(old)) <= set(examples_of([*old, *more]))


@settings(max_examples=60, deadline=None)
@given(TEXTS, TEXTS)
def test_with_a_later_exam_old_rows_move_only_out_of_it(old, more):
    before = examples_of(old, later_from="2010-01-01")
    after = {
        row.item: row for row in examples_of([*old, *more], later_from="2010-01-01")
    }
    for row in before:
        now = after[row.item]
        assert row.split in (now.split, "later")


@settings(max_examples=60, deadline=None)
@given(TEXTS)
def test_near_duplicates_that_the_corpus_groups_do_not_leak(rows):
    examples = examples_of(rows)
    reasons = {leak.reason for leak in find_leaks(examples, labels=LABELS)}
    assert reasons <= {"near-duplicate"}  # between clusters, where a text is a bridge
    kept, _ = leave_out(examples, find_leaks(examples, labels=LABELS))
    assert find_leaks(kept, labels=LABELS) == ()
