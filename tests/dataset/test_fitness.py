# SPDX-License-Identifier: Apache-2.0
"""Sets that cannot teach or examine are refused, each with the rows."""

import pytest
from tests.dataset.builders import LABELS, an_example, some_examples

from maalem.dataset.fitness import refuse_unfit
from maalem.errors import DataError, LeakageError, MaalemError


def without(split):
    return [row for row in some_examples() if row.split != split]


def one_class(split):
    return [
        an_example(n, label="Engine") if row.split == split else row
        for n, row in enumerate(some_examples())
    ]


BAD = {
    "empty set": ([], "dataset.empty", DataError, 0),
    "no teaching": (without("teaching"), "dataset.empty", DataError, 8),
    "no calibration": (without("calibration"), "dataset.empty", DataError, 8),
    "no exam": (without("exam"), "dataset.empty", DataError, 8),
    "one class taught": (one_class("teaching"), "dataset.one-class", DataError, 4),
    "one class asked": (one_class("exam"), "dataset.one-class", DataError, 4),
    "unknown label": (
        [*some_examples(), an_example(12, label="Boat")],
        "dataset.unknown-label",
        DataError,
        1,
    ),
    "item twice": (
        [*some_examples(), an_example(4)],
        "dataset.item-twice",
        DataError,
        1,
    ),
    "group on two sides": (
        [an_example(n, group="one") for n in range(12)],
        "dataset.leak",
        LeakageError,
        8,
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_an_unfit_set_is_refused_with_the_rows(name):
    examples, code, kind, rows = BAD[name]
    with pytest.raises(kind) as refusal:
        refuse_unfit(examples, LABELS)
    assert refusal.value.code == code
    assert len(refusal.value.rows) == rows
    assert len(refusal.value.why.splitlines()) <= 11


def test_a_fit_set_passes():
    refuse_unfit(some_examples(), LABELS)


def test_calibration_and_later_may_have_one_class():
    rows = one_class("calibration")
    refuse_unfit([*rows, an_example(12, split="later")], LABELS)


def test_a_split_that_does_not_exist_is_refused():
    with pytest.raises(MaalemError) as refusal:
        refuse_unfit([*some_examples(), an_example(12, split="test")], LABELS)
    assert refusal.value.code == "dataset.no-split"
