# SPDX-License-Identifier: Apache-2.0
"""`maalem export`."""

from pathlib import Path

import click

from maalem.app.options import LAYOUT, shared
from maalem.app.screen import Screen


@click.command("export")
@click.argument("task")
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "layout",
    type=LAYOUT,
    default="jsonl",
    show_default=True,
    help="Layout of the file.",
)
@click.option("--open", "only_open", is_flag=True, help="Unanswered items alone.")
@shared
def command(
    screen: Screen, *, task: str, path: Path, layout: str, only_open: bool
) -> None:
    """Write a task's items and annotations in a format that other tools read.

    Example: maalem export system answers.json --format label-studio
    """
    from maalem.app.steps.interchange import export
    from maalem.app.workspace import open_workspace

    with open_workspace(screen.folder, read_only=True) as work:
        count = export(work, task, path, layout=layout, only_open=only_open)
    screen.say(f"wrote {count} annotations to {path}")
    screen.result("export", {"annotations": count, "path": str(path)})
