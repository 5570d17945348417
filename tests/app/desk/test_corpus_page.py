# SPDX-License-Identifier: Apache-2.0
"""The documents: found in any spelling, shown as they are, with what nobody sees."""

import pytest
from tests.store.builders import a_store

from maalem.app.desk.listing import part_of
from maalem.app.desk.text_shown import excerpt, shown
from maalem.app.steps.searching import Wanted, index_words, search
from maalem.corpus.seeking import places_of, read_question
from maalem.records import Document, Finding, Passage, digest_of

TEXTS = {
    "hot": ("engine too hot", "en"),
    "cold": ("cold engine, call 0600000000", "en"),
    "arabic": ("المُحَــرِّك ساخن", "ar"),
    "french": ("À l'élève", "fr"),
    "number": ("العدد ١٢", "und"),
}


def a_passage(name, text="engine too hot", language="en"):
    return Passage(
        id=digest_of(name),
        document=digest_of("document"),
        start=0,
        end=len(text),
        text=text,
        language=language,
        group="g",
        personal=tuple(
            Finding(what="phone", start=place, end=place + 10)
            for place in [text.find("0600000000")]
            if place >= 0
        ),
    )


@pytest.fixture
def store(tmp_path):
    with a_store(tmp_path / "found") as store:
        store.append(
            "corpus.add",
            [a_passage(name, *given) for name, given in TEXTS.items()],
        )
        yield store


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("ENGINE", {"hot", "cold"}),
        ("engin hot", {"hot"}),
        ('"engine too"', {"hot"}),
        ('"too engine"', set()),
        ("محرك", {"arabic"}),
        ("المُحَــرِّك", {"arabic"}),
        ("eleve", {"french"}),
        ("l'élève", {"french"}),
        ("12", {"number"}),
        ("---", None),
    ],
)
def test_words_are_found_in_any_form(store, typed, found):
    wanted = Wanted(sought=read_question(typed))
    if found is None:
        assert wanted == Wanted()
        return
    names = {digest_of(name): name for name in TEXTS}
    assert {names[one] for one in search(store, wanted)} == found


def test_language_and_personal_data_narrow_a_search(store):
    names = {digest_of(name): name for name in TEXTS}

    def found(**wanted):
        return [names[one] for one in search(store, Wanted(**wanted))]

    assert found(language="fr") == ["french"]
    assert found(language="other") == ["number"]
    assert found(is_personal=True) == ["cold"]
    assert found(is_personal=True, language="fr") == []
    assert found(language="en", sought=read_question("engine")) == ["hot", "cold"]
    assert found(language='"; DROP', sought=read_question("engine")) == []


def test_what_is_stored_later_is_found_at_once(store):
    wanted = Wanted(sought=read_question("newest"))
    assert list(search(store, wanted)) == []
    store.append("corpus.add", [a_passage("later", text="the newest one")])
    assert list(search(store, wanted)) == [digest_of("later")]


def test_passages_of_an_older_project_are_indexed_once_and_told(store):
    told = []
    index_words(store, lambda *said: told.append(said))
    index_words(store, lambda *said: told.append(said))
    assert told == [("index words", len(TEXTS), len(TEXTS))]


def test_what_is_found_is_shown_from_where_it_stands_and_marked(desk_client):
    found = desk_client("owner").get("/corpus", params={"q": "المُحرك"}).text
    assert '<mark class="sought">المحرك</mark> لا يشتغل' in found


def test_an_excerpt_begins_at_a_word_before_the_first_place():
    text = "before " * 80 + "the oil leak" + " after" * 80
    places = places_of(text, read_question("oil"))
    part = excerpt(text, places, length=120)
    assert part.is_begun
    assert part.is_cut
    assert str(part.shown).startswith("before before")
    assert '<mark class="sought">oil</mark> leak' in str(part.shown)
    whole = excerpt("an oil leak", [(3, 6)], length=120)
    assert (whole.is_begun, whole.is_cut) == (False, False)


def test_an_excerpt_of_what_was_not_sought_is_the_beginning():
    part = excerpt("<b> word " * 40, [], length=8)
    assert str(part.shown) == "&lt;b&gt; word"
    assert part.is_cut


def test_a_search_finds_arabic_whatever_its_marks(desk_client):
    found = desk_client("owner").get("/corpus", params={"q": "المُحرك"}).text
    assert "لا يشتغل" in found
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
