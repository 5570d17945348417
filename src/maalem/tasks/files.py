# SPDX-License-Identifier: Apache-2.0
"""A task definition as a TOML file, and back."""

import dataclasses
from pathlib import Path

from maalem.errors import SettingsError
from maalem.tasks.definition import Gate, LabelDefinition, TaskDefinition
from maalem.tasks.lines import TomlFile
from maalem.tasks.settings import quote, read_settings, read_toml, write_settings

TABLES = ("labels", "gate")


def load_task(path: Path) -> TaskDefinition:
    """Load a task definition.

    Raises:
        SettingsError: The file is not UTF-8 or not TOML, or a key is unknown, missing
            or refused; file, line, key and nearest known key are named.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise SettingsError(
            f"{path.name} is not UTF-8",
            why=f"byte {error.start} cannot be read",
            code="settings.toml",
        ) from error
    return parse_task(TomlFile(name=path.name, text=text))


def parse_task(file: TomlFile) -> TaskDefinition:
    """Read a task definition from the text of its file; errors as `load_task`."""
    values = read_toml(file)
    labels, gate = values.get("labels", []), values.get("gate", {})
    if not isinstance(labels, list) or not all(isinstance(x, dict) for x in labels):
        raise SettingsError(
            f"{file.where('', 'labels')}: labels must be tables",
            hint='write [[labels]] and below it name = "…", once for each label',
            code="settings.wrong-type",
        )
    if not isinstance(gate, dict):
        raise SettingsError(
            f"{file.where('', 'gate')}: gate must be a table",
            hint="write [gate]",
            code="settings.wrong-type",
        )
    inner = {
        "labels": tuple(
            read_settings(
                LabelDefinition, label, file=file, table="labels", number=number
            )
            for number, label in enumerate(labels)
        ),
        "gate": read_settings(Gate, gate, file=file, table="gate"),
    }
    return read_settings(TaskDefinition, values | inner, file=file)


def write_task(task: TaskDefinition) -> str:
    """Write a task definition as TOML that reads back the same."""
    top = [
        f"{field.name} = {_value(getattr(task, field.name))}"
        for field in dataclasses.fields(task)
        if field.name not in TABLES and getattr(task, field.name) is not None
    ]
    labels = [f"[[labels]]\n{write_settings(label)}" for label in task.labels]
    parts = ["\n".join(top), *labels, f"[gate]\n{write_settings(task.gate)}"]
    return "\n\n".join(parts) + "\n"


def _value(value: object) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(quote(str(one)) for one in value) + "]"
    return quote(value) if isinstance(value, str) else repr(value)
