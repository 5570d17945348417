# SPDX-License-Identifier: Apache-2.0
"""The ratchet for taste: limits that may only be raised by name, with a reason."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "maalem"
MODULES = sorted(SOURCE.rglob("*.py"))

MODULE_LINES, FUNCTION_LINES, EXPORTS = 250, 40, 8
REFUSED = {
    *("utils", "util", "common", "misc", "helpers", "helper", "base", "core"),
    *("manager", "managers", "service", "services", "processor", "handler", "handlers"),
}

RAISED = {
    "records": "the nouns of the whole loop stand in one place",
}


def identifier(path):
    return str(path.relative_to(SOURCE))


def over_limit(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    lines = len(path.read_text(encoding="utf-8").splitlines())
    if lines > MODULE_LINES:
        yield f"{lines} lines"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from long_function(node)
    if path.stem in REFUSED:
        yield f"the name {path.stem!r} says nothing"


def long_function(node):
    """Docstrings do not count: what they say is wanted."""
    body = node.body
    documented = ast.get_docstring(node) is not None
    first = body[1] if documented and len(body) > 1 else body[0]
    length = node.end_lineno - first.lineno + 1
    if length > FUNCTION_LINES:
        yield f"{node.name}: {length} lines"


@pytest.mark.parametrize("path", MODULES, ids=identifier)
def test_a_module_stays_within_the_limits_of_taste(path):
    assert list(over_limit(path)) == []


@pytest.mark.parametrize(
    "path", sorted(SOURCE.glob("*/__init__.py")), ids=lambda p: p.parent.name
)
def test_a_package_exports_few_names(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = next(
        (
            node.value.elts
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign)
            and getattr(node.targets[0], "id", "") == "__all__"
        ),
        [],
    )
    assert path.parent.name in RAISED or len(names) <= EXPORTS


def test_own_classes_inherit_at_most_once():
    parents = {}
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                names = [base.id for base in node.bases if isinstance(base, ast.Name)]
                parents[node.name] = names
    deep = [
        name
        for name, names in parents.items()
        for parent in names
        if any(grand in parents for grand in parents.get(parent, ()))
        and "Protocol" not in parents.get(parent, ())
        and parent != "MaalemError"
    ]
    assert deep == []
