# SPDX-License-Identifier: Apache-2.0
"""The settings file: read once, refused by file, line and nearest key, written back."""

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maalem.app.beginning import first_settings
from maalem.app.project import (
    Identity,
    Project,
    SplitSettings,
    TrainingSettings,
    leaves,
    parse_project,
    show_project,
)
from maalem.corpus import ColumnMap
from maalem.errors import SettingsError
from maalem.tasks.lines import TomlFile


def parsed(text):
    return parse_project(TomlFile(name="maalem.toml", text=text))


def refusal(text):
    with pytest.raises(SettingsError) as caught:
        parsed(text)
    return caught.value


REFUSED = [
    ("[trainig]\nseeds = [0]", "maalem.toml:1", "'training'"),
    ("\n[training]\nseed = [0]", "maalem.toml:3", "'seeds'"),
    ('[recipe]\nepochs = 1\ngaer = "full"', "maalem.toml:3", "'gear'"),
    ('[recipe]\n\nepochs = "two"', "maalem.toml:3", ""),
    ("[recipe]\nepochs = 0", "maalem.toml:2", ""),
    ("[recipe]\nlearning_rate = 1.5", "maalem.toml:2", ""),
    ("[training]\nseeds = []", "maalem.toml:2", ""),
    ("[training]\nseeds = [1, 1]", "maalem.toml:2", ""),
    ('[training]\nseeds = ["a"]', "maalem.toml:2", ""),
    ("[training]\nthreads = 0", "maalem.toml:2", ""),
    ("[training]\nprune = 1", "maalem.toml:2", ""),
    ('[store]\ndatabase = "postgresql://u:secret@h/d"', "maalem.toml:2", "PGPASS"),
    ('[columns]\ntext = "text"', "maalem.toml:2", ""),
    ('[columns]\ndelimiter = "::"', "maalem.toml:2", ""),
    ("[reading]\nseconds = 0", "maalem.toml:2", ""),
    ('[project]\nname = "two words"', "maalem.toml:2", ""),
    ('[project]\nowner = "a+b"', "maalem.toml:2", ""),
    ("training = 3", "maalem.toml:1", "[training]"),
    ("colour = 3", "maalem.toml:1", ""),
]


@pytest.mark.parametrize(("text", "place", "hint"), REFUSED)
def test_a_refused_setting_is_named_by_file_line_and_nearest_key(text, place, hint):
    error = refusal(text)
    assert error.message.startswith(f"{place}:")
    assert hint in error.hint
    assert error.exit_code == 2


@pytest.mark.parametrize("text", ["[project", "a = ", 'x = "\x00"', "[a]\n[a]"])
def test_what_is_no_toml_says_where(text):
    error = refusal(text)
    assert error.code == "settings.toml"
    assert "line" in error.why or "end of document" in error.why


def test_an_empty_file_is_all_defaults():
    assert parsed("") == Project()


def test_every_leaf_can_be_left_out_or_given():
    for name, leaf in leaves().items():
        assert getattr(parsed(f"[{name}]\n"), name) == leaf()


def test_what_is_shown_reads_back_the_same():
    project = dataclasses.replace(
        Project(),
        project=Identity(name="ورشة", owner="sara"),
        columns=ColumnMap(text=("texte brut", 'a"b\\'), group="قسم", delimiter="\t"),
        training=TrainingSettings(seeds=(3, 5), threads=1, prune=False),
        split=SplitSettings(later_from="2024-01-01", salt="é\n"),
    )
    assert parsed(show_project(project)) == project
    assert parsed(show_project(Project())) == Project()


@given(
    salt=st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    column=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20),
    seeds=st.lists(st.integers(0, 10**9), min_size=1, max_size=4, unique=True),
)
def test_any_settings_read_back_the_same(salt, column, seeds):
    project = dataclasses.replace(
        Project(),
        columns=ColumnMap(text=(column,), label=column),
        split=SplitSettings(salt=salt),
        training=TrainingSettings(seeds=tuple(seeds)),
    )
    assert parsed(show_project(project)) == project


def test_the_first_settings_are_few_and_read_back():
    columns = ColumnMap(text=("Texte",), date="Début")
    text = first_settings("atelier", columns=columns, later_from="2024-01-01")
    project = parsed(text)
    assert project.project.name == project.split.salt == "atelier"
    assert (project.columns, project.split.later_from) == (columns, "2024-01-01")


def test_project_show_round_trips_on_the_command_line(maalem, project, tmp_path):
    shown = maalem("-C", project, "project", "show").out
    other = tmp_path / "other"
    other.mkdir()
    (other / "maalem.toml").write_text(shown, encoding="utf-8")
    assert maalem("-C", other, "project", "show").out == shown
    settings = maalem("-C", project, "--json", "project", "show").json["settings"]
    assert settings["training"]["model_kind"] == "tiny.v1"
    assert set(settings) == set(leaves())
    json.dumps(settings)


@pytest.mark.parametrize(
    ("table", "line"), [("[trainig]", "nearest"), ("[recipe]\nlearning = 3", "key")]
)
def test_a_refused_setting_stops_every_command(maalem, project, table, line):
    path = project / "maalem.toml"
    path.write_text(path.read_text("utf-8") + "\n" + table + "\n", encoding="utf-8")
    before = path.read_bytes()
    for words in (("status",), ("ask",), ("freeze", "system"), ("project", "show")):
        answer = maalem("-C", project, *words)
        assert answer.code == 2
        assert "maalem.toml:" in answer.err
        assert "try: did you mean " in answer.err
    assert path.read_bytes() == before


def test_a_settings_file_that_is_not_utf_8_is_refused_by_name(maalem, project):
    (project / "maalem.toml").write_bytes(b'[project]\nname = "caf\xe9"\n')
    answer = maalem("-C", project, "status", "--json")
    assert (answer.code, answer.error["code"]) == (2, "settings.toml")
