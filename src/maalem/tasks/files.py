# SPDX-License-Identifier: Apache-2.0
"""A task definition as a TOML file, and back."""

from pathlib import Path
from typing import Any

from maalem.errors import SettingsError
from maalem.tasks.definition import Gate, LabelDefinition, TaskDefinition
from maalem.tasks.lines import TomlFile
from maalem.tasks.settings import read_settings, read_toml, refuse_type, write_settings

_TABLES = ("labels", "gate")
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
    labels = values.get("labels", [])
    refuse_type(file, ("labels",), labels, list)
    refuse_type(file, ("gate",), values.get("gate", {}), dict)
    inner = {
        "labels": tuple(
            _label(file, label, number) for number, label in enumerate(labels)
        ),
        "gate": read_settings(Gate, values.get("gate", {}), file=file, table=("gate",)),
    }
    if "labels" not in values:
        del inner["labels"]
    return read_settings(TaskDefinition, values | inner, file=file)


def _label(file: TomlFile, label: object, number: int) -> LabelDefinition:
    """Read a label: a table, or its name alone."""
    values = {"name": label} if isinstance(label, str) else label
    refuse_type(file, ("labels", number), values, dict)
    assert isinstance(values, dict)  # noqa: S101  # just refused otherwise
    if "names" in values:
        path = ("labels", number, "names")
        refuse_type(file, path, values["names"], dict)
        for language, name in values["names"].items():
            refuse_type(file, (*path, language), name, str)
        values = values | {"names": tuple(sorted(values["names"].items()))}
    return read_settings(LabelDefinition, values, file=file, table=("labels", number))


def write_task(task: TaskDefinition) -> str:
    """Write a task definition as TOML that reads back the same."""
    top = write_settings(task, without=_TABLES)
    labels = [
        f"[[labels]]\n{write_settings(one, without=() if one.names else ('names',))}"
        for one in task.labels
    ]
    parts = [top, *labels, f"[gate]\n{write_settings(task.gate)}"]
    return "\n\n".join(parts) + "\n"
