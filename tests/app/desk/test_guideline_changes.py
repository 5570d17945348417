# SPDX-License-Identifier: Apache-2.0
"""What an expert is shown of a guideline that changed since they read it."""

import re

import pytest
from tests.app.desk.deals import TASK, Room

from maalem.app.desk.dealing_reading import note_reading
from maalem.app.desk.guideline_changes import changed_lines, reading_of
from maalem.tasks import LabelDefinition, TaskDefinition


def a_label(name, **said):
    return LabelDefinition(name=name, **said)


def a_task(guideline, **said):
    labels = said.pop("labels", (a_label("Engine"), a_label("Wires")))
    return TaskDefinition(
        name="part", title="Which?", guideline=guideline, labels=labels, **said
    )


def told(before, after, language="en"):
    """Give the changed lines with -what went- and +what came+."""
    signs = {"same": "{}", "gone": "-{}-", "come": "+{}+"}
    return [
        " ".join(
            [
                *([f"{line.label}:"] if line.label else []),
                *(signs[words.change].format(words.text) for words in line.words),
            ]
        )
        for line in changed_lines(before, after, language=language)
    ]


def read_now(opened, role="expert"):
    task = opened.work.task(TASK)
    store, person = opened.work.store, opened.member(role).id
    note_reading(store, person, task, now=opened.clock())


def reading(opened, role="expert", language="ar"):
    task, person = opened.work.task(TASK), opened.member(role).id
    return reading_of(opened.work.store, person, task, language=language)


def test_words_that_went_and_came_are_told_and_lines_that_stayed_are_not():
    before = a_task("# How\n\nChoose the **system**.\n- Oil counts as oil.")
    after = a_task("# How\n\nChoose the failed **system**.\n- Oil counts as oil.")
    assert told(before, after) == ["Choose the +failed+ system."]


def test_marks_of_the_layout_are_no_change():
    assert told(a_task("- Choose **one**."), a_task("Choose one.")) == []


def test_a_line_that_has_little_in_common_goes_and_another_comes():
    assert told(a_task("Ask the driver."), a_task("Never guess a cause at all.")) == [
        "-Ask the driver.-",
        "+Never guess a cause at all.+",
    ]


def test_arabic_words_stay_whole_with_their_vowels():
    before, after = a_task("اختر النظامَ المُعطَّل"), a_task("اختر النظامَ المتوقف")
    assert told(before, after) == ["اختر النظامَ -المُعطَّل- +المتوقف+"]


def test_labels_count_with_descriptions_and_examples():
    engine = a_label("Engine", description="With cooling.", examples=("hot",))
    after = a_task("One.", labels=(engine, a_label("Wires"), a_label("Body")))
    assert told(a_task("One."), after) == [
        "-Engine-",
        "Engine: +With cooling.+",
        "Engine: +hot+",
        "+Body+",
    ]


def test_what_is_told_is_what_the_reader_reads():
    before = a_task("One.", guidelines=(("fr", "Un seul."),))
    after = a_task("Only one.", guidelines=(("fr", "Un seul."),))
    assert told(before, after, "fr") == []
    assert told(before, after, "en") == ["-One.-", "+Only one.+"]


def test_whoever_read_nothing_is_told_no_change(opened):
    assert Room(opened.work).dealer  # it writes the version down
    found = reading(opened)
    assert (found.number, found.before, found.changes) == (1, None, None)


def test_whoever_read_an_earlier_version_is_told_what_changed_since(opened):
    room = Room(opened.work)
    assert room.dealer  # it writes the version down
    read_now(opened)
    assert reading(opened).before is None
    room.new_guideline("**replaced today**")
    found = reading(opened, language="en")
    assert (found.number, found.before) == (2, 1)
    (line,) = found.changes
    assert [(words.text, words.change) for words in line.words][1:] == [
        ("repaired.", "gone"),
        ("replaced today.", "come"),
    ]
    assert reading(opened).changes == ()  # the Arabic guideline is as it was
    read_now(opened)
    assert reading(opened).before is None


@pytest.mark.parametrize("role", ["owner", "expert"])
def test_the_drawer_shows_the_changes_in_the_order_of_the_text(opened, role):
    room = Room(opened.work)
    assert room.dealer  # it writes the version down
    read_now(opened, role)
    path = opened.work.folder / "tasks" / f"{TASK}.toml"
    text = path.read_text("utf-8").replace("**إصلاحه**", "**تبديله** <b>الآن</b>")
    path.write_text(text, "utf-8")
    room.new_guideline("**replaced**")
    shown = opened.client(role).get(f"/task/{TASK}").text
    changed = re.search(r'<div class="changed".*?</button>', shown, re.DOTALL)[0]
    words = re.findall(r"<(ins|del)\b[^>]*>(.*?)</\1>", changed)
    assert (
        words
        == {
            "owner": [("del", "repaired."), ("ins", "replaced.")],
            "expert": [("del", "إصلاحه."), ("ins", "تبديله &lt;b&gt;الآن&lt;/b&gt;.")],
        }[role]
    )
    assert '<p dir="auto">' in changed
