# SPDX-License-Identifier: Apache-2.0
"""What beside the text tells the label, and what does not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dataset.builders import LABELS, an_example, some_examples

from maalem.dataset.telling import Telling, find_telling

ROWS = some_examples(24)


def telling(value_of, examples=ROWS, **changes):
    beside = {row.passage: (("folder", value_of(row)),) for row in examples}
    return find_telling(examples, beside, labels=LABELS, **changes)


# What the folder of an example is, and what of it is found.
TELLING = {
    "one folder a label": (
        lambda row: {"Engine": "a", "Bucket": "b"}[row.label],
        Telling(name="folder", told=24, asked=24),
    ),
    "several folders a label": (
        lambda row: f"{row.label[0]}/{ROWS.index(row) % 2}",
        Telling(name="folder", told=24, asked=24),
    ),
    "the label in each name": (
        lambda row: f"{row.label.upper()}_{ROWS.index(row)}.txt",
        Telling(name="folder", told=12, asked=12, label="Engine"),
    ),
    "one label in its names": (
        lambda row: f"{'bucket' if row.label == 'Bucket' else 'x'}-{ROWS.index(row)}",
        Telling(name="folder", told=12, asked=12, label="Bucket"),
    ),
}


@pytest.mark.parametrize("name", TELLING)
def test_what_tells_the_label_is_found(name):
    value_of, wanted = TELLING[name]
    found = telling(value_of)
    assert wanted in found
    assert str(wanted.told) in wanted.sentence


SILENT = {
    "one folder for all": lambda _: "orders",
    "a name of its own": lambda row: f"{ROWS.index(row)}.txt",
    "folders across labels": lambda row: str(ROWS.index(row) % 3),
    "every label in each name": lambda row: f"engine bucket {ROWS.index(row)}",
}


@pytest.mark.parametrize("name", SILENT)
def test_what_does_not_tell_the_label_is_not_found(name):
    assert telling(SILENT[name]) == ()


def test_a_frequent_label_alone_tells_nothing():
    rows = [an_example(n, label=LABELS[n % 20 == 0]) for n in range(60)]
    assert telling(lambda _: "orders", rows) == ()


def test_fewer_than_five_examples_prove_nothing():
    rows = [an_example(n, label=LABELS[n // 2]) for n in range(4)]
    assert telling(lambda row: row.label, rows) == ()


def test_a_language_that_tells_the_label_is_found():
    rows = [
        an_example(n, language="ar" if row.label == "Engine" else "fr")
        for n, row in enumerate(ROWS)
    ]
    (found,) = find_telling(rows, {}, labels=LABELS)
    assert found.sentence == "the language alone tells the label of 24 of 24 examples"


def test_a_single_exception_does_not_hide_the_rule_and_many_do():
    def mixed(count):
        return telling(
            lambda row: row.label if ROWS.index(row) >= count else "elsewhere"
        )

    assert [one.label for one in mixed(1)] == [None]
    assert mixed(24) == ()


def test_examples_without_a_passage_are_passed_over():
    rows = [an_example(n, passage=None) for n in range(12)]
    assert find_telling(rows, {}, labels=LABELS) == ()


@settings(deadline=None)
@given(st.randoms())
def test_the_order_of_rows_changes_nothing(random):
    value_of, _ = TELLING["several folders a label"]
    mixed = random.sample(ROWS, len(ROWS))
    assert telling(value_of, mixed) == telling(value_of)
