# SPDX-License-Identifier: Apache-2.0
"""Tasks that come along, written into a project to be edited there."""

from collections.abc import Mapping
from importlib import resources
from types import MappingProxyType

from maalem.app.workspace import Workspace
from maalem.errors import DataError

TEMPLATES: Mapping[str, str] = MappingProxyType(
    {"personal-data": "personal_data_task.toml"}
)
"""Each task that comes along, and the file of this package that defines it."""


def write_template(work: Workspace, name: str) -> None:
    """Write a task that comes along into the project's folder of tasks.

    Args:
        work: The opened project.
        name: One of `TEMPLATES`.

    Raises:
        DataError: The project has a task of that name.
    """
    path = work.place("tasks") / f"{name}.toml"
    if path.exists():
        raise DataError(
            f"there is a task {name!r} already",
            hint=f"maalem ask {name}",
            code="task.exists",
        )
    source = resources.files("maalem.app").joinpath(TEMPLATES[name])
    path.write_text(source.read_text("utf-8"), encoding="utf-8")
