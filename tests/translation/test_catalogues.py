# SPDX-License-Identifier: Apache-2.0
"""Every sentence of a catalogue is read back as itself, and told whole."""

import re
import tomllib
from importlib import resources

import pytest
from babel import Locale
from babel.numbers import format_decimal, format_percent

from maalem.translation import set_apart, translation_in
from maalem.translation.numbers import form_of, localised

LOCALES = {"fr": "fr_FR", "ar": "ar_MA"}
OTHERS = list(LOCALES)
PLACE = re.compile(r"\{(\w+)(?::([nw]))?\}")
PHRASE = {
    "beside": "language",
    "end": "ship",
    "finding": "text must say something",
    "interval": "there is nothing to measure",
    "lack": "is no longer in its folder",
    "models": "tfidf, nearest",
    "points": "+1.0 points, from -2.0 to +4.0",
    "reason": "there is nothing to measure",
    "seal": "3 kernel filter",
    "split": "exam",
    "version": "version 3",
    "wanted": "a number",
}
"""What stands where a phrase does."""
SIGNS = {"TF-IDF", "{where} : {finding}", "{where}: {finding}"}
"""What is alike in every language."""


def catalogue(language):
    folder = resources.files("maalem.translation") / "catalogues"
    return tomllib.loads((folder / f"{language}.toml").read_text("utf-8"))["said"]


def knows(translation, text):
    """Tell whether a text is told, not quoted."""
    return 'lang="en"' not in translation.tell(text)


def an_instance(english):
    """The sentence with something in each place."""
    kinds = {"n": "1,234", "w": "labels.1.name", None: "Fred"}
    return PLACE.sub(lambda at: PHRASE.get(at[1], kinds[at[2]]), english)


def forms(told):
    return [told] if isinstance(told, str) else [told[k] for k in told if k != "by"]


def test_every_sentence_is_in_every_catalogue():
    first, second = (list(catalogue(language)) for language in OTHERS)
    assert first == second


@pytest.mark.parametrize("language", OTHERS)
def test_a_sentence_is_read_back_as_itself(language):
    translation = translation_in(language)
    for english in catalogue(language):
        assert knows(translation, an_instance(english)), english
        told = translation.plain(an_instance(english))
        assert not re.search(r"[{}]", told), english


@pytest.mark.parametrize("language", OTHERS)
def test_a_sentence_keeps_every_value(language):
    """A form that means one, two or none may leave its number to the words."""
    for english, told in catalogue(language).items():
        places = {name for name, _ in PLACE.findall(english)}
        for form in forms(told):
            said = {name for name, _ in PLACE.findall(form)}
            assert said <= places, form
        assert {name for name, _ in PLACE.findall(forms(told)[-1])} == places, english


@pytest.mark.parametrize("language", OTHERS)
def test_a_sentence_is_not_left_in_english(language):
    for english, told in catalogue(language).items():
        for form in forms(told):
            assert form != PLACE.sub(r"{\1}", english) or form in SIGNS


@pytest.mark.parametrize("language", OTHERS)
def test_a_form_is_a_plural_category_of_the_language(language):
    known = {*Locale.parse(LOCALES[language]).plural_form.tags, "other"}
    for english, told in catalogue(language).items():
        if not isinstance(told, str):
            assert set(told) - {"by"} <= known, english
            assert f"{{{told['by']}:n}}" in english


@pytest.mark.parametrize("language", OTHERS)
def test_numbers_take_the_forms_of_unicode(language):
    rule = Locale.parse(LOCALES[language]).plural_form
    for number in range(1_200):
        assert form_of(f"{number:,}", language) == rule(number), number


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("number", [0, 7, 1234, 0.25, 81.5, 1234567.5])
def test_numbers_are_written_as_unicode_says(language, number):
    locale = LOCALES[language]
    signs = translation_in(language).signs
    wanted = format_decimal(number, locale=locale)
    assert localised(f"{number:,}", signs) == wanted
    share = format_percent(number / 100, "#,##0.##%", locale=locale)
    plain = str.maketrans("", "", "\u200e\u200f\u061c\u00a0\u202f")
    assert localised(f"{number:,}%", signs).translate(plain) == share.translate(plain)


def test_french_signs_stay_on_the_line_of_their_word():
    told = set_apart("« Vrai » : 5 % ; non ?", "fr")
    assert told == "«\u00a0Vrai\u00a0»\u00a0: 5\u00a0%\u00a0; non\u00a0?"
    assert set_apart("« a » ; b", "ar") == "« a » ; b"
    assert "« a\u00a0»" not in translation_in("fr").plain("there is no task 'a'")
    assert "«\u00a0a\u00a0»" in translation_in("fr").plain("there is no task 'a'")


def test_sentences_and_clauses_are_told_one_after_the_other():
    told = translation_in("fr").plain(
        "candidate minus tfidf in accuracy is -1.5 points (95% interval -3.0 to +0.5); "
        "the gate asks for more than +0.0; if the difference stays what it is, 1,340 "
        "more judged items would settle it in four of five cases, with don't ship."
    )
    assert "\u22121,5" in told
    assert "1\u202f340" in told
    assert told.endswith("ne pas publier.")


def test_what_nobody_translated_is_quoted_and_never_half_told():
    translation = translation_in("ar")
    assert not knows(translation, "there is nothing to measure; and more")
    assert translation.tell("a <b>new</b> reason") == (
        '<bdi lang="en">a &lt;b&gt;new&lt;/b&gt; reason</bdi>'
    )
    assert translation.tell("mots d'un expert", ours=False) == (
        "<bdi>mots d&#39;un expert</bdi>"
    )


def test_a_value_stands_isolated_and_escaped():
    told = translation_in("fr").tell("there is no task '<b>\u2069'")
    assert "<bdi>&lt;b&gt;</bdi>" in told


def test_a_text_without_markup_has_no_marks_that_nobody_sees():
    told = translation_in("ar").plain("there is no task 'a'")
    assert told == "لا توجد مهمة «a»"


def test_a_command_is_shown_as_one_in_every_language():
    for language in ("en", *OTHERS):
        told = translation_in(language).tell("maalem people list")
        assert told == '<code dir="ltr">maalem people list</code>'


def test_english_stays_as_it_is():
    assert translation_in("en").tell("1 < 2") == "1 &lt; 2"
    assert translation_in("en").plain("anything at all") == "anything at all"
    with pytest.raises(FileNotFoundError):
        translation_in("xx")
