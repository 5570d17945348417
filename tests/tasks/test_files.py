# SPDX-License-Identifier: Apache-2.0
"""Task definitions as TOML: read, refused by line and key, written, versioned."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maalem.errors import SettingsError
from maalem.tasks import (
    Gate,
    LabelDefinition,
    TaskDefinition,
    load_task,
    parse_task,
    write_task,
)
from maalem.tasks.lines import TomlFile
from maalem.tasks.names import LANGUAGES

EXAMPLES = sorted((Path(__file__).parents[2] / "examples" / "tasks").glob("*.toml"))
GOOD = """\
title = "Which system?"
guideline = '''
Choose one.
[gate]
margin = 7
'''
name = "t"  # the task

[[labels]]
name = "Engine"

[[labels]]
name = "Bucket"
names = { fr = "Godet" }

[gate]
margin = 0.02
"""


def parsed(text):
    return parse_task(TomlFile(name="t.toml", text=text))


def refused(text):
    with pytest.raises(SettingsError) as caught:
        parsed(text)
    return caught.value


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_loads_and_reads_back_the_same(path):
    task = load_task(path)
    assert parsed(write_task(task)) == task
    assert parsed(write_task(task)).version == task.version


def test_there_are_examples_in_three_languages():
    languages = {one for path in EXAMPLES for one in load_task(path).languages}
    assert languages == {"ar", "ary-Latn", "en", "fr"}


BAD = [
    ("title = ", "titel = ", "t.toml:1", "no key 'titel'", "'title'"),
    ('name = "t"', 'nmae = "t"', "t.toml:7", "no key 'nmae'", "'name'"),
    ("margin = 0.02", "margn = 0.02", "t.toml:17", "no key 'margn'", "'margin'"),
    ("margin = 0.02", "margin = -1", "t.toml:17", "margin must be in", ""),
    ("margin = 0.02", "margin = true", "t.toml:17", "gate.margin must be a num", ""),
    ("margin = 0.02", "rule = 'beter'", "t.toml:17", "rule must be", "'better'"),
    ("margin = 0.02", "level = 1", "t.toml:17", "level must be in (0, 1)", ""),
    ("margin = 0.02", "min_groups = 1", "t.toml:17", "min_groups", ""),
    ("fr = ", "frr = ", "t.toml:14", "names must be one of", "'fr'"),
    ('fr = "Godet"', "fr = 3", "t.toml:14", "labels.2.names.fr must be text", ""),
    ('{ fr = "Godet" }', "3", "t.toml:14", "labels.2.names must be a table", ""),
    ('"Bucket"', '"engine"', "t.toml:13", "cannot be told from 'Engine'", ""),
    ('"Godet"', '"ENGINE"', "t.toml:13", "cannot be told from 'Engine'", ""),
    ('"Bucket"', '"Bu\\u202ecket"', "t.toml:13", "cannot be seen", ""),
    ('"Bucket"', '"Bu\\ncket"', "t.toml:13", "cannot be seen", ""),
    ('"Bucket"', '""', "t.toml:13", "name must be 1 to 200", ""),
    ('"Bucket"', '"ـ"', "t.toml:13", "name must be 1 to 200", ""),
    ('"Bucket"', '"e\\u0301"', "t.toml:13", "form NFC", "é"),
    ('name = "Bucket"', "", "t.toml:12", "name is missing", ""),
    ('name = "t"', 'name = "t/../x"', "t.toml:7", "letters, digits", ""),
    ('name = "t"', "", "t.toml: name is missing", "", ""),
    (
        '\nname = "t"',
        '\nkind = "clasify"\nname = "t"',
        "t.toml:7",
        "kind",
        "'classify'",
    ),
    ('\nname = "t"', '\ngroup = "colum"\nname = "t"', "t.toml:7", "group", "'column'"),
    ('\nname = "t"', '\ndelta = 1.0\nname = "t"', "t.toml:7", "delta must be in", ""),
    ('\nname = "t"', '\naccepted_error = 0\nname = "t"', "t.toml:7", "accepted", ""),
    ('\nname = "t"', '\nhourly_cost = 0\nname = "t"', "t.toml:7", "hourly_cost", ""),
    (
        '\nname = "t"',
        "\nlanguages = [\n  'en',\n  'xx',\n]\nname = \"t\"",
        "t.toml:9",
        "languages.2 must be one of",
        "",
    ),
    (
        '\nname = "t"',
        '\nallow_label_in_text = ["Bucet"]\nname = "t"',
        "t.toml:7",
        "allow_label_in_text.1",
        "'Bucket'",
    ),
    ('\nname = "t"', '\nreasons = ["x"]\nname = "t"', "t.toml:7", "reasons", ""),
    (
        '\nname = "t"',
        '\nreasons = [\n"Clear",\n"\\u202e"]\nname = "t"',
        "t.toml:9",
        "reasons.2",
        "",
    ),
    ('title = "Which', 'title = "\u200bWhich', "t.toml:1", "cannot be seen", ""),
    ("[gate]\nmargin = 0.02", "gate = 3", "t.toml:16", "no key 'gate'", ""),
]


@pytest.mark.parametrize(("old", "new", "place", "message", "hint"), BAD)
def test_a_refusal_names_line_key_and_nearest_key(old, new, place, message, hint):
    head, found, tail = GOOD.rpartition(old)
    assert found
    error = refused(head + new + tail)
    assert error.message.startswith(place)
    assert message in error.message
    assert hint in error.hint
    assert error.code.startswith(("task.", "settings."))


def test_labels_may_be_a_list_of_names():
    head = "name = 't'\ntitle = 'T'\nguideline = 'G'\n"
    assert parsed(head + "labels = ['a', 'b']").label_names == ("a", "b")
    assert (
        "t.toml:4: labels must be two or more"
        in refused(head + "labels = ['a']").message
    )
    assert "labels.2 must be a table" in refused(head + "labels = ['a', 2]").message
    assert "t.toml: labels is missing" in refused(head).message


def test_what_is_no_toml_is_refused_with_its_line():
    error = refused(GOOD + "\nx = \n")
    assert error.code == "settings.toml"
    assert "line 19" in error.why


def test_a_file_gives_the_task_its_name(tmp_path):
    path = tmp_path / "triage.toml"
    path.write_text(GOOD.replace('name = "t"  # the task\n', ""), encoding="utf-8")
    assert load_task(path).name == "triage"
    path.write_text(GOOD, encoding="utf-8")
    with pytest.raises(SettingsError, match=r"triage.toml:7: name 't' is not the"):
        load_task(path)


def test_a_file_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / "t.toml"
    path.write_bytes(b"title = '\xff'")
    with pytest.raises(SettingsError, match="not UTF-8"):
        load_task(path)
    with pytest.raises(SettingsError, match="cannot be read"):
        load_task(tmp_path / "none.toml")


def test_layout_and_comments_leave_the_version_as_it_is():
    version = parsed(GOOD).version
    assert (
        parsed("# a comment\n\n" + GOOD.replace("e = ", "e   =  ")).version == version
    )
    assert parsed(GOOD.replace("0.02", "2e-2")).version == version
    assert parsed(GOOD.replace("\n", "\r\n")).version == version
    assert parsed(GOOD.replace("{ fr = ", "{ 'fr'=")).version == version


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Engine", "Motor"),
        ("Choose one", "Choose"),
        ("0.02", "0.03"),
        ("Godet", "Seau"),
    ],
)
def test_another_meaning_is_another_version(old, new):
    assert parsed(GOOD.replace(old, new)).version != parsed(GOOD).version


def test_the_order_of_labels_is_part_of_the_version():
    one, two = LabelDefinition(name="a"), LabelDefinition(name="b")
    base = {"name": "t", "title": "T", "guideline": "G"}
    first = TaskDefinition(labels=(one, two), **base)
    assert first.version != TaskDefinition(labels=(two, one), **base).version


words = st.text("abcéÀمحرك فأ0123-'\"\\#=", min_size=1, max_size=12)
names = words.map(lambda text: f"n{text.strip()}")
free = st.text(
    st.one_of(
        st.sampled_from("\n\r\t\"'\\#[]=\u202e\u2028\U000e0041ـ"),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=30,
)
labels = st.builds(
    LabelDefinition,
    name=names,
    description=free,
    examples=st.lists(free, max_size=2).map(tuple),
)
gates = st.builds(
    Gate,
    rule=st.sampled_from(("better", "not-worse")),
    margin=st.floats(0, 0.99),
    level=st.floats(0.01, 0.99),
    min_groups=st.integers(2, 10**6),
)


@settings(max_examples=100, deadline=None)
@given(
    guideline=free.map(lambda text: f"x{text}"),
    drawn=st.lists(labels, min_size=2, max_size=4),
    gate=gates,
    seconds=st.none() | st.floats(0.1, 1e4),
    caveats=st.lists(free, max_size=2).map(tuple),
)
def test_a_written_definition_reads_back_the_same(
    guideline, drawn, gate, seconds, caveats
):
    numbered = tuple(
        LabelDefinition(
            name=f"{number} {one.name}",
            description=one.description,
            examples=one.examples,
            names=((LANGUAGES[number % 4], f"{number} {one.name}"),) if number else (),
        )
        for number, one in enumerate(drawn)
    )
    task = TaskDefinition(
        name="t",
        title="T",
        guideline=guideline,
        labels=numbered,
        gate=gate,
        seconds_per_item=seconds,
        caveats=caveats,
    )
    text = write_task(task)
    assert parsed(text) == task
    assert "\u202e" not in text


def test_loading_refuses_what_would_run_the_reader_out_of_depth():
    error = refused("x = " + "[" * 5000 + "]" * 5000)
    assert error.code in ("settings.toml", "settings.unknown-key")
