# SPDX-License-Identifier: Apache-2.0
"""`maalem ask`."""

from pathlib import Path

import click

from maalem.app.options import LAYOUT, dry_run, shared
from maalem.app.screen import Screen


@click.command("ask")
@click.argument("task", required=False)
@click.option(
    "--from",
    "path",
    type=click.Path(exists=True, path_type=Path),
    help="Ask what this file of another tool asks.",
)
@click.option("--format", "layout", type=LAYOUT, help="Its layout; else recognised.")
@click.option(
    "--template",
    type=click.Choice(["personal-data"]),
    help="First write this task into the project, to be edited.",
)
@dry_run
@shared
def command(
    screen: Screen,
    task: str | None,
    *,
    path: Path | None,
    layout: str | None,
    template: str | None,
    dry_run: bool,
) -> None:
    """Check a task's definition and make its items; without a name, all tasks.

    Example: maalem ask system
    """
    from maalem.app.report import show_asked, show_questions
    from maalem.app.steps.interchange import collect_questions
    from maalem.app.steps.judgements import ask
    from maalem.app.steps.templates import write_template
    from maalem.app.workspace import open_workspace
    from maalem.errors import UsageError

    if (path is not None and task is None) or (path is None and layout is not None):
        raise UsageError("name a task and a file: maalem ask TASK --from FILE")
    if template and (task or path or dry_run):
        raise UsageError("a template stands alone: maalem ask --template NAME")
    with open_workspace(screen.folder) as work:
        if template:
            write_template(work, template)
            task = template
        if path is not None and task is not None:
            brought = collect_questions(
                work, task, path, layout=layout, keep=not dry_run
            )
            show_questions(screen, brought)
        else:
            names = [task] if task else work.task_names()
            show_asked(screen, [ask(work, name, keep=not dry_run) for name in names])
