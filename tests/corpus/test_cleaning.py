# SPDX-License-Identifier: Apache-2.0
"""The form in which a text is stored and shown."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from maalem.corpus.cleaning import clean


@given(st.text())
def test_cleaning_twice_changes_nothing_more(text):
    once, _ = clean(text)
    again, flags = clean(once)
    assert again == once
    assert set(flags) <= {"replacement-characters"}


@given(st.text(st.characters()))
def test_what_is_left_can_be_stored_as_utf8_and_is_nfc(text):
    cleaned, _ = clean(text)
    assert cleaned.encode().decode() == cleaned
    assert unicodedata.is_normalized("NFC", cleaned)


def test_lone_surrogates_are_taken_out_and_said():
    assert clean("a\ud800b") == ("ab", ("control-characters",))


def test_line_ends_and_empty_lines_are_made_one():
    assert clean("a  \r\nb\r\r\r\rc\u2028d") == ("a\nb\n\nc\nd", ())


def test_joiners_that_persian_and_emoji_need_are_kept():
    assert clean("می\u200cخواهم") == ("می\u200cخواهم", ())
