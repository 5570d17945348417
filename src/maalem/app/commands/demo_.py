# SPDX-License-Identifier: Apache-2.0
"""`maalem demo`."""

from pathlib import Path

import click

from maalem.app.options import shared
from maalem.app.screen import Screen


@click.command("demo")
@click.argument("directory", type=click.Path(path_type=Path), default="demo")
@click.option("--gear", type=click.Choice(["quick", "full"]), help="Else full.")
@shared
def command(screen: Screen, directory: Path, gear: str | None) -> None:
    """Run the whole loop on real work orders in a fresh folder, and leave it there.

    Example: maalem demo
    """
    from maalem.app.demo import run_demo

    screen.result("demo", run_demo(screen, directory, gear=gear))
