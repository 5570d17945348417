# SPDX-License-Identifier: Apache-2.0
import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.release.builders import (
    VALUES,
    a_dataset,
    a_digest,
    a_model,
    a_report,
    an_automation,
    an_estimate,
    some_contents,
)

from maalem.records import EvalReport, Measure
from maalem.release import figures
from maalem.release.contents import Worth

shares = st.floats(0.0, 1.0)


@pytest.fixture
def report(tmp_path):
    return a_report(a_dataset(tmp_path / "dataset"), a_model(tmp_path / "model"))


def test_the_forest_shows_every_model_best_first(report):
    plot = figures.forest(report)
    assert [row.name for row in plot.rows] == list(VALUES)
    assert [row.is_main for row in plot.rows] == [True, False, False, False, False]


def test_a_model_we_have_no_name_for_is_shown_too(report):
    stranger = Measure(
        model="stranger", metric="accuracy", slice="all", estimate=an_estimate(0.5)
    )
    more = dataclasses.replace(report, measures=(*report.measures, stranger))
    assert "stranger" in [row.name for row in figures.forest(more).rows]


def test_a_model_without_a_number_is_left_out_and_not_drawn_at_zero(report):
    measures = tuple(
        dataclasses.replace(measure, estimate=an_estimate(None))
        if measure.model == "nearest"
        else measure
        for measure in report.measures
    )
    plot = figures.forest(dataclasses.replace(report, measures=measures))
    assert "nearest" not in [row.name for row in plot.rows]


def test_slices_come_with_their_size_largest_first(report):
    rows = figures.by_slice(report, "class").rows
    assert [row.estimate.count for row in rows] == sorted(
        (row.estimate.count for row in rows), reverse=True
    )
    assert rows[0].name == "Engine"
    assert rows[0].beside is not None
    assert [row.name for row in figures.by_slice(report, "language").rows] == [
        "en",
        "fr",
        "ar",
    ]


@given(st.lists(st.tuples(shares, shares, shares), min_size=1, max_size=8))
def test_every_number_has_its_place_on_the_axis(triples):
    measures = tuple(
        Measure(
            model=f"m{number}",
            metric="accuracy",
            slice="all",
            estimate=an_estimate(value, min(low, value), max(high, value)),
        )
        for number, (low, value, high) in enumerate(triples)
    )
    plot = figures.forest(_bare(measures))
    axis = plot.axis
    assert axis.low >= 0.0
    assert axis.high == 1.0
    assert 2 <= len(axis.marks) <= 12
    for row in plot.rows:
        ends = (row.estimate.low, row.estimate.value, row.estimate.high)
        assert all(axis.low <= end <= axis.high for end in ends)
        places = [axis.place(end) for end in ends]
        assert places == sorted(places)


@given(st.floats(0.001, 0.5), st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_errors_bounds_and_limits_share_one_axis(accepted, error, bound):
    share = an_automation(
        accepted_error=accepted, bound=bound, exam_error=an_estimate(error, None, None)
    )
    axis = figures.error_axis([share])
    assert axis.low == 0.0
    assert axis.high >= max(accepted, error, bound) - 1e-9
    assert len(axis.marks) <= 8


def _bare(measures):

    return EvalReport(
        id=a_digest("r"),
        task="t",
        dataset=a_digest("d"),
        checkpoint=a_digest("c"),
        split="exam",
        look=1,
        seeds=(0,),
        headline="",
        measures=measures,
        comparisons=(),
        automation=None,
    )


def test_nothing_is_said_of_savings_that_nobody_can_know(tmp_path):
    contents = some_contents(tmp_path)
    assert figures.saving(contents) is not None
    unknown = dataclasses.replace(contents, worth=Worth(seconds_per_item=3.0))
    assert figures.saving(unknown) is None
    no_pace = dataclasses.replace(contents, worth=Worth(waiting=100))
    saving = figures.saving(no_pace)
    assert saving is not None
    assert saving.seconds is None
    assert saving.decided[0] == pytest.approx(89.7)


@pytest.mark.parametrize(
    ("error", "low", "wanted"),
    [
        (0.03, 0.02, "drift_promise_held"),
        (0.05, 0.03, "drift_promise_held"),
        (0.06, 0.04, "drift_promise_unsure"),
        (0.06, None, "drift_promise_unsure"),
        (0.09, 0.06, "drift_promise_broke"),
    ],
)
def test_a_later_error_above_the_promised_rate_is_called_so(error, low, wanted):
    assert figures.promise_after(an_estimate(error, low, 0.2), 0.05) == wanted


def test_the_commonest_mistakes_come_first(report):
    many = tuple((f"a{n}", "b", n) for n in range(20))
    shown = figures.confusions(dataclasses.replace(report, confusions=many))
    assert [count for _, _, count in shown] == [19, 18, 17, 16, 15, 14, 13, 12]
