# SPDX-License-Identifier: Apache-2.0
"""`maalem import`."""

from pathlib import Path

import click

from maalem.app.options import dry_run, shared
from maalem.app.screen import Screen


@click.command("import")
@click.argument("task")
@click.argument("path", required=False, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--format",
    "layout",
    type=click.Choice(
        ["csv", "jsonl", "label-studio", "argilla", "prodigy", "doccano"]
    ),
    help="Layout of the file; else it is recognised.",
)
@click.option(
    "--from-documents", is_flag=True, help="Take the label column of the documents."
)
@dry_run
@shared
def command(
    screen: Screen,
    *,
    task: str,
    path: Path | None,
    layout: str | None,
    from_documents: bool,
    dry_run: bool,
) -> None:
    """Bring in what experts have already answered; each answer is kept apart.

    Example: maalem import system answers.jsonl
    """
    from maalem.app.report import show_collected
    from maalem.app.steps.interchange import collect
    from maalem.app.steps.judgements import collect_from_documents
    from maalem.app.workspace import open_workspace
    from maalem.errors import UsageError

    if (path is None) == (not from_documents):
        raise UsageError("name a file, or say --from-documents")
    with open_workspace(screen.folder) as work:
        if path is None:
            report = collect_from_documents(work, task, keep=not dry_run)
        else:
            report = collect(work, task, path, layout=layout, keep=not dry_run)
    show_collected(screen, report)
