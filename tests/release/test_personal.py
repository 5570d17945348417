# SPDX-License-Identifier: Apache-2.0
"""A release says what personal data was replaced, what stands, what nobody sought."""

import re

import pytest
from tests.release.builders import some_contents

from maalem.corpus.privacy import PersonalData
from maalem.release.card import render_card
from maalem.release.page import render_page

FOUND = PersonalData(left=(("phone", 2), ("iban", 1)), replaced=(("email", 7),))


@pytest.mark.parametrize(
    ("language", "limits", "left"),
    [
        ("en", "dates of birth, pictures", "left in the texts"),
        ("fr", "dates de naissance, images", "laissées dans les textes"),
        ("ar", "وتواريخ الميلاد والصور", "باقية في النصوص"),
    ],
)
def test_the_page_tells_it_in_its_language(tmp_path, language, limits, left):
    contents = some_contents(tmp_path, personal=FOUND)
    page = render_page(contents, signer="ab", language=language)
    assert limits in page
    assert left in page
    counts = re.findall(r'<span class="line">.*?<bdi>(\d+)</bdi></span>', page)
    assert {"7", "2", "1"} <= {*counts}


def test_a_release_without_pseudonyms_says_that_nothing_was_replaced(tmp_path):
    page = render_page(some_contents(tmp_path, personal=PersonalData()), signer="ab")
    assert "Nothing was replaced." in page
    assert "None of the kinds that are looked for was found." in page


def test_the_card_tells_it_in_three_languages(tmp_path):
    card = render_card(some_contents(tmp_path, personal=FOUND), signer="ab")
    for words in ("names of persons", "noms de personnes", "أسماء الأشخاص"):
        assert words in card
    assert card.count("email 7") == 3


def test_a_card_of_contents_that_nobody_counted_says_not_recorded(tmp_path):
    card = render_card(some_contents(tmp_path), signer="ab")
    assert "## Personal data\n\nnot recorded\n" in card
