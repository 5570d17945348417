# SPDX-License-Identifier: Apache-2.0
"""Documents are cut into passages."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from maalem.corpus import NearDuplicateIndex
from maalem.corpus.passages import cut, spans
from maalem.records import Document, digest_bytes

NAME = digest_bytes(b"x")


def a_document(text, *, group=None, name="d"):
    number = digest_bytes(name.encode())
    return Document(id=number, source="x", place="", file=NAME, text=text, group=group)


@given(st.text(max_size=300), st.integers(1, 60))
def test_spans_lose_nothing_but_white_space_and_keep_to_the_room(text, room):
    found = spans(text, max_characters=room)
    kept = "".join(text[start:end] for start, end in found)
    assert "".join(kept.split()) == "".join(text.split())
    assert all(0 < end - start <= room for start, end in found)
    assert all(one[1] <= two[0] for one, two in pairwise(found))


def test_a_cut_falls_on_a_paragraph_before_a_sentence_before_a_word():
    text = "One two. Three four.\n\nFive six. Seven eight nine ten."
    parts = [text[start:end] for start, end in spans(text, max_characters=32)]
    assert parts == ["One two. Three four.", "Five six. Seven eight nine ten."]


def test_all_passages_of_a_document_are_of_one_group():
    text = "\n\n".join(f"paragraph {n} speaks of matter {n * 7}." for n in range(40))
    with NearDuplicateIndex() as index:
        first = cut(a_document(text), max_characters=200, index=index)
        copy = cut(a_document(text, name="e"), max_characters=200, index=index)
    assert len(first) > 3
    assert {one.group for one in (*first, *copy)} == {first[0].id}


def test_a_mapped_group_is_kept_as_it_is():
    with NearDuplicateIndex() as index:
        document = a_document("some text", group="machine 7")
        assert cut(document, max_characters=200, index=index)[0].group == "machine 7"


def test_a_document_without_text_has_no_passage():
    with NearDuplicateIndex() as index:
        assert cut(a_document(""), max_characters=200, index=index) == ()
