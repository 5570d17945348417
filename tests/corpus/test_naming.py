# SPDX-License-Identifier: Apache-2.0
"""File names as they may be shown."""

from hypothesis import given
from hypothesis import strategies as st

from maalem.corpus.naming import safe_name


@given(st.text(max_size=600))
def test_a_shown_name_is_printable_and_short(name):
    shown = safe_name(name)
    assert shown.isprintable()
    assert len(shown) <= 200


def test_long_names_that_differ_stay_different():
    assert safe_name("x" * 4000 + "a") != safe_name("x" * 4001 + "a")


def test_a_byte_that_is_not_utf8_is_shown_as_such():
    assert safe_name("caf\udce9.txt") == "caf\\xe9.txt"
