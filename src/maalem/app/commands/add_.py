# SPDX-License-Identifier: Apache-2.0
"""`maalem add`."""

import dataclasses
from pathlib import Path

import click

from maalem.app.options import dry_run, require_seal, shared
from maalem.app.screen import Screen


@click.command("add")
@click.argument(
    "paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path)
)
@click.option("--text", multiple=True, help="Column that is text; may be repeated.")
@click.option("--group", help="Column whose equal values must not be split.")
@click.option("--date", help="Column that is a date.")
@click.option("--label", help="Column that is a label somebody gave.")
@require_seal
@dry_run
@shared
def command(
    screen: Screen,
    paths: tuple[Path, ...],
    *,
    dry_run: bool,
    require_seal: int | None,
    **columns: str | tuple[str, ...] | None,
) -> None:
    """Read files and folders into the corpus.

    Example: maalem add orders.csv --text Shorttext --date Start
    """
    from maalem.app.report import refuse_if_nothing_was_read, show_corpus
    from maalem.app.steps.documents import add
    from maalem.app.workspace import open_workspace, sealed_at

    with open_workspace(screen.folder) as opened, screen.progress() as tell:
        work = sealed_at(opened, require_seal)
        given = {name: value for name, value in columns.items() if value}
        mapped = dataclasses.replace(work.project.columns, **given)  # type: ignore[arg-type]  # click gives what the options say
        report = add(work, paths, columns=mapped, keep=not dry_run, tell=tell)
    show_corpus(screen, report)
    refuse_if_nothing_was_read(report)
