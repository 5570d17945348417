# SPDX-License-Identifier: Apache-2.0
"""Laws of leakage: nothing stands on both sides, and the exam loses no row."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dataset.builders import LABELS, an_example, some_examples

from maalem.dataset import find_leaks, leave_out, refuse_leakage
from maalem.dataset.splits import SPLITS
from maalem.errors import LeakageError
from maalem.records import digest_of

LONG = "hydraulic pump of the left travel motor makes a grinding noise after start"
WORDS = ("pump", "valve", "hose", "track", "engine", "مضخة", "المُضخة")
ROWS = st.lists(
    st.tuples(
        st.lists(st.sampled_from(WORDS), min_size=1, max_size=5).map(" ".join),
        st.integers(0, 8),
        st.sampled_from(SPLITS),
        st.integers(0, 12),
    ),
    max_size=14,
)


def find(examples, **changes):
    return find_leaks(examples, **{"labels": LABELS, **changes})


def rows_of(rows):
    return [
        an_example(
            number,
            text=text,
            group=f"g{group}",
            split=split,
            near=(digest_of({"passage": near}),),
        )
        for number, (text, group, split, near) in enumerate(rows)
    ]


def test_examples_without_anything_in_common_have_no_leak():
    assert find(some_examples()) == ()
    refuse_leakage(())


@pytest.mark.parametrize(
    ("teaching", "exam"),
    [
        ("Fuite d'huile moteur", "fuite  d'huile MOTEUR"),
        ("مضخة الزيت لا تعمل", "مِضَخَّة الزيت لا تعمل"),
        ("مضخة الزيت", "مضخـــة الزيت"),
        ("إصلاح الآلة رقم 12", "اصلاح الاله رقم ١٢"),
        ("ﬁlter changed", "filter changed"),
        ("oil\u200b leak", "oil leak"),
    ],
)
def test_a_copy_that_differs_in_form_only_is_a_leak(teaching, exam):
    rows = [an_example(0, text=teaching), an_example(2, text=exam)]
    (leak,) = [leak for leak in find(rows) if leak.reason == "copy"]
    assert (leak.item, leak.split) == (rows[0].item, "teaching")
    assert (leak.other, leak.other_split) == (rows[1].item, "exam")


def test_a_near_duplicate_on_the_other_side_is_a_leak():
    rows = [an_example(0, text=LONG), an_example(2, text=f"{LONG} today")]
    (leak,) = find(rows)
    assert leak.reason == "near-duplicate"
    assert leak.what.startswith("similarity 0.9")
    assert find(rows, threshold=0.99) == ()


def test_near_duplicates_in_one_split_are_no_leak():
    rows = [an_example(0, text=LONG), an_example(3, text=f"{LONG} today")]
    assert find(rows) == ()


def test_what_the_corpus_found_near_is_a_leak():
    first = an_example(0)
    rows = [first, an_example(2, near=(first.passage,))]
    (leak,) = find(rows)
    assert (leak.reason, leak.item) == ("near-duplicate", first.item)
    assert leak.what == "near in the corpus"


def test_a_group_on_two_sides_is_a_leak_of_each_row_but_the_most_sheltered():
    rows = [an_example(number, group="machine 7") for number in range(4)]
    leaks = find(rows)
    assert {leak.reason for leak in leaks} == {"group"}
    assert {leak.item for leak in leaks} == {rows[n].item for n in (0, 1, 3)}
    assert all("machine 7" in leak.sentence for leak in leaks)


def test_gold_of_the_exam_never_enters_teaching():
    exam = an_example(2)
    leaks = find([exam, an_example(2, split="teaching")])
    assert [leak.split for leak in leaks if leak.reason == "item"] == ["teaching"]


def test_a_text_without_words_is_a_copy_of_another_such():
    rows = [an_example(0, text=""), an_example(2, text="  ")]
    assert [leak.reason for leak in find(rows)] == ["copy"]


def stamped(count=12):
    return [
        an_example(n, text=f"{row.text} classe: {row.label}")
        for n, row in enumerate(some_examples(count))
    ]


def test_a_label_that_stands_in_the_text_and_decides_is_refused_with_the_rows():
    leaks = find(stamped())
    assert {leak.reason for leak in leaks} == {"label-in-text"}
    assert len(leaks) == 12
    with pytest.raises(LeakageError) as refusal:
        refuse_leakage(leaks)
    assert refusal.value.code == "dataset.label-in-text"
    assert refusal.value.rows == leaks


def test_a_label_allowed_by_name_may_stand_in_the_text():
    leaks = find(stamped(), allow_label_in_text=["Engine"])
    assert {leak.what for leak in leaks} == {"label Bucket, right in 6 of 6 texts"}
    assert find(stamped(), allow_label_in_text=LABELS) == ()


def test_the_limit_of_labels_in_text_can_be_set():
    rows = [*stamped(12), *some_examples(40)[12:]]
    assert find(rows) == ()
    assert find(rows, label_limit=0.1) != ()


def test_a_refusal_shows_ten_rows_and_carries_all():
    rows = [an_example(n, group="one") for n in range(60)]
    with pytest.raises(LeakageError) as refusal:
        refuse_leakage(find(rows))
    error = refusal.value
    assert error.code == "dataset.leak"
    assert error.message == "40 rows would give answers away: 40 group"
    assert len(error.why.splitlines()) == 11
    assert error.why.endswith("and 30 more")
    assert len(error.rows) == 40


def test_no_refusal_shows_the_text_of_a_row():
    rows = [an_example(n, text=f"secret {LONG}") for n in (0, 2)]
    with pytest.raises(LeakageError) as refusal:
        refuse_leakage(find(rows))
    assert "secret" not in refusal.value.message + refusal.value.why


@settings(max_examples=60, deadline=None)
@given(ROWS)
def test_what_is_left_has_no_leak_and_the_exam_is_whole(rows):
    examples = rows_of(rows)
    kept, counted = leave_out(examples, find(examples, allow_label_in_text=LABELS))
    assert find(kept, allow_label_in_text=LABELS) == ()
    assert [row for row in examples if row.split == "exam"] == [
        row for row in kept if row.split == "exam"
    ]
    assert len(examples) - len(kept) == sum(count for _, count in counted)


@settings(deadline=None)
@given(ROWS, st.randoms())
def test_the_leaks_do_not_depend_on_the_order_of_rows(rows, random):
    examples = rows_of(rows)
    mixed = random.sample(examples, len(examples))
    assert find(mixed) == find(examples)


@pytest.mark.parametrize(
    ("one", "other", "gives_way"),
    [
        ("teaching", "calibration", "teaching"),
        ("teaching", "later", "teaching"),
        ("teaching", "exam", "teaching"),
        ("calibration", "later", "calibration"),
        ("calibration", "exam", "calibration"),
        ("later", "exam", "later"),
    ],
)
def test_the_less_sheltered_row_gives_way(one, other, gives_way):
    rows = [an_example(0, split=other, group="g"), an_example(1, split=one, group="g")]
    kept, counted = leave_out(rows, find(rows))
    assert [row.split for row in kept] == [other]
    assert gives_way == one
    assert counted == (("group", 1),)


def test_leaving_out_does_not_mend_a_label_in_the_text():
    with pytest.raises(LeakageError) as refusal:
        leave_out(stamped(), find(stamped()))
    assert refusal.value.code == "dataset.label-in-text"


def test_ten_thousand_copies_of_one_text_are_no_trouble():
    rows = [an_example(n, text=LONG, group="g") for n in range(10_000)]
    assert len(find(rows)) == 2 * 6667
