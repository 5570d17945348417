# SPDX-License-Identifier: Apache-2.0
"""`maalem verify`."""

from pathlib import Path

import click

from maalem.app.options import shared
from maalem.app.screen import Screen


@click.command("verify")
@click.argument("path", required=False, type=click.Path(exists=True, path_type=Path))
@click.option("--ledger", is_flag=True, help="Check the project's whole ledger.")
@click.option(
    "--key",
    type=click.Path(exists=True, path_type=Path),
    help="Public key file got by another way than what is checked.",
)
@click.option(
    "--against",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    help="A checkpoint kept elsewhere, an export or an older copy; with --ledger.",
)
@click.option(
    "--openssf",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Public key of the OpenSSF signature beside a release, which must hold too.",
)
@shared
def command(
    screen: Screen,
    path: Path | None,
    *,
    ledger: bool,
    key: Path | None,
    against: tuple[Path, ...],
    openssf: Path | None,
) -> None:
    """Check a release, badge, proof or ledger anywhere, a dossier in its project.

    Example: maalem verify orders/releases/system-1
    """
    from maalem.app.checking import check_file, check_folder, check_history
    from maalem.errors import UsageError

    if ledger:
        check_history(screen, path or Path(screen.folder), against=against)
    elif against:
        raise UsageError("--against compares a ledger", hint="add --ledger")
    elif path is None:
        raise UsageError("name a release folder or a badge, or say --ledger")
    elif path.is_file():
        check_file(screen, path, key=key)
    else:
        check_folder(screen, path, key=key, openssf=openssf)
