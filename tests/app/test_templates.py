# SPDX-License-Identifier: Apache-2.0
"""Tasks that come along are written once, and asked like any other."""

import click
from tests.app import builders

from maalem.app import loop
from maalem.app.commands.ask_ import command
from maalem.app.steps.templates import TEMPLATES
from maalem.records import Item


def test_the_task_that_marks_personal_data_is_asked_of_every_passage(
    maalem, project, tmp_path
):
    maalem("-C", project, "add", builders.a_table(tmp_path / "reports.csv"))
    answer = maalem("-C", project, "ask", "--template", "personal-data", "--json")
    assert [one["task"] for one in answer.json["tasks"]] == ["personal-data"]
    with loop.open_workspace(project, read_only=True) as work:
        task = work.task("personal-data")
        assert work.store.count(Item, task.name) == len(builders.rows())
    assert (task.answer, task.name) == ("mark", "personal-data")
    for language in ("fr", "ar"):
        assert task.title_in(language) != task.title
        assert task.guideline_in(language) != task.guideline


def test_a_task_of_the_project_is_never_written_over(maalem, project):
    path = project / "tasks" / "personal-data.toml"
    path.write_text((project / "tasks" / "system.toml").read_text("utf-8"), "utf-8")
    before = path.read_bytes()
    answer = maalem("-C", project, "ask", "--template", "personal-data", "--json")
    assert answer.error["code"] == "task.exists"
    assert path.read_bytes() == before


def test_a_template_stands_alone(maalem, project):
    words = ("ask", "system", "--template", "personal-data", "--json")
    answer = maalem("-C", project, *words)
    assert answer.error["message"].startswith("a template stands alone")


def test_the_command_offers_every_template():
    (option,) = [one for one in command.params if one.name == "template"]
    assert isinstance(option.type, click.Choice)
    assert list(option.type.choices) == list(TEMPLATES)
