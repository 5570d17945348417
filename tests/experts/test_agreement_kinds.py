# SPDX-License-Identifier: Apache-2.0
"""Agreement on every kind of answer, against a published example and other oracles."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.experts.builders import a_task, an_answer, an_item, changed
from tests.experts.test_agreement import PUBLISHED, worked_answers
from tests.experts.test_settling_kinds import TASKS

from maalem.experts import agreement_kinds
from maalem.experts.agreement_kinds import METRICS, agreements_on, metric_of
from maalem.experts.alpha import Drawing
from maalem.experts.comparing import comparing, kendall, masi
from maalem.experts.distance_alpha import by_distance, matrix_of
from maalem.experts.resampling import interval
from maalem.records import Span
from maalem.tasks import LabelDefinition
from maalem.tasks.definition import ANSWERS
from maalem.tasks.labels import Criterion

QUICK = Drawing(draws=200)
LONG = "oil leak at the boom cylinder"


def measured(annotations, task, about=("all", ""), **settings):
    settings = {"languages": {}, "lengths": {}, "drawing": QUICK, **settings}
    found = agreements_on(annotations, comparing(task), **settings)
    (one,) = [one for one in found if one.about == about]
    return one


def by_definition(items, distance):
    """Alpha by every pair, as section D of Krippendorff (2011) writes it down."""
    several = [said for said in items if len(said) > 1]
    every = [value for said in several for value in said]
    seen = sum(
        distance(one, other) / (len(said) - 1)
        for said in several
        for one in said
        for other in said
    )
    could = sum(distance(one, other) for one in every for other in every)
    return 1 - (len(every) - 1) * seen / could if could else np.nan


def drawn(seed, make, *, items=40):
    """Answers of three experts, of whom two see what is right most of the time."""
    chance = np.random.default_rng(seed)
    answers, values = [], []
    for number in range(items):
        right = make(chance)
        said = [right if chance.random() < 0.7 else make(chance) for _ in range(3)]
        said = said[: chance.integers(1, 4)]
        values.append([one[1] for one in said])
        answers += [
            an_answer(an_item(number=number), None, annotator=f"expert:{n}", **one[0])
            for n, one in enumerate(said)
        ]
    return answers, values


def a_set(chance):
    labels = [one for one in ("Bucket", "Cab", "Engine") if chance.random() < 0.5]
    labels = tuple(labels or ["Hoist"])
    return {"labels": labels}, labels


def an_order(chance):
    order = tuple(int(one) for one in chance.permutation(4))
    return {"ranking": order}, order


def a_text(chance):
    text = ("a leak", "an oil leak", "low oil", "hot")[chance.integers(4)]
    return {"text": text}, text


@pytest.mark.parametrize(
    ("answer", "make", "distance"),
    [
        ("choose-several", a_set, masi),
        ("rank", an_order, kendall),
        ("write", a_text, lambda one, other: float(one != other)),
    ],
)
def test_alpha_is_what_every_pair_of_answers_gives(answer, make, distance):
    for seed in range(5):
        answers, values = drawn(seed, make)
        found = measured(answers, TASKS[answer])
        assert found.alpha.value == pytest.approx(by_definition(values, distance))
        assert found.alpha.low <= found.alpha.value <= found.alpha.high


def test_alpha_of_sets_is_that_of_nltk():
    """Its own alpha, by its own masi, which rounds to two places."""
    agreement = pytest.importorskip("nltk.metrics.agreement")
    nltk = pytest.importorskip("nltk.metrics")
    for seed in range(5):
        answers, values = drawn(seed, a_set)
        several = [said for said in values if len(said) > 1]
        data = [
            (f"expert:{who}", f"item:{number}", frozenset(said))
            for number, one in enumerate(several)
            for who, said in enumerate(one)
        ]
        theirs = agreement.AnnotationTask(data=data, distance=nltk.masi_distance)
        found = measured(answers, TASKS["choose-several"])
        assert found.alpha.value == pytest.approx(theirs.alpha(), abs=0.005)


def test_scores_on_one_criterion_give_the_published_alpha():
    """The worked example of Krippendorff (2011), whose interval alpha is 0.849."""
    task = changed(TASKS["rate"], criteria=(Criterion(name="clear"),))
    scored = [
        changed(one, labels=(), ratings=(("clear", int(one.labels[0])),))
        for one in worked_answers()
    ]
    whole = measured(scored, task)
    assert whole.alpha.value == pytest.approx(PUBLISHED["interval"], abs=0.0005)
    of_one = measured(scored, task, ("criterion", "clear"))
    assert of_one.alpha.value == pytest.approx(PUBLISHED["ordinal"], abs=0.0005)


def test_scores_on_several_criteria_are_compared_by_their_mean_square():
    task = TASKS["rate"]

    def make(chance):
        true, clear = (int(one) for one in chance.integers(1, 6, 2))
        return {"ratings": (("true", true), ("clear", clear))}, (true, clear)

    def apart(one, other):
        return sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) / 2 / 16

    for seed in range(5):
        answers, values = drawn(seed, make)
        found = measured(answers, task)
        assert found.alpha.value == pytest.approx(by_definition(values, apart))


def test_labels_in_a_tree_are_compared_by_how_far_up_they_meet():
    task = a_task(
        "Oil",
        LabelDefinition(name="Leak", parent="Oil"),
        LabelDefinition(name="Low", parent="Oil"),
        "Bucket",
    )
    names, how = ("Leak", "Low", "Bucket"), comparing(task)

    def make(chance):
        label = names[chance.integers(3)]
        return {"labels": (label,)}, (label,)

    answers, values = drawn(3, make)
    assert metric_of(how) == "tree"
    found = measured(answers, task)
    assert found.alpha.value == pytest.approx(by_definition(values, how.distance))
    assert measured(answers, task, ("class", "Leak")).uses > 0


def test_marks_are_compared_character_by_character():
    krippendorff = pytest.importorskip("krippendorff")
    chance = np.random.default_rng(2)
    answers, columns, length = [], [], len(LONG)
    for number in range(12):
        rows = np.zeros((3, length))
        for who in range(3):
            start = int(chance.integers(0, 15))
            end = start + int(chance.integers(3, 14))
            rows[who, start:end] = 1
            span = Span(start=start, end=end, quote=LONG[start:end])
            item = an_item(number=number)
            answers.append(
                an_answer(item, None, annotator=f"expert:{who}", spans=(span,))
            )
        columns.append(rows)
    lengths = {an_item(number=number).id: length for number in range(12)}
    theirs = krippendorff.alpha(
        np.concatenate(columns, axis=1), level_of_measurement="nominal"
    )
    found = measured(answers, TASKS["mark"], lengths=lengths)
    assert found.alpha.value == pytest.approx(theirs, abs=1e-9)
    assert (found.alpha.groups, found.alpha.count, found.pairs) == (12, 36, 36)


@pytest.mark.parametrize("metric", ["nominal", "interval"])
def test_alpha_by_a_distance_is_that_of_the_krippendorff_package(metric):
    krippendorff = pytest.importorskip("krippendorff")
    for seed in range(10):
        chance = np.random.default_rng(seed)
        said = chance.integers(0, 5, (4, 15)).astype(float)
        said[chance.random(said.shape) < 0.3] = np.nan
        items = [[int(v) for v in column if not np.isnan(v)] for column in said.T]
        square = matrix_of(range(5), lambda one, other: float(one - other) ** 2)
        distance = square if metric == "interval" else None
        theirs = krippendorff.alpha(
            said, level_of_measurement=metric, value_domain=list(range(5))
        )
        ours = by_distance(items, distance, values=5)
        assert ours.alpha() == pytest.approx(theirs, abs=1e-9)


@given(st.lists(st.lists(st.integers(0, 3), max_size=4), max_size=8))
def test_a_matrix_of_ones_is_the_nominal_distance(items):
    ones = np.ones((4, 4)) - np.eye(4)
    by_matrix, by_name = (by_distance(items, one, values=4) for one in (ones, None))
    assert by_matrix.alpha() == pytest.approx(by_name.alpha(), nan_ok=True)
    assert (by_matrix.items, by_matrix.count) == (by_name.items, by_name.count)


def test_the_interval_covers_what_is_true_about_as_often_as_it_promises():
    """Of a known alpha: two who each say what is right with a chance of 0.8."""
    hits, true = 0, (2 * 0.8 - 1) ** 2
    for seed in range(60):
        chance = np.random.default_rng(seed)
        right = chance.integers(0, 2, 120)
        said = [right ^ (chance.random(120) > 0.8) for _ in range(2)]
        items = [[int(a), int(b)] for a, b in zip(*said, strict=True)]
        low, high, _ = interval(by_distance(items, None, values=2), QUICK)
        hits += low <= true <= high
    assert 52 <= hits <= 60


def test_where_nobody_disagrees_the_lower_end_is_below_one():
    items = [[number % 3, number % 3] for number in range(30)]
    apart = by_distance(items, None, values=3)
    low, high, _ = interval(apart, QUICK)
    assert apart.alpha() == high == 1.0
    assert 0.5 < low < 1.0


def test_too_few_items_and_too_many_different_answers_are_said(monkeypatch):
    answers, _ = drawn(1, an_order)
    found = measured(answers[:3], TASKS["rank"])
    assert found.alpha.value is None
    assert "at least 2 are needed" in found.alpha.reason
    monkeypatch.setattr(agreement_kinds, "_MOST", 3)
    many = measured(answers, TASKS["rank"])
    assert many.alpha.value is None
    assert "at most 3 are compared" in many.alpha.reason


def test_agreement_stands_by_language_and_guideline_too():
    answers, _ = drawn(1, a_text)
    languages = {an_item(number=n).id: ("ar", "fr")[n % 2] for n in range(40)}
    marked = [changed(one, guideline="sha256:g") for one in answers]
    for about in (("language", "ar"), ("language", "fr"), ("guideline", "sha256:g")):
        found = measured(marked, TASKS["write"], about, languages=languages)
        assert found.ratings > 0


def test_every_kind_of_answer_has_a_distance():
    assert set(METRICS) == set(ANSWERS)
