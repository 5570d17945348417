# SPDX-License-Identifier: Apache-2.0
"""Every command, setting, error, metric and gate stands in the reference."""

import ast
import dataclasses
import re
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from maalem.app.desk.application import every_route
from maalem.app.main import COMMANDS
from maalem.app.project import leaves
from maalem.evaluation import METRICS
from maalem.tasks import Gate, LabelDefinition, TaskDefinition
from maalem.tasks.asking import Asking
from maalem.tasks.labels import Criterion

ROOT = Path(__file__).parents[1]
REFERENCE = {
    page.stem: page.read_text(encoding="utf-8")
    for page in (ROOT / "docs" / "reference").glob("*.md")
}
CODE = re.compile(r"[a-z]+\.[a-z0-9-]+|unforeseen")


def error_codes():
    """Every code that the source can raise: `code=`, `default_code`, `*_CODE`."""
    found, plain_codes = set(), set()
    for path in (ROOT / "src" / "maalem").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "code":
                found |= constants(node.value)
            if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
                target = (
                    node.targets[0] if isinstance(node, ast.Assign) else node.target
                )
                if getattr(target, "id", "") == "default_code":
                    plain_codes |= constants(node.value)
    return sorted(plain_codes | {code for code in found if CODE.fullmatch(code)})


def constants(node):
    return {
        leaf.value
        for leaf in ast.walk(node)
        if isinstance(leaf, ast.Constant) and isinstance(leaf.value, str) and leaf.value
    }


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_in_the_reference(name):
    assert f"## maalem {name}\n" in REFERENCE["commands"]


@pytest.mark.parametrize(
    "route",
    [one for one in every_route() if not one.is_page],
    ids=lambda one: f"{one.method} {one.path}",
)
def test_every_way_of_the_api_is_in_the_reference(route):
    row = f"| {route.method} `{route.path}` | `{route.permission}` |"
    assert row in REFERENCE["api"]


@pytest.mark.parametrize("table", leaves())
def test_every_setting_is_in_the_reference(table):
    section = REFERENCE["settings"].partition(f"## [{table}]")[2].partition("\n#")[0]
    for field in dataclasses.fields(leaves()[table]):
        assert f"| `{field.name}` |" in section


@pytest.mark.parametrize("code", error_codes())
def test_every_error_is_in_the_reference(code):
    assert f"### `{code}`" in REFERENCE["errors"]


def test_no_error_in_the_reference_is_invented():
    listed = set(re.findall(r"^### `([^`]+)`", REFERENCE["errors"], re.MULTILINE))
    source = "\n".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py")
    )
    assert {code for code in listed if f'"{code}"' not in source} == set()


@pytest.mark.parametrize("metric", METRICS)
def test_every_metric_is_in_the_reference(metric):
    assert f"- `{metric}`:" in REFERENCE["measures"]


@pytest.mark.parametrize(
    "settings", [Asking, Criterion, Gate, LabelDefinition, TaskDefinition]
)
def test_every_gate_and_task_key_is_in_the_reference(settings):
    for field in dataclasses.fields(settings):
        assert f"| `{field.name}` |" in REFERENCE["settings"]


@pytest.mark.parametrize("group", ["maalem.kinds", "maalem.engines"])
def test_every_registered_plugin_is_in_the_reference(group):
    for point in entry_points(group=group):
        assert f"- `{point.name}`:" in REFERENCE["measures"]


def test_every_source_file_has_a_phrase_in_the_architecture():
    page = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    source = ROOT / "src" / "maalem"
    missing = [
        str(path.relative_to(source))
        for path in sorted(source.rglob("*.py"))
        if path.name != "__init__.py" and f"`{path.relative_to(source)}`" not in page
    ]
    assert missing == []
