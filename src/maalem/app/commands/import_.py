# SPDX-License-Identifier: Apache-2.0
"""`maalem import`."""

from pathlib import Path

import click

from maalem.app.options import LAYOUT, dry_run, shared
from maalem.app.screen import Screen


@click.command("import")
@click.argument("task")
@click.argument("path", required=False, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--format",
    "layout",
    type=LAYOUT,
    help="Layout of the file; else it is recognised.",
)
@click.option(
    "--from-documents", is_flag=True, help="Take the label column of the documents."
)
@click.option("--gold", is_flag=True, help="The answers are known: make gold cards.")
@dry_run
@shared
def command(  # noqa: PLR0913  # click gives each option by its name
    screen: Screen,
    *,
    task: str,
    path: Path | None,
    layout: str | None,
    from_documents: bool,
    gold: bool,
    dry_run: bool,
) -> None:
    """Bring in what experts have already answered; each answer is kept apart.

    Example: maalem import system answers.jsonl
    """
    from maalem.app.report import show_collected
    from maalem.app.report_people import show_gold
    from maalem.app.steps.gold import collect_gold
    from maalem.app.steps.interchange import collect
    from maalem.app.steps.judgements import collect_from_documents
    from maalem.app.workspace import open_workspace
    from maalem.errors import UsageError

    if (path is None) == (not from_documents) or (gold and path is None):
        raise UsageError("name a file, or say --from-documents")
    keep = not dry_run
    with open_workspace(screen.folder) as work:
        if path is not None and gold:
            show_gold(screen, collect_gold(work, task, path, layout=layout, keep=keep))
        elif path is not None:
            show_collected(screen, collect(work, task, path, layout=layout, keep=keep))
        else:
            show_collected(screen, collect_from_documents(work, task, keep=keep))
