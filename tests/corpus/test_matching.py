# SPDX-License-Identifier: Apache-2.0
"""When two texts count as the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maalem.corpus import matching_key


@given(st.text())
def test_the_key_of_a_key_is_the_key(text):
    assert matching_key(matching_key(text)) == matching_key(text)


@given(st.text())
def test_case_of_ascii_and_spaces_around_do_not_matter(text):
    assert matching_key(f"  {text}\n") == matching_key(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Fuite d'HUILE", "fuite  d'huile"),
        ("مُحَرِّك", "محرك"),
        ("محـــرك", "محرك"),
        ("أحمد إلى آخره", "احمد الي اخره"),
        ("المضخة", "المضخه"),
        ("٠٦١٢", "0612"),
        ("۰۶۱۲", "0612"),
        ("ﻣﺤﺮﻙ", "محرك"),
        ("ｏｉｌ", "oil"),
        ("a\u200bb\u202e", "ab"),
        ("e\u0301té", "été"),
    ],
)
def test_forms_of_one_text_have_one_key(one, other):
    assert matching_key(one) == matching_key(other)


@pytest.mark.parametrize(
    ("one", "other"), [("oil leak", "oil leaks"), ("été", "ete"), ("ماء", "ما")]
)
def test_different_words_keep_different_keys(one, other):
    assert matching_key(one) != matching_key(other)
