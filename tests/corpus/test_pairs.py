# SPDX-License-Identifier: Apache-2.0
"""All near duplicates among some texts, and no others."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maalem.corpus import near_duplicate_pairs
from maalem.corpus.matching import words_of
from maalem.corpus.shingles import jaccard, long_features, short_features
from maalem.errors import DataError

WORDS = st.sampled_from(
    ["oil", "leak", "pump", "motor", "hose", "blown", "left", "right", "tank", "x"]
)
TEXTS = st.lists(st.lists(WORDS, max_size=16).map(" ".join), max_size=14)


def similarity(one, other):
    first, second = words_of(one), words_of(other)
    return max(
        jaccard(short_features(first), short_features(second)),
        jaccard(long_features(first), long_features(second)),
    )


@given(TEXTS, st.sampled_from([0.3, 0.5, 0.7, 0.8, 1.0]))
def test_it_finds_just_what_comparing_all_pairs_finds(texts, threshold):
    expected = [
        (first, second, similarity(texts[first], texts[second]))
        for first, second in combinations(range(len(texts)), 2)
        if similarity(texts[first], texts[second]) >= threshold
    ]
    assert near_duplicate_pairs(texts, threshold=threshold) == expected


def test_whitespace_case_and_diacritics_hide_no_copy():
    texts = ["المُحَرِّك مُعَطَّل", "المحرك  معطل", "Fuite d'huile", "FUITE D'HUILE!"]
    assert near_duplicate_pairs(texts) == [(0, 1, 1.0), (2, 3, 1.0)]


def test_short_texts_about_other_things_are_not_near():
    assert near_duplicate_pairs(["engine oil leak", "hydraulic oil leak"]) == []


def test_texts_on_the_border_of_short_and_long_are_compared():
    short = "replace the left hydraulic pump of the big excavator at the yard"
    long = short + " today please"
    assert len(words_of(short)) == 12
    assert near_duplicate_pairs([short, long])[0][:2] == (0, 1)


def test_texts_without_words_are_near_to_none_but_their_like():
    assert near_duplicate_pairs(["", "", "?!", "?!", "a"]) == [(2, 3, 1.0)]


def test_a_threshold_outside_its_range_is_a_mistake():
    with pytest.raises(ValueError, match="threshold"):
        near_duplicate_pairs(["a", "b"], threshold=0.0)


def test_a_flood_of_pairs_is_refused_not_answered():
    with pytest.raises(DataError) as refused:
        near_duplicate_pairs(["the same text"] * 2500)
    assert refused.value.code == "corpus.too-many-pairs"
