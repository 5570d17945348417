# SPDX-License-Identifier: Apache-2.0
"""How far two answers are apart, by the measure that is fit for their kind."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.experts.builders import a_task, an_answer, an_item, changed

from maalem.experts.comparing import comparing, kendall, masi, overlap
from maalem.records import Span
from maalem.tasks import LabelDefinition
from maalem.tasks.labels import Criterion

sets = st.frozensets(st.sampled_from("abcde"), min_size=1)
orders = st.permutations(range(5))
spans = st.lists(
    st.tuples(st.integers(0, 30), st.integers(1, 9)).map(lambda s: (s[0], sum(s))),
    max_size=4,
)
RATED = changed(
    a_task(),
    answer="rate",
    kind="generate",
    criteria=(Criterion(name="true"), Criterion(name="clear", lowest=0, highest=10)),
)


def scores(true, clear):
    said = (("true", true), ("clear", clear))
    return comparing(RATED).value(an_answer(an_item(), None, ratings=said))


@given(one=sets, other=sets)
def test_masi_is_that_of_nltk(one, other):
    """It rounds its two thirds and one third to two places."""
    nltk = pytest.importorskip("nltk.metrics")
    assert masi(one, other) == pytest.approx(nltk.masi_distance(one, other), abs=0.005)


def test_masi_is_what_its_paper_says():
    # Passonneau (2006), section 3: Jaccard times 1, 2/3, 1/3 or 0.
    assert masi("ab", "ba") == 0.0
    assert masi("ab", "abc") == pytest.approx(1 - 2 / 3 * 2 / 3)
    assert masi("ab", "bc") == pytest.approx(1 - 1 / 3 * 1 / 3)
    assert masi("ab", "cd") == 1.0


@given(one=orders, other=orders)
def test_orders_are_apart_by_kendall_s_tau(one, other):
    stats = pytest.importorskip("scipy.stats")
    places = [[order.index(option) for option in range(5)] for order in (one, other)]
    tau = stats.kendalltau(*places).statistic
    assert kendall(one, other) == pytest.approx((1 - tau) / 2)


@given(one=spans, other=spans)
def test_marks_are_apart_by_the_characters_that_one_alone_marks(one, other):
    def marked(several):
        return [any(a <= place < b for a, b in several) for place in range(40)]

    pairs = list(zip(marked(one), marked(other), strict=True))
    either = sum(a or b for a, b in pairs)
    both = sum(a and b for a, b in pairs)
    wanted = 1 - both / either if either else 0.0
    assert overlap(one, other) == pytest.approx(wanted)


def test_labels_of_one_heading_are_nearer_than_others():
    task = a_task(
        "Machine",
        LabelDefinition(name="Oil", parent="Machine"),
        LabelDefinition(name="Leak", parent="Oil"),
        LabelDefinition(name="Low", parent="Oil"),
        LabelDefinition(name="Engine", parent="Machine"),
        "Driver",
    )
    how = comparing(task)
    assert how.is_tree
    # Wu and Palmer: twice the depth of what is above both, over both depths.
    assert how.distance(("Leak",), ("Low",)) == pytest.approx(1 - 2 * 2 / (3 + 3))
    assert how.distance(("Leak",), ("Engine",)) == pytest.approx(1 - 2 / (3 + 2))
    assert how.distance(("Leak",), ("Driver",)) == 1.0
    assert comparing(a_task("A", "B")).distance(("A",), ("B",)) == 1.0


def test_scores_are_apart_by_the_criterion_that_differs_most():
    how = comparing(RATED)
    assert how.distance(scores(4, 10), scores(5, 10)) == 0.25
    assert how.distance(scores(4, 10), scores(5, 0)) == 1.0
    assert how.distance(scores(4, 10), scores(4, 10)) == 0.0


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("Filter  BLOCKED", "filter blocked", True),
        ("مُحَرِّك", "محرك", True),
        ("filter blocked.", "filter blocked", False),
    ],
)
def test_texts_are_the_same_but_for_their_form(one, other, is_same):
    how = comparing(changed(a_task(), answer="write", kind="generate"))
    values = [how.value(an_answer(an_item(), None, text=text)) for text in (one, other)]
    assert (how.distance(*values) == 0.0) == is_same


KINDS = {
    "choose": [("a",), ("b",), ("c",)],
    "choose-several": [("a",), ("a", "b"), ("c",)],
    "compare": [("first",), ("second",), ("both",)],
    "mark": [((0, 4),), ((2, 6),), ((9, 12), (20, 21))],
    "rate": [scores(1, 0), scores(5, 3), scores(2, 2)],
    "rank": list(permutations(range(3)))[:3],
    "write": [("a",), ("b",), ("c d",)],
}


@pytest.mark.parametrize("answer", KINDS)
def test_a_distance_is_even_both_ways_and_nothing_to_itself(answer):
    how = changed(comparing(RATED), answer=answer)
    for one in KINDS[answer]:
        for other in KINDS[answer]:
            apart = how.distance(one, other)
            assert apart == how.distance(other, one)
            assert (apart == 0.0) == (one == other)
            assert apart <= 1.0
    assert how.apart(KINDS[answer][:1]) == 0.0


def test_what_a_mark_is_compared_by_are_its_places():
    how = comparing(changed(a_task(), answer="mark", kind="search"))
    span = Span(start=0, end=3, quote="oil")
    assert how.value(an_answer(an_item(), None, spans=(span,))) == ((0, 3),)
