# SPDX-License-Identifier: Apache-2.0
"""`maalem init`."""

import shlex
from pathlib import Path

import click

from maalem.app.options import shared
from maalem.app.screen import Screen


@click.command("init")
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--name", default="", help="Name of the project; else the folder's.")
@click.option(
    "--database",
    default="sqlite",
    help="sqlite, or postgresql://user@host/name without a password.",
)
@shared
def command(screen: Screen, directory: Path, *, name: str, database: str) -> None:
    """Make a project: settings, ledger, key.

    Example: maalem init orders
    """
    from maalem.app.workspace import create

    with create(directory, name=name, database=database) as work:
        key = work.store.signing_key.key_id.hex()
    screen.say(f"{directory} is a project; its ledger's key is {key}")
    where = shlex.quote(str(directory))
    screen.say(f"  next: maalem -C {where} add PATH, after maalem.toml [columns]")
    screen.result("init", {"folder": str(directory), "key": key})
