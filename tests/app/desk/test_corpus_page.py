# SPDX-License-Identifier: Apache-2.0
"""The documents: found in any spelling, shown as they are, with what nobody sees."""

import pytest

from maalem.app.desk.corpus_page import Wanted
from maalem.app.desk.listing import part_of
from maalem.app.desk.text_shown import shown
from maalem.records import Document, Finding, Passage


def a_passage(text="engine too hot", language="en", personal=()):
    return Passage(
        id="p",
        document="d",
        start=0,
        end=len(text),
        text=text,
        language=language,
        group="g",
        personal=personal,
    )


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("engine",), "ENGINE too hot"),
        (("محرك",), "المُحَــرِّك ساخن"),
        (("hot", "engine"), "engine too hot"),
        (("12",), "العدد ١٢"),
    ],
)
def test_words_are_found_in_any_form(words, text):
    assert Wanted(words=words).fits(a_passage(text))


def test_all_words_must_be_there():
    assert not Wanted(words=("engine", "cold")).fits(a_passage())


def test_language_and_personal_data_narrow_a_search():
    found = (Finding(what="email", start=0, end=3),)
    assert Wanted(is_personal=True).fits(a_passage(personal=found))
    assert not Wanted(is_personal=True).fits(a_passage())
    assert not Wanted(language="fr").fits(a_passage())
    assert Wanted(language="other").fits(a_passage(language="und"))


def test_a_search_finds_arabic_whatever_its_marks(desk_client):
    found = desk_client("owner").get("/corpus", params={"q": "المُحرك"}).text
    assert "المحرك لا يشتغل" in found
    assert "hose burst" not in found


def test_what_is_asked_for_stays_in_the_form_as_text(desk_client):
    found = desk_client("owner").get("/corpus", params={"q": '"><script>'}).text
    assert "<script>" not in found
    assert "&#34;&gt;&lt;script&gt;" in found


def test_a_document_is_shown_with_its_passages(opened, desk_client):
    document = next(opened.work.store.find(Document))
    page = desk_client("auditor").get(f"/corpus/{document.id}").text
    assert document.text.strip() in page


def test_a_document_that_is_not_there_is_not_found(desk_client):
    assert desk_client("owner").get("/corpus/sha256:00").status_code == 404


def test_an_expert_does_not_browse(desk_client):
    assert desk_client("expert").get("/corpus").status_code == 403


def test_direction_controls_are_named_and_not_obeyed():
    told = str(shown("pay \u202e001\u202c now"))
    assert "\u202e" not in told
    assert 'title="U+202E">RLO</bdi>001' in told


def test_joiners_of_arabic_words_stay():
    assert str(shown("می\u200cخواهم")) == "می\u200cخواهم"


def test_personal_data_is_marked_and_markup_is_text():
    told = str(shown("<b> a@b.ma", [Finding(what="email", start=4, end=10)]))
    assert told == '&lt;b&gt; <mark title="email">a@b.ma</mark>'


def test_findings_that_overlap_are_marked_once():
    findings = [
        Finding(what="phone", start=0, end=4),
        Finding(what="card", start=2, end=6),
    ]
    assert str(shown("123456", findings)) == '<mark title="phone">1234</mark>56'


def test_a_part_reads_no_further_than_it_shows():
    def endless():
        number = 0
        while True:
            yield number
            number += 1

    second = part_of(endless(), 2, size=10, asked={"q": "a b", "language": ""})
    assert second.rows == tuple(range(10, 20))
    assert not second.is_last
    assert second.query(3) == "q=a+b&part=3"
    assert part_of(range(20), 2, size=10).is_last
    assert part_of(range(20), -3, size=10).number == 1
