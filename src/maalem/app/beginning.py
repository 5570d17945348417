# SPDX-License-Identifier: Apache-2.0
"""What the settings file of a new project says."""

from maalem.corpus import ColumnMap
from maalem.store.opening import SQLITE
from maalem.tasks.settings import quote, write_settings


def first_settings(
    name: str,
    *,
    columns: ColumnMap | None = None,
    later_from: str | None = None,
    database: str = SQLITE,
) -> str:
    """Write the settings file of a new project: few lines, the rest are defaults."""
    lines = [
        "# Settings of this project; `maalem project show` prints all of them,",
        "# the defaults included.",
        *("", "[project]", f"name = {quote(name)}"),
        *("", "[split]", f"salt = {quote(name)}"),
    ]
    if later_from is not None:
        lines.append(f"later_from = {quote(later_from)}")
    if database != SQLITE:
        lines += ["", "[store]", f"database = {quote(database)}"]
    if columns is not None:
        lines += ["", "[columns]", write_settings(columns)]
    return "\n".join(lines) + "\n"
