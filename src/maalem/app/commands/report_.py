# SPDX-License-Identifier: Apache-2.0
"""`maalem report`."""

from pathlib import Path

import click

from maalem.app.options import shared
from maalem.app.screen import Screen


@click.command("report")
@click.option("--dossier", is_flag=True, help="Write the documents that laws ask for.")
@click.option("--release", metavar="NAME", help="Its release; the newest if none.")
@click.option(
    "--language",
    "languages",
    type=click.Choice(["en", "fr", "ar"]),
    multiple=True,
    help="Language of a page; all three if none.",
)
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder to write to; else dossiers/NAME in the project.",
)
@shared
def command(
    screen: Screen,
    *,
    dossier: bool,
    release: str | None,
    languages: tuple[str, ...],
    into: Path | None,
) -> None:
    """Write the dossier of a release: each field from a record, or said to be missing.

    Example: maalem report --dossier --release system-1 --language fr
    """
    from maalem.app.report_dossier import show_dossier
    from maalem.app.steps.dossiers import release_to_report, write
    from maalem.app.workspace import open_workspace
    from maalem.errors import UsageError
    from maalem.release.dossier import PAGES

    if not dossier:
        raise UsageError("what to report is not said", hint="maalem report --dossier")
    with open_workspace(screen.folder) as work:
        found = release_to_report(work, release)
        made = write(work, found, languages=languages or tuple(PAGES), into=into)
    show_dossier(screen, made)
