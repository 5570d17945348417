# SPDX-License-Identifier: Apache-2.0
"""`maalem project`."""

import dataclasses
from pathlib import Path

import click

from maalem.app.options import shared
from maalem.app.screen import Screen


@click.group("project")
def command() -> None:
    """Look at a project's settings."""


@command.command("show")
@shared
def show(screen: Screen) -> None:
    """Print all settings, the defaults filled in, as TOML that reads back.

    Example: maalem -C orders project show
    """
    from maalem.app.project import read_project, show_project

    project = read_project(Path(screen.folder))
    screen.show(show_project(project))
    screen.result("project", {"settings": dataclasses.asdict(project)})
