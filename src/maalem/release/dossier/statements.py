# SPDX-License-Identifier: Apache-2.0
"""What people state in `dossier.toml`, a table for each field; always as theirs."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from maalem.errors import SettingsError
from maalem.release.dossier.fields import UNRECORDED, UNWRITTEN, Dossier, Statement
from maalem.release.dossier.outline import keys
from maalem.tasks.lines import TomlFile
from maalem.tasks.settings import read_toml, refuse_unknown

FILE = "dossier.toml"
LANGUAGES = ("en", "fr", "ar")
_NEEDED = ("text", "by", "date")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def read_statements(text: str) -> dict[str, Statement]:
    """Read what people state.

    Args:
        text: The file. A table a field has `text`, `by`, `date`, and in other languages
            `en`, `fr` or `ar`.

    Raises:
        SettingsError: It is not TOML, names a field that no document has, or leaves
            out who said it or when.
    """
    file = TomlFile(name=FILE, text=text)
    tables = read_toml(file)
    refuse_unknown(tables, list(keys()), file=file)
    return {key: _statement(key, table, file) for key, table in tables.items()}


def _statement(key: str, table: object, file: TomlFile) -> Statement:
    if not isinstance(table, dict):
        raise SettingsError(
            f"{file.where('', key)}: {key} must be a table",
            hint=f"write [{key}]",
            code="settings.wrong-type",
        )
    refuse_unknown(table, [*_NEEDED, *LANGUAGES], file=file, table=(key,))
    said = {name: _text(key, name, table, file=file) for name in table}
    for name in _NEEDED:
        if not said.get(name):
            raise SettingsError(
                f"{file.where('', key)}: {key} has no {name}",
                why="a statement names who made it, and when",
                hint=f'add {name} = "…"',
                code="dossier.unsigned",
            )
    if not _DAY.fullmatch(said["date"]):
        raise SettingsError(
            f"{file.where(key, 'date')}: {said['date']!r} is no date",
            hint="write it as 2026-11-25",
            code="dossier.unsigned",
        )
    return Statement(
        text=said["text"],
        by=said["by"],
        date=said["date"],
        texts=tuple((one, said[one]) for one in LANGUAGES if one in said),
    )


def _text(key: str, name: str, table: Mapping[str, Any], *, file: TomlFile) -> str:
    value = table[name]
    if isinstance(value, date):
        return value.isoformat()[:10]
    if not isinstance(value, str):
        raise SettingsError(
            f"{file.where(key, name)}: {key}.{name} must be a text, got {value!r}",
            code="settings.wrong-type",
        )
    return value.strip()


def write_form(dossier: Dossier) -> str:
    """Write an empty `dossier.toml`, with a table for each field that is missing."""
    lines = [
        f"# Fields of the dossier of {dossier.name} that a person may fill.",
        f"# Copy the tables you need to {FILE} in the project's folder, and make the",
        "# dossier again. What you write stands there as your statement.",
    ]
    for fact in dossier.facts:
        if fact.state in (UNRECORDED, UNWRITTEN):
            lines += ["", f"# [{fact.field}]  # {fact.state}"]
            lines += [f'# {name} = ""' for name in _NEEDED]
    return "\n".join(lines) + "\n"
