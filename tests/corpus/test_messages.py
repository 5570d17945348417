# SPDX-License-Identifier: Apache-2.0
"""Laws of texts that come by themselves: whole, linked, in a group that fits."""

import hashlib

from hypothesis import assume, given
from hypothesis import strategies as st

from maalem.corpus import NearDuplicateIndex
from maalem.corpus.cleaning import clean
from maalem.corpus.messages import read_message
from maalem.corpus.pseudonyms import KEY_BYTES, Pseudonyms

TEXT = (
    "the compressor belt squeals when the morning is cold and the yard is wet, and it "
    "stops once the engine has run for ten minutes or the driver has tightened it"
)


def half(group):
    """True of about half of all names."""
    return hashlib.sha256(group.encode()).digest()[0] < 128


def read(text, index=None, *, fits=half, **more):
    index = NearDuplicateIndex() if index is None else index
    return read_message(
        text, source="gateway", place="request 1", index=index, fits=fits, **more
    )


@given(st.text(max_size=300))
def test_a_text_is_one_passage_whose_group_fits(text):
    shown, flags = clean(text)
    assume(shown)
    document, passage = read(text)
    assert (passage.text, document.text, document.flags) == (shown, shown, flags)
    assert passage.group == passage.id
    assert half(passage.group)


@given(st.text(min_size=1, max_size=80).filter(lambda text: clean(text)[0]))
def test_the_same_text_is_the_same_document_whenever_it_comes(text):
    assert read(text) == read(text)


def test_what_comes_later_and_is_nearly_the_same_joins_the_group():
    index = NearDuplicateIndex()
    _, first = read(TEXT, index)
    _, near = read(f"{TEXT} again", index)
    _, same = read(TEXT.replace(" ", "  "), index)
    assert near.near == (first.id,)
    assert near.group == first.group
    assert same.same_as == first.id


def test_a_text_has_no_date_so_that_it_is_never_of_a_later_exam():
    document, passage = read(TEXT)
    assert (document.date, passage.date) == (None, None)


def test_personal_data_is_marked_or_replaced_as_in_files():
    text = "write to amina@example.org about the belt"
    _, marked = read(text)
    assert [one.what for one in marked.personal] == ["email"]
    document, spared = read(text, pseudonyms=Pseudonyms(b"k" * KEY_BYTES))
    assert "amina" not in spared.text
    assert [one.what for one in spared.personal] == ["email"]
    assert document.file != read(text)[0].file
