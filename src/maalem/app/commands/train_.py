# SPDX-License-Identifier: Apache-2.0
"""`maalem train`."""

import click

from maalem.app.options import require_seal, shared
from maalem.app.screen import Screen


@click.command("train")
@click.argument("task")
@click.option("--gear", type=click.Choice(["quick", "full"]), help="Else the recipe's.")
@click.option("--seeds", type=int, help="How many seeds; else the project's.")
@click.option("--on", "engine", help="Engine; else the project's.")
@require_seal
@shared
def command(
    screen: Screen,
    *,
    task: str,
    gear: str | None,
    seeds: int | None,
    engine: str | None,
    require_seal: int | None,
) -> None:
    """Teach a model from the task's latest frozen dataset; a kill costs little.

    Example: maalem train system --gear quick
    """
    from maalem.app.report import show_runs
    from maalem.app.steps.datasets import latest_dataset
    from maalem.app.steps.runs import base_sentence, changed, train
    from maalem.app.workspace import open_workspace, sealed_at

    with open_workspace(screen.folder) as opened, screen.progress() as tell:
        work = changed(opened, gear=gear, seeds=seeds, engine=engine)
        work = sealed_at(work, require_seal)
        runs = train(work, latest_dataset(work, task), tell=tell)
        base = base_sentence(work, task)
    show_runs(screen, runs, base=base)
