# SPDX-License-Identifier: Apache-2.0
"""`maalem project`."""

import dataclasses
import sys
from pathlib import Path

import click

from maalem.app.options import shared
from maalem.app.screen import Screen


@click.group("project")
def command() -> None:
    """Look at a project's settings and pseudonyms."""


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


@command.command("pseudonym")
@click.argument("texts", nargs=-1, required=True)
@shared
def pseudonym(screen: Screen, texts: tuple[str, ...]) -> None:
    """Say what stands in the corpus for personal data, to find whose it is.

    Example: maalem project pseudonym "06 12 34 56 78"

    A text of - reads standard input, one text a line, so that no shell remembers it.
    There is no way back from a pseudonym.
    """
    from maalem.app.steps.pseudonyms import put_pseudonyms
    from maalem.app.workspace import open_workspace

    read = [line.rstrip("\n") for line in sys.stdin] if texts == ("-",) else [*texts]
    with open_workspace(screen.folder, read_only=True) as work:
        put = put_pseudonyms(work, read)
    screen.show("\n".join(put))
    screen.result("project-pseudonym", {"texts": put})
