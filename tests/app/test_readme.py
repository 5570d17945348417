# SPDX-License-Identifier: Apache-2.0
"""What README promises runs as it is printed."""

import re
import runpy
from itertools import product
from pathlib import Path

import pytest
from tests.app import builders

from maalem.app.main import COMMANDS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
SESSION = re.compile(r"<!-- readme-session -->\n```python\n(.*?)```", re.DOTALL)
LINES = 15


def session():
    """Give the lines of the Python session."""
    (found,) = SESSION.findall(README)
    return found


def english_orders(path):
    """Write 108 orders in English, no two of them alike."""
    texts = product(
        builders.WORDS["en"].items(), builders.PLACES["en"], builders.TIMES["en"][:2]
    )
    rows = [
        {"text": f"{fault} {place} {moment}", "system": system}
        for (system, faults), place, moment in texts
        for fault in faults
    ]
    return builders.a_table(path, rows)


@pytest.mark.slow
@pytest.mark.torch
@pytest.mark.weights
def test_the_python_session_runs_as_printed(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    english_orders(tmp_path / "orders.csv")
    task = builders.TASK.replace('["en", "fr", "ar"]', '["en"]')
    script = tmp_path / "session.py"
    script.write_text(session(), encoding="utf-8")
    after = runpy.run_path(str(script), init_globals={"TASK": task})
    outcome, answer = capsys.readouterr().out.splitlines()
    assert outcome == f"{after['exam'].verdict.outcome} True"
    assert answer == "Hydraulics"
    assert (after["folder"] / "release.html").is_file()


def test_the_python_session_takes_few_lines():
    lines = [line for line in session().splitlines() if line.strip()]
    steps = [line for line in lines if not line.startswith(("from", "import"))]
    assert len(steps) < LINES


def test_the_python_session_names_only_what_there_is():
    from maalem.app import loop

    for name in re.findall(r"loop\.(\w+)", session()):
        assert name in loop.__all__


@pytest.mark.parametrize("page", ["README.md", "docs/guides/first-project.md"])
def test_every_command_that_is_shown_exists(page):
    text = (ROOT / page).read_text("utf-8")
    shown = re.findall(r"(?:`|    |bin/)maalem (?:-C \S+ )?([a-z]+)", text)
    assert shown
    assert set(shown) <= set(COMMANDS)


@pytest.mark.parametrize("page", ["README.md", "docs/guides/first-project.md"])
def test_every_link_leads_somewhere(page):
    path = ROOT / page
    for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text("utf-8")):
        assert (path.parent / target).exists(), target
