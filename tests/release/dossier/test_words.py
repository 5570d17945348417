# SPDX-License-Identifier: Apache-2.0
"""Every string of the dossier is there in every language, and in its own words."""

import re
import tomllib
from importlib import resources

import pytest
from tests.release.dossier.builders import a_dossier

from maalem.release.dossier import PAGES, render_dossier
from maalem.release.dossier.fields import Statement
from maalem.release.dossier.law import SOURCES
from maalem.release.dossier.outline import CHAPTERS, PERSONS, keys
from maalem.release.dossier.page import dossier_wording

HOME = resources.files("maalem.release.dossier")
OTHERS = [language for language in PAGES if language != "en"]
SIGNS = {"{value} FLOP", "IBAN", "Macro-F1"}
"""What is alike in every language."""
COUSINS = {"Document", "2. Sources", "licence", "machine", "version"}
"""What is alike in English and French."""
LETTERS = re.compile(r"[A-Za-z]{3,}")
NAMED = re.compile(r"\{\w+\}")


def catalogue(language):
    text = (HOME / "catalogues" / f"{language}.toml").read_text("utf-8")
    return {
        (table, name): told
        for table, strings in tomllib.loads(text).items()
        for name, told in strings.items()
    }


def sources():
    files = [*HOME.iterdir(), *(HOME / "templates").iterdir()]
    return "".join(
        one.read_text("utf-8") for one in files if one.name.endswith((".py", ".jinja"))
    )


@pytest.mark.parametrize("language", OTHERS)
def test_every_catalogue_has_the_same_strings_with_the_same_places(language):
    english, told = catalogue("en"), catalogue(language)
    assert list(told) == list(english)
    for key, text in told.items():
        assert set(NAMED.findall(text)) == set(NAMED.findall(english[key])), key


@pytest.mark.parametrize("language", OTHERS)
def test_no_string_is_left_in_english(language):
    english = catalogue("en")
    same = {
        text
        for key, text in catalogue(language).items()
        if text == english[key] and text not in SIGNS
    }
    assert same == (COUSINS if language == "fr" else set())


def test_no_arabic_string_has_latin_words_but_names():
    names = {"FLOP", "IBAN", "JSON", "Macro"}
    for key, text in catalogue("ar").items():
        assert set(LETTERS.findall(NAMED.sub("", text))) <= names, key


def test_the_catalogue_names_what_the_documents_ask_for_and_nothing_else():
    known = {table: set() for table, _ in catalogue("en")}
    for table, name in catalogue("en"):
        known[table].add(name)
    sections = {f"{c}_{s}" for c, parts in CHAPTERS.items() for s, _ in parts}
    assert known["field"] == set(keys())
    assert known["chapter"] == known["lead"] == set(CHAPTERS)
    assert known["section"] == sections
    assert known["law"] == {one.name for one in SOURCES}
    assert set(keys()) >= PERSONS


def test_no_string_of_the_catalogue_is_idle():
    said = sources()
    for table, name in catalogue("en"):
        if table == "page":
            assert f"page_{name}" in said, name
        elif table in ("name", "term") and not name.startswith("personal_"):
            bare = name.removeprefix("rule_").removeprefix("outcome_")
            bare = bare.replace("_f1", "-f1")
            kinds = ("single", "unanimous", "majority", "close", "adjudicated")
            splits = ("teaching", "calibration", "exam", "later")
            metrics = ("log_loss", "calibration_error")
            assert bare in said or bare in (*kinds, *splits, *metrics), name


def test_every_name_and_term_of_a_dossier_is_known(tmp_path):
    words = dossier_wording("ar")
    for fact in a_dossier(tmp_path).facts:
        for part in fact.value:
            if part.shape == "term":
                assert words.known(f"term_{part.value}")
            if part.name.startswith("@"):
                name = part.name[1:].replace("-", "_")
                assert words.known(f"name_{name}") or words.known(name), name


def test_an_arabic_page_reads_from_right_to_left(tmp_path):
    page = render_dossier(a_dossier(tmp_path), language="ar", pages=PAGES)
    assert '<html lang="ar" dir="rtl">' in page
    assert 'href="dossier.fr.html"' in page


def test_what_people_write_is_escaped_and_told_in_the_readers_language(tmp_path):
    said = Statement(
        text="<b>sort</b>",
        by="<i>Amina</i>",
        date="2026-11-24",
        texts=(("fr", "trier"),),
    )
    dossier = a_dossier(tmp_path, {"purpose": said})
    english = render_dossier(dossier, language="en", pages=PAGES)
    french = render_dossier(dossier, language="fr", pages=PAGES)
    assert "&lt;b&gt;sort&lt;/b&gt;" in english
    assert "<b>sort" not in english
    assert "<i>Amina" not in english
    assert ">trier<" in french
    assert "2026-11-24" in french


def test_every_pointer_of_the_page_leads_to_a_row_of_it(tmp_path):
    page = render_dossier(a_dossier(tmp_path), language="en", pages=PAGES)
    anchors = set(re.findall(r'id="([^"]+)"', page))
    links = set(re.findall(r'href="#([^"]+)"', page))
    assert links
    assert links <= anchors


def test_the_page_says_as_of_when_the_law_is_told(tmp_path):
    page = render_dossier(a_dossier(tmp_path), language="en", pages=PAGES)
    assert "secondary sources, as of" in page
    for one in SOURCES:
        assert one.date in page
