# SPDX-License-Identifier: Apache-2.0
"""What is typed in one form finds what was written in another, where it stands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maalem.corpus.seeking import Sought, places_of, read_question, words_for_seeking

LETTERS = st.text("aé œ'-\"كا لوةأُـ\u200d\u00ad12_🚜ß½", max_size=30)


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("Fuite d'HUILE", "huile"),
        ("élève chauffé", "eleve chauffe"),
        ("eleve", "élève"),
        ("œuvre", "oeuvre"),
        ("Straße", "strasse"),
        ("مُحَرِّك", "محرك"),
        ("محـــرك", "محرك"),
        ("والمحرك", "محرك"),
        ("بالمحرك", "المحرك"),
        ("للمضخة", "مضخه"),
        ("أُوقفت الآلة", "اوقفت"),
        ("العدد ١٢", "12"),
        ("ex\u00adam", "exam"),
        ("ﷺ", "عليه"),
    ],
)
def test_forms_of_a_word_find_each_other(written, typed):
    assert places_of(written, read_question(typed))


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("huile", "uile"),
        ("ولد", "لد"),
        ("الم", "لم"),
        ("an engine", "en"),
        ("moteur très chaud", '"moteur chaud"'),
    ],
)
def test_what_only_looks_alike_is_not_found(written, typed):
    assert not places_of(written, read_question(typed))


def test_places_are_code_points_of_the_text_as_it_is_shown():
    text = "🚜 L'élève: المُحَرِّك!"
    places = places_of(text, read_question("eleve محرك"))
    assert [text[start:end] for start, end in places] == ["élève", "المُحَرِّك"]


def test_a_phrase_is_one_place_and_places_do_not_overlap():
    text = "oil leak, oil leak"
    assert places_of(text, read_question('"oil leak" leak')) == [(0, 8), (10, 18)]


def test_a_question_reads_quotes_and_joined_words_as_phrases():
    assert read_question('hydr "oil leak" d\'huile "open') == (
        Sought(("hydr",), goes_on=True),
        Sought(("oil", "leak")),
        Sought(("d", "huile"), goes_on=True),
        Sought(("open",), goes_on=True),
    )
    assert read_question("to «fuite d'huile»") == (
        Sought(("to",)),
        Sought(("fuite", "d", "huile")),
    )
    assert read_question('"" --- ') == ()
    assert len(read_question(" ".join(f"word{n}" for n in range(99)))) == 16


@given(LETTERS)
def test_words_are_letters_that_a_database_takes_as_they_are(text):
    for word in words_for_seeking(text):
        assert word
        assert all(one.isalnum() or one == "_" for one in word)


@given(LETTERS, LETTERS)
def test_every_text_is_found_by_its_own_words(before, text):
    words = tuple(words_for_seeking(text))
    if words:
        assert places_of(f"{before} {text}", [Sought(words)])


@given(LETTERS, LETTERS)
def test_places_lie_in_the_text_in_order(text, typed):
    last = 0
    for start, end in places_of(text, read_question(typed)):
        assert last <= start < end <= len(text)
        last = end
