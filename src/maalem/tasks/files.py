# SPDX-License-Identifier: Apache-2.0
"""A task definition as a TOML file, and back."""

from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from maalem.errors import SettingsError
from maalem.tasks.asking import Asking
from maalem.tasks.definition import Gate, TaskDefinition
from maalem.tasks.labels import Criterion, LabelDefinition
from maalem.tasks.lines import KeyPath, TomlFile
from maalem.tasks.settings import read_settings, read_toml, refuse_type, write_settings

_TABLES = ("labels", "criteria", "gate", "asking")
T = TypeVar("T")
Pair: TypeAlias = tuple[str, str]

_IN_RELEASE = "task"  # a release keeps the definition as task.toml


def load_task(path: Path) -> TaskDefinition:
    """Load a task definition; `name` may be left out, it is the file's.

    Raises:
        SettingsError: The file cannot be read, is not UTF-8 or not TOML, or a key is
            unknown, missing or refused; file, line, key and nearest known key are
            named.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise SettingsError(
            f"{path.name} is not UTF-8",
            why=f"byte {error.start} cannot be read",
            code="settings.toml",
        ) from error
    except OSError as error:
        raise SettingsError(
            f"{path.name} cannot be read", why=str(error), code="task.missing"
        ) from error
    file = TomlFile(name=path.name, text=text)
    values = read_toml(file)
    values.setdefault("name", path.stem)
    if values["name"] != path.stem and path.stem != _IN_RELEASE:
        raise SettingsError(
            f"{file.where('name')}: name {values['name']!r} is not the file's",
            hint=f"write name = {path.stem!r}, or leave it out",
            code="task.name",
        )
    return _task(file, values)


def parse_task(file: TomlFile) -> TaskDefinition:
    """Read a task definition from the text of its file; errors as `load_task`."""
    return _task(file, read_toml(file))


def _task(file: TomlFile, values: dict[str, Any]) -> TaskDefinition:
    inner: dict[str, Any] = {}
    for key, table in (("gate", Gate), ("asking", Asking)):
        refuse_type(file, (key,), values.get(key, {}), dict)
        inner[key] = read_settings(table, values.get(key, {}), file=file, table=(key,))
    for key, row in (("labels", LabelDefinition), ("criteria", Criterion)):
        rows = values.get(key, [])
        refuse_type(file, (key,), rows, list)
        inner[key] = tuple(
            _row(file, row, one, path=(key, number)) for number, one in enumerate(rows)
        )
    if "labels" not in values and values.get("answer", "choose").startswith("choose"):
        del inner["labels"]
    for key in ("titles", "guidelines"):
        if key in values:
            inner[key] = _pairs(file, values[key], path=(key,))
    return read_settings(TaskDefinition, values | inner, file=file)


def _row(file: TomlFile, row: type[T], given: object, *, path: KeyPath) -> T:
    """Read a label or a criterion: a table, or its name alone."""
    values = {"name": given} if isinstance(given, str) else given
    refuse_type(file, path, values, dict)
    assert isinstance(values, dict)  # noqa: S101  # just refused otherwise
    if "names" in values:
        pairs = _pairs(file, values["names"], path=(*path, "names"))
        values = values | {"names": pairs}
    return read_settings(row, values, file=file, table=path)


def _pairs(file: TomlFile, given: object, *, path: KeyPath) -> tuple[Pair, ...]:
    """Read a table of texts as sorted pairs."""
    refuse_type(file, path, given, dict)
    assert isinstance(given, dict)  # noqa: S101  # just refused otherwise
    for key, text in given.items():
        refuse_type(file, (*path, key), text, str)
    return tuple(sorted(given.items()))


def write_task(task: TaskDefinition) -> str:
    """Write a task definition as TOML that reads back the same."""
    empty = [key for key in ("titles", "guidelines") if not getattr(task, key)]
    top = write_settings(task, without=(*_TABLES, *empty))
    rows = [
        f"[[{key}]]\n{write_settings(one, without=() if one.names else ('names',))}"
        for key, several in (("labels", task.labels), ("criteria", task.criteria))
        for one in several
    ]
    tables = [f"[{key}]\n{write_settings(getattr(task, key))}" for key in _TABLES[2:]]
    return "\n\n".join([top, *rows, *tables]) + "\n"
