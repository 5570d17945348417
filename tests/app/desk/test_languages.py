# SPDX-License-Identifier: Apache-2.0
"""Every text of the desk exists in every language, whole."""

import ast
import re
from datetime import UTC, datetime
from importlib import resources

import pytest
from jinja2 import Environment
from jinja2.ext import extract_from_ast

from maalem.app.desk.speech import LANGUAGES, speech_in

DESK = resources.files("maalem.app.desk")
TEMPLATES = sorted(
    (one for one in (DESK / "templates").iterdir() if one.name.endswith(".html")),
    key=lambda one: one.name,
)
MODULES = sorted(
    (one for one in DESK.iterdir() if one.name.endswith(".py")),
    key=lambda one: one.name,
)
SPOKEN = ("say", "plain", "count")
PLURAL = ("n_", "every")
OTHERS = [language for language in LANGUAGES if language != "en"]
TAG = re.compile(r"<(pre|code|kbd)\b.*?</\1>|<[^>]*>|[\w-]+=\"[^\"]*\"", re.DOTALL)
JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
READ_ALOUD = re.compile(r'\b(?:aria-label|alt|title|placeholder)="([^"]*)"')
PLACE = re.compile(r"\{(\w+)\}")
LETTER = re.compile(r"[^\W\d_]{2,}")


def in_template(file):
    """Give the texts of a template, each with its plural where it has one."""
    functions = ("_", "n_", "plain", "every")
    told = Environment().parse(file.read_text("utf-8"))
    found = extract_from_ast(told, functions)
    for _, function, said in found:
        texts = [said] if isinstance(said, str) else [one for one in said if one]
        yield texts[0], texts[1] if function in PLURAL else None


def in_module(file):
    """Give the texts that a module says itself."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        called = getattr(node, "func", None)
        if not isinstance(called, ast.Attribute) or called.attr not in SPOKEN:
            continue
        if getattr(called.value, "id", "") not in ("speech", "words"):
            continue
        texts = [one.value for one in node.args if isinstance(one, ast.Constant)]
        assert texts, f"{file.name}:{node.lineno} says what no catalogue can hold"
        yield texts[0], texts[1] if called.attr == "count" else None


def every_text():
    """Give all texts of the desk with their plurals."""
    told = {}
    for file in TEMPLATES:
        told.update(in_template(file))
    for file in MODULES:
        if file.name != "speech.py":
            told.update(in_module(file))
    return told


def places(text):
    return set(PLACE.findall(text))


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_is_translated(language):
    strings = speech_in(language).strings
    assert sorted(text for text in every_text() if not strings.get(text)) == []


@pytest.mark.parametrize("language", OTHERS)
def test_no_translation_is_of_a_text_that_nobody_says(language):
    assert sorted(set(speech_in(language).strings) - set(every_text())) == []


@pytest.mark.parametrize("language", OTHERS)
def test_a_plural_has_all_forms_of_its_language(language):
    speech = speech_in(language)
    broken = [
        text
        for text, several in every_text().items()
        if several is not None
        and not (
            isinstance(speech.strings.get(text), tuple)
            and len(speech.strings[text]) == len(speech.forms)
            and all(speech.strings[text])
        )
    ]
    assert broken == []


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_keeps_every_place_for_a_value(language):
    """A form that means one, two or none may leave its number to the words."""
    broken = []
    for text, told in speech_in(language).strings.items():
        forms = [told] if isinstance(told, str) else told
        wanted = places(text)
        for form in forms:
            lacking = wanted - places(form)
            if places(form) - wanted or lacking - {"number"}:
                broken.append((text, form))
            if lacking and (isinstance(told, str) or form in told[-1:]):
                broken.append((text, form))
    assert broken == []


@pytest.mark.parametrize("language", OTHERS)
def test_a_catalogue_says_no_text_twice(language):
    content = (DESK / "catalogues" / f"{language}.po").read_text("utf-8")
    said = re.findall(r'^msgid ((?:".*"\n?)+)', content, re.MULTILINE)
    assert sorted(one for one in set(said) if said.count(one) > 1) == []


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: file.name)
def test_a_template_has_no_text_of_its_own(file):
    plain = JINJA.sub("", file.read_text("utf-8"))
    aloud = [text for text in READ_ALOUD.findall(plain) if LETTER.search(text)]
    assert aloud == []
    assert LETTER.findall(TAG.sub(" ", plain)) == ["Maalem"] * plain.count("Maalem")


def test_arabic_has_a_form_for_none_one_two_few_many_and_other():
    speech = speech_in("ar")
    assert speech.forms == ("zero", "one", "two", "few", "many", "other")
    told = [
        str(speech.count("{number} card left", "{number} cards left", number))
        for number in (0, 1, 2, 3, 11, 100)
    ]
    assert len(set(told)) == 6


def test_shares_and_days_are_written_as_each_language_does():
    assert speech_in("en").percent(0.9034) == "90.3%"
    assert speech_in("fr").percent(0.9034) == "90,3\u00a0%"
    assert speech_in("fr").percent(1.0) == "100\u00a0%"
    assert speech_in("fr").written("2026-03-05T08:00:00+00:00") == "5 mars 2026"
    assert speech_in("fr").written("in March") == "in March"


def test_a_day_below_a_picture_is_written_in_one_direction():
    moment = datetime(2026, 11, 25, 14, 5, tzinfo=UTC)
    told = [speech_in(language) for language in LANGUAGES]
    assert {speech.short_day(moment) for speech in told} == {"25/11"}
    assert {speech.time(moment) for speech in told} == {"14:05"}


def test_a_french_text_sets_its_signs_apart_without_a_line_break():
    told = speech_in("fr").strings.values()
    forms = [form for one in told for form in ([one] if isinstance(one, str) else one)]
    loose = re.compile(r"(?<![\u00a0\u202f])[;:?!»]|«(?!\u00a0)")
    assert [form for form in forms if loose.search(form)] == []
