# SPDX-License-Identifier: Apache-2.0
"""Folders, files, tasks and texts may be named in any way that people name things."""

import os
import shutil
import sys

import pytest
from tests.app import builders

from maalem.app import loop

FOLDERS = [
    "two words",
    "مشروع الورشة",
    "line\nbreak",
    "-rf",
    "[bold]",
    "é",
    "~",
    "a'b\"c",
]


@pytest.mark.parametrize("name", FOLDERS)
def test_a_project_may_lie_in_any_folder(maalem, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    made = maalem("init", "--json", "--", name)
    assert made.code == 0
    assert made.json["folder"] == name
    status = maalem("status", "-C", name, "--json")
    assert status.code == 0
    project_name = status.json["name"]
    assert project_name.isprintable()
    assert " " not in project_name
    assert maalem("verify", "--ledger", "-C", name).code == 0


@pytest.mark.parametrize("name", FOLDERS)
def test_a_file_of_any_name_is_read_and_shown_on_one_line(
    maalem, project, tmp_path, monkeypatch, name
):
    home = tmp_path / "files"
    home.mkdir()
    builders.a_table(home / f"{name}.csv", builders.rows()[:4])
    monkeypatch.chdir(home)
    answer = maalem("add", "-C", project, "--json", "--", f"{name}.csv")
    assert (answer.code, answer.json["new"]) == (0, 4)
    with loop.open_workspace(project, read_only=True) as work:
        from maalem.records import Document

        sources = {one.source for one in work.store.find(Document)}
    assert len(sources) == 1
    assert sources.pop().isprintable()


def test_a_file_named_in_bytes_that_are_no_text_is_read(maalem, project, tmp_path):
    if sys.platform != "linux":
        pytest.skip("other systems refuse such names")
    table = builders.a_table(tmp_path / "reports.csv", builders.rows()[:4])
    odd = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.csv")
    shutil.copyfile(table, odd)
    answer = maalem("add", "-C", project, odd, "--json")
    assert (answer.code, answer.json["new"]) == (0, 4)


def test_a_refused_file_of_a_hostile_name_is_escaped_in_talk(maalem, project, tmp_path):
    home = tmp_path / "files"
    home.mkdir()
    (home / "x\n\x1b[31m\u202e[bold]red.xyz").write_text("text", encoding="utf-8")
    answer = maalem("add", "-C", project, home)
    assert answer.code == 2  # nothing at all could be read
    (line,) = [x for x in answer.err.splitlines() if x.startswith("  refused")]
    assert line.isprintable()
    assert "[bold]red.xyz" in line


@pytest.mark.parametrize(
    "text", ["-1", "--json", "[/b]", "", "  ", "م", "\udcff", "a\x00b"]
)
def test_any_text_is_answered(maalem, journey, text):
    answer = maalem("predict", "--json", journey.release, "--", text)
    assert answer.code == 0
    (one,) = answer.json["answers"]
    assert one["label"] in builders.WORDS["en"]
    assert maalem("predict", journey.release, "--", text).code == 0


def test_a_task_may_have_an_arabic_name(maalem, project):
    tasks = project / "tasks"
    (tasks / "system.toml").rename(tasks / "نظام.toml")
    answer = maalem("ask", "نظام", "-C", project, "--json")
    assert answer.code == 0
    assert [one["task"] for one in answer.json["tasks"]] == ["نظام"]


@pytest.mark.parametrize("name", ["../system", "a/b", "-x", ".hidden", "a\nb", "a b"])
def test_a_task_name_never_leads_out_of_the_folder(maalem, project, name):
    answer = maalem("ask", "-C", project, "--json", "--", name)
    assert answer.code == 2
    assert answer.error["code"] in ("task.missing", "task.name")


def test_the_project_may_be_moved_as_a_whole(maalem, copied, tmp_path):
    moved = copied.rename(tmp_path / "moved elsewhere")
    assert maalem("verify", "--ledger", "-C", moved).code == 0
    assert maalem("verify", moved / "releases" / "system-1").code == 0
    assert maalem("train", "system", "-C", moved).code == 0
    assert maalem("examine", "system", "-C", moved).code == 0
    assert maalem("release", "system", "-C", moved).code == 0


def test_the_folder_may_be_reached_through_a_link(maalem, copied, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(copied, target_is_directory=True)
    assert maalem("status", "-C", link).code == 0
    assert maalem("verify", "--ledger", "-C", link).code == 0
