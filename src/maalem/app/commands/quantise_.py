# SPDX-License-Identifier: Apache-2.0
"""`maalem quantise`."""

import click

from maalem.app.options import require_seal, shared
from maalem.app.screen import Screen


@click.command("quantise")
@click.argument("task")
@require_seal
@shared
def command(screen: Screen, task: str, *, require_seal: int | None) -> None:
    """Make a model in 8 bits of the latest one, with a digest and an exam of its own.

    It is refused if it loses more than half a point of accuracy; two looks are counted.

    Example: maalem quantise system
    """
    from maalem.app.report_against import show_quantised
    from maalem.app.steps.quantising import quantise
    from maalem.app.workspace import open_workspace, sealed_at

    with open_workspace(screen.folder) as opened, screen.progress() as tell:
        made = quantise(sealed_at(opened, require_seal), task, tell=tell)
    show_quantised(screen, made)
