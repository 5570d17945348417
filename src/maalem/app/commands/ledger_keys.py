# SPDX-License-Identifier: Apache-2.0
"""`maalem ledger keys`, `rotate-key` and `revoke-key`."""

from pathlib import Path

import click

from maalem.app.options import shared, to_file
from maalem.app.screen import Screen


@click.command("keys")
@to_file
@shared
def keys(screen: Screen, *, path: Path | None) -> None:
    """Show the ledger's keys, or write the file of keys that others verify with.

    Example: maalem ledger keys --to ours.keys
    """
    from maalem.app.report_ledger import show_keys
    from maalem.app.steps.keys import keep_history, rows_of
    from maalem.app.workspace import open_workspace
    from maalem.store.key_chain import chain_in

    with open_workspace(screen.folder) as work:
        text, rows = keep_history(work), rows_of(work.store.look(chain_in))
    if path is not None:
        path.write_text(text, encoding="utf-8")
        screen.say(f"wrote {path}")
    show_keys(screen, rows)


@click.command("rotate-key")
@click.option("--keep-old", is_flag=True, help="Keep the old private key aside.")
@shared
def rotate_key(screen: Screen, *, keep_old: bool) -> None:
    """Give the ledger a new key, which the old one signs too; the old one goes.

    Example: maalem ledger rotate-key
    """
    from maalem.app.report_ledger import show_keys
    from maalem.app.steps.keys import rotate
    from maalem.app.workspace import open_workspace

    with open_workspace(screen.folder) as work:
        rows = rotate(work, keeps_old=keep_old)
    show_keys(screen, rows)


@click.command("revoke-key")
@click.option("--since", type=int, required=True, help="Last entry that is believed.")
@click.option("--why", required=True, help="The reason; it stands there for ever.")
@click.option("--key", "name", help="Its eight digits; else the key before this one.")
@shared
def revoke_key(screen: Screen, *, since: int, why: str, name: str | None) -> None:
    """Say that a key of the ledger is not believed after an entry, as if stolen.

    Example: maalem ledger revoke-key --since 41 --why "a stolen notebook"
    """
    from maalem.app.report_ledger import show_keys
    from maalem.app.steps.keys import revoke
    from maalem.app.workspace import open_workspace

    with open_workspace(screen.folder) as work:
        rows = revoke(work, name=name, since=since, why=why)
    show_keys(screen, rows)
