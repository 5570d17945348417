# SPDX-License-Identifier: Apache-2.0
"""A classifier's answer names its most probable label."""

from hypothesis import given
from hypothesis import strategies as st

from maalem.records import LabelScores

CHANCES = st.lists(st.floats(0, 1), min_size=1, max_size=6)


@given(CHANCES)
def test_the_label_is_the_first_of_the_most_probable(chances):
    labels = tuple(f"label {number}" for number in range(len(chances)))
    scores = LabelScores(labels=labels, probabilities=tuple(chances))
    place = labels.index(scores.label)
    assert scores.probability == max(chances) == chances[place]
    assert all(chance < chances[place] for chance in chances[:place])
