# SPDX-License-Identifier: Apache-2.0
"""The page of the cards: its labels, its words, what its scripts and styles may do."""

import json
import re
from importlib import resources

import pytest
from tests.app.desk.builders import FAULTS

from maalem.app.desk.cards_page import branches
from maalem.app.desk.speech import speech_in
from maalem.tasks import LabelDefinition, TaskDefinition

STATIC = resources.files("maalem.app.desk") / "static"
SHEETS = sorted(one.name for one in STATIC.iterdir() if one.name.endswith(".css"))
SCRIPTS = sorted(one.name for one in STATIC.iterdir() if one.name.endswith(".js"))
PHYSICAL = re.compile(
    r"(?:margin|padding|border|(?<!area-)inset)-(?:left|right|top|bottom)|"
    r"^\s*(?:left|right|top|bottom)\s*:|text-align:\s*(?:left|right)|"
    r"float:\s*(?:left|right)",
    re.MULTILINE,
)


def a_label(name, parent=None, **more):
    return LabelDefinition(name=name, parent=parent, **more)


def a_task(*labels):
    return TaskDefinition(
        name="part", title="Which part?", guideline="Choose.", labels=labels
    )


def words_of(text):
    """Give the texts that the page brings for its scripts."""
    found = re.search(
        r'<script type="application/json" id="words">(.*?)</script>', text
    )
    return json.loads(found[1])


def test_labels_stand_below_their_parents_in_the_order_of_the_task():
    task = a_task(
        a_label("Pump", "Machine"),
        a_label("Machine", names=(("ar", "الآلة"),)),
        a_label("Operator"),
        a_label("Hose", "Machine"),
    )
    machine, operator = branches(task, "ar")
    assert [one.name for one in machine.below] == ["Pump", "Hose"]
    assert machine.below[0].path == "الآلة Pump"
    assert operator.below == ()


def test_the_page_of_a_task_that_is_not_there_is_missing(desk_client):
    assert desk_client("expert").get("/task/nothing").status_code == 404


def test_the_page_shows_the_labels_in_the_readers_language(desk_client):
    answer = desk_client("expert").get("/task/system")
    assert answer.status_code == 200
    assert "المحرك" in answer.text
    assert all(
        fault not in answer.text for fault in FAULTS["ar"]
    )  # the API brings them


@pytest.mark.parametrize(
    ("own", "shown"),
    [("", "أوضح"), ('reasons = ["Names <the> part"]', "Names &lt;the&gt;")],
)
def test_reasons_are_those_of_the_task_or_else_the_common_ones(opened, own, shown):
    path = opened.work.folder / "tasks" / "better.toml"
    path.write_text(
        'title = "Which?"\nguideline = "Choose."\nkind = "generate"\n'
        f'answer = "compare"\noption_fields = ["place", "text"]\n{own}\n',
        "utf-8",
    )
    text = opened.client("expert").get("/task/better").text
    chips = re.search(r'<div class="chips">(.*?)</div>', text, re.DOTALL)[1]
    assert shown in chips
    assert chips.count("data-reason") == (1 if own else 5)


@pytest.mark.parametrize("role", ["owner", "curator", "expert"])
def test_every_text_of_the_scripts_is_there_in_all_its_plural_forms(desk_client, role):
    client = desk_client(role)
    texts = words_of(client.get("/task/system").text)
    language = {"owner": "en", "curator": "fr", "expert": "ar"}[role]
    forms = {"en": ("one", "other")}.get(language, speech_in(language).forms)
    assert set(texts["left"]) == set(forms)
    assert all(texts.values())


def scripts_from(name, found=()):
    """Name a script and all that it imports, directly or not."""
    found = (*found, name)
    text = (STATIC / name).read_text(encoding="utf-8")
    for other in re.findall(r'from "\./([\w.]+)"', text):
        if other not in found:
            found = scripts_from(other, found)
    return found


def test_each_text_that_a_script_says_is_brought_by_the_page(desk_client):
    texts = words_of(desk_client("owner").get("/task/system").text)
    said = {
        name
        for script in scripts_from("card.js")
        for pair in re.findall(
            r'(?:\.say|\.count)\(\s*"([^"]+)"|incomplete = "([^"]+)"',
            (STATIC / script).read_text(encoding="utf-8"),
        )
        for name in pair
        if name
    }
    assert said - set(texts) == set()


@pytest.mark.parametrize("sheet", SHEETS)
def test_a_style_sheet_serves_both_directions_of_writing(sheet):
    text = (STATIC / sheet).read_text(encoding="utf-8")
    assert PHYSICAL.findall(text) == []


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_never_makes_markup_of_text_and_loads_nothing_foreign(script):
    text = (STATIC / script).read_text(encoding="utf-8")
    assert (
        re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write", text)
        == []
    )
    assert re.findall(r"\beval\(|new Function|import\(\"http|https?://", text) == []
    assert all(
        one.startswith("./")
        for one in re.findall(r'^import .* from "([^"]+)"', text, re.MULTILINE)
    )
