# SPDX-License-Identifier: Apache-2.0
"""Agreement is Krippendorff's alpha, with an interval, counts, or a reason."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.experts.builders import an_answer, an_item

from maalem.errors import SettingsError
from maalem.experts.agreement import Reading, agreements
from maalem.experts.alpha import METRICS, Drawing, Ratings
from maalem.experts.resampling import interval
from maalem.records import digest_of

# Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability", section C and D:
# four observers, twelve units, a dot where nothing was said.
WORKED = """
1 2 3 3 2 1 4 1 2 . . .
1 2 3 3 2 2 4 1 2 5 . 3
. 3 3 3 2 3 4 2 2 5 1 .
1 2 3 3 2 4 4 1 2 5 1 .
"""
PUBLISHED = {"nominal": 0.743, "ordinal": 0.815, "interval": 0.849}
QUICK = Drawing(draws=200)


def worked_answers(**fields):
    rows = [line.split() for line in WORKED.split("\n") if line]
    return [
        an_answer(an_item(number=unit), said, annotator=f"expert:{who}", **fields)
        for who, row in enumerate(rows)
        for unit, said in enumerate(row)
        if said != "."
    ]


def measured(annotations, about=("all", ""), **settings):
    settings = {"languages": {}, "drawing": QUICK, **settings}
    (found,) = [
        one for one in agreements(annotations, **settings) if one.about == about
    ]
    return found


def answers(*said):
    """Answers of a row of annotators to item after item: `answers("EE", "EB")`."""
    return [
        an_answer(an_item(number=n), label, annotator=f"expert:{who}")
        for n, labels in enumerate(said)
        for who, label in enumerate(labels)
        if label != "."
    ]


@pytest.mark.parametrize("metric", METRICS)
def test_the_published_example_comes_out(metric):
    reading = Reading(metric=metric, values=tuple("12345"))
    found = measured(worked_answers(), reading=reading)
    assert found.alpha.value == pytest.approx(PUBLISHED[metric], abs=0.0005)
    assert (found.items, found.ratings, found.annotators) == (12, 41, 4)
    assert (found.alpha.groups, found.alpha.count, found.pairs) == (11, 40, 55)


@pytest.mark.parametrize("metric", METRICS)
def test_scores_of_a_rubric_are_compared_like_labels(metric):
    scored = [
        an_answer(
            an_item(text=one.item),
            None,
            ratings=(("clear", int(one.labels[0])),),
            annotator=one.annotator,
        )
        for one in worked_answers()
    ]
    reading = Reading(metric=metric, criterion="clear")
    found = measured(scored, reading=reading)
    assert found.alpha.value == pytest.approx(PUBLISHED[metric], abs=0.0005)
    assert len(agreements(scored, languages={}, reading=reading)) == 1


def by_definition(items, values, metric):
    """Alpha from a matrix of coincidences, as section C of the paper makes one."""
    kinds = max(values) + 1
    both = np.zeros((kinds, kinds))
    for item in set(items):
        said = [v for i, v in zip(items, values, strict=True) if i == item]
        for one, first in enumerate(said):
            for other, second in enumerate(said):
                if one != other:
                    both[first, second] += 1 / (len(said) - 1)
    totals = both.sum(axis=1)
    apart = np.zeros((kinds, kinds))
    for c in range(kinds):
        for k in range(c + 1, kinds):
            between = totals[c : k + 1].sum() - (totals[c] + totals[k]) / 2
            gap = {"nominal": 1, "ordinal": between, "interval": k - c}[metric]
            apart[c, k] = apart[k, c] = gap**2
    expected = (np.outer(totals, totals) * apart).sum()
    if expected == 0:
        return np.nan
    return 1 - (totals.sum() - 1) * (both * apart).sum() / expected


@pytest.mark.parametrize("metric", METRICS)
def test_alpha_is_that_of_the_krippendorff_package(metric):
    krippendorff = pytest.importorskip("krippendorff")
    for seed in range(20):
        chance = np.random.default_rng(seed)
        said = chance.integers(0, 5, (4, 15)).astype(float)
        said[chance.random(said.shape) < 0.3] = np.nan
        _, items = np.nonzero(~np.isnan(said))
        values = said[~np.isnan(said)].astype(int)
        ours = Ratings(items, values, scale=np.arange(5.0), metric=metric)
        theirs = krippendorff.alpha(
            said, level_of_measurement=metric, value_domain=list(range(5))
        )
        assert ours.alpha() == pytest.approx(theirs, abs=1e-9)


said = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 4)), min_size=1)


@given(said=said, metric=st.sampled_from(METRICS))
def test_alpha_is_what_the_matrix_of_coincidences_gives(said, metric):
    items, values = (np.array(column) for column in zip(*said, strict=True))
    ratings = Ratings(items, values, scale=np.arange(5.0), metric=metric)
    wanted = by_definition(items, values, metric)
    assert ratings.alpha() == pytest.approx(wanted, abs=1e-9, nan_ok=True)


@given(said=said, metric=st.sampled_from(METRICS))
def test_an_item_with_one_rating_changes_nothing(said, metric):
    items, values = (np.array(column) for column in zip(*said, strict=True))
    more = Ratings(
        np.append(items, 99),
        np.append(values, 4),
        scale=np.arange(5.0),
        metric=metric,
    )
    less = Ratings(items, values, scale=np.arange(5.0), metric=metric)
    assert more.alpha() == pytest.approx(less.alpha(), nan_ok=True)
    assert (more.items, more.pairs) == (less.items, less.pairs)


def test_the_last_answer_counts_and_refusals_are_no_ratings():
    item = an_item(number=0)
    changed = [
        an_answer(item, "B", annotator="expert:1"),
        *answers(*["EE", "BB"] * 12),
        an_answer(item, None, annotator="expert:3", outcome="unknown"),
        an_answer(an_item(number=1), None, annotator="expert:0", outcome="withdrawn"),
    ]
    found = measured(changed)
    assert found.alpha.value == 1.0
    assert (found.items, found.ratings, found.alpha.groups) == (24, 47, 23)


def test_one_value_alone_has_a_reason_and_never_a_number():
    found = measured(answers(*["EE"] * 30))
    assert found.alpha.value is None
    assert found.alpha.reason == "one value is all that 60 ratings say"


@pytest.mark.parametrize("said", [[], ["E."], ["EE"], ["EB"]])
def test_fewer_than_two_items_have_a_reason_and_never_a_number(said):
    found = measured(answers(*said))
    assert found.alpha.value is None
    assert found.alpha.low is None
    assert "at least 2" in found.alpha.reason


def test_few_items_have_a_value_and_no_interval():
    found = measured(worked_answers())
    assert found.alpha.low is None
    assert found.alpha.reason == "11 items with two ratings, at least 20 are needed"


def test_nobody_disagreeing_is_no_certainty():
    few, many = (measured(answers(*["EE", "BB"] * n)).alpha for n in (10, 100))
    assert few.value == many.value == few.high == 1.0
    assert few.low < many.low < 1.0
    # Half of the ratings each: chance disagrees in .513 of 40, .025 unseen in 20 is
    # a rate of .168.
    assert few.low == pytest.approx(1 - 0.1684 / 0.5128, abs=1e-3)


def test_a_class_is_compared_with_the_rest_together():
    mixed = answers(*["EE", "BB", "BC", "CB"] * 10)
    engine = measured(mixed, ("class", "E"))
    assert engine.alpha.value == 1.0
    assert engine.uses == 20
    assert measured(mixed, ("class", "C")).alpha.value < 0.0
    assert measured(mixed).alpha.value < 1.0


def test_a_class_that_hardly_occurs_has_no_interval():
    found = measured(answers("RR", *["EE"] * 40), ("class", "R"))
    assert found.alpha.value == 1.0
    assert found.uses == 2
    assert found.alpha.low is None
    assert "of resamples" in found.alpha.reason


def test_languages_and_guidelines_are_measured_by_themselves():
    old, new = digest_of("old"), digest_of("new")
    first = [an_answer(an_item(number=n), "EB"[n % 2], guideline=old) for n in range(4)]
    second = [
        an_answer(
            an_item(number=n),
            "EB"[n % 2],
            guideline=old if n < 2 else new,
            annotator="expert:2",
        )
        for n in range(4)
    ]
    languages = {an_item(number=n).id: "ar" if n < 2 else "fr" for n in range(4)}
    found = {
        one.about: one for one in agreements([*first, *second], languages=languages)
    }
    assert found["language", "ar"].alpha.groups == 2
    assert found["guideline", old].alpha.groups == 2
    assert found["guideline", new].alpha.groups == 0
    assert found["guideline", new].ratings == 2
    kinds = [kind for kind, _ in found]
    order = ["all", "class", "class", "language", "language", "guideline", "guideline"]
    assert kinds == order


def test_several_labels_are_one_value_and_each_of_them_a_class():
    both = [
        an_answer(an_item(number=n), labels=labels, annotator=who)
        for n in range(4)
        for who, labels in (("a", ("E", "B")), ("b", ("B", "E") if n else ("E",)))
    ]
    assert measured(both, ("class", "B")).uses == 7
    assert measured(both).alpha.value == pytest.approx(0.0)


def test_an_order_must_name_every_label():
    with pytest.raises(SettingsError) as refused:
        measured(answers("EE"), reading=Reading(metric="ordinal", values=("B",)))
    assert refused.value.code == "experts.no-order"
    assert "'E'" in refused.value.message


@pytest.mark.parametrize(
    "wrong", [{"level": 1.0}, {"draws": 199}, {"min_items": 1}], ids=str
)
def test_settings_outside_their_range_are_refused(wrong):
    with pytest.raises(SettingsError):
        Drawing(**wrong)


def test_an_unknown_metric_is_refused():
    with pytest.raises(SettingsError):
        Ratings(np.array([0]), np.array([0]), scale=np.arange(1.0), metric="ratio")


@pytest.mark.slow
@pytest.mark.parametrize("metric", METRICS)
def test_the_interval_holds_the_truth_as_often_as_it_says(metric):
    """150 samples of 60 items and 3 ratings; alpha of 200,000 such items is true."""

    def rated(items, chance):
        truth = chance.integers(0, 4, items).repeat(3)
        kept = chance.random(items * 3) < 0.7
        said = np.where(kept, truth, chance.integers(0, 4, items * 3))
        units = np.arange(items).repeat(3)
        return Ratings(units, said, scale=np.arange(4.0), metric=metric)

    truth = rated(200_000, np.random.default_rng(0)).alpha()
    ends = [
        interval(rated(60, np.random.default_rng(n)), Drawing(draws=400))
        for n in range(1, 151)
    ]
    held = sum(low <= truth <= high for low, high, _ in ends)
    assert held / len(ends) > 0.9
