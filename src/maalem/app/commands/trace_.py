# SPDX-License-Identifier: Apache-2.0
"""`maalem trace`."""

import click

from maalem.app.options import shared
from maalem.app.screen import Screen


@click.command("trace")
@click.argument("what")
@click.option(
    "--expert", metavar="WHO", help="What this annotator's answers to a task changed."
)
@click.option("--text", metavar="TEXT", help="The taught texts nearest to this one.")
@shared
def command(screen: Screen, what: str, *, expert: str | None, text: str | None) -> None:
    """Say who taught a release, a model, a dataset or a row, and from what.

    WHAT is the name of a release or a task, or the first digits of a digest. Every line
    has the index of the ledger's entry that brought it.

    Example: maalem trace system-1
    """
    from maalem.app.report_trace import show_influence, show_trace
    from maalem.app.steps.influence import influence
    from maalem.app.steps.nearest import nearest
    from maalem.app.steps.tracing import taught_dataset, trace
    from maalem.app.workspace import open_workspace

    with open_workspace(screen.folder, read_only=True) as work:
        if expert is not None:
            dataset = taught_dataset(work, what)
            show_influence(screen, influence(work, dataset, expert))
            return
        near = nearest(work, taught_dataset(work, what), text) if text else None
        show_trace(screen, trace(work, what), near)
