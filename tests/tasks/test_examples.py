# SPDX-License-Identifier: Apache-2.0
"""The example tasks, and the demo's, are tasks."""

from importlib import resources
from pathlib import Path

import pytest

from maalem.tasks import load_task, parse_task, write_task
from maalem.tasks.lines import TomlFile

EXAMPLES = sorted((Path(__file__).parents[2] / "examples" / "tasks").glob("*.toml"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_reads_and_reads_back_the_same(path):
    task = load_task(path)
    file = TomlFile(name=path.name, text=write_task(task))
    assert parse_task(file) == task


def test_there_are_examples_in_three_languages():
    languages = {one for path in EXAMPLES for one in load_task(path).languages}
    assert {"ar", "en", "fr"} <= languages


def test_the_demo_has_a_task_that_reads():
    text = resources.files("maalem.app").joinpath("demo_task.toml").read_text("utf-8")
    task = parse_task(TomlFile(name="system.toml", text=text))
    assert task.name == "system"
    assert len(task.labels) == 6
