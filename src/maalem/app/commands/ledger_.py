# SPDX-License-Identifier: Apache-2.0
"""`maalem ledger`."""

from pathlib import Path
from typing import TextIO

import click

from maalem.app.commands.ledger_keys import keys, revoke_key, rotate_key
from maalem.app.options import needs_desk, shared, to_file
from maalem.app.screen import Screen


@click.group("ledger")
def command() -> None:
    """Let others watch the ledger, so that nobody can write another history.

    Example: maalem ledger submit --to ours.submission
    """


def _give(screen: Screen, text: str, path: Path | None, *, schema: str) -> None:
    if path is None:
        screen.show(text.rstrip("\n"))
    else:
        path.write_text(text, encoding="utf-8")
        screen.say(f"wrote {path}")
    screen.result(schema, {"text": text, "path": str(path) if path else None})


@command.command("checkpoint")
@to_file
@click.option("--witnessed", is_flag=True, help="The last one that a witness signed.")
@shared
def checkpoint(screen: Screen, *, path: Path | None, witnessed: bool) -> None:
    """Sign the ledger as it stands: a few lines to print, mail or commit elsewhere.

    Example: maalem ledger checkpoint --to ledger-2026-11.txt
    """
    from maalem.app.steps.witnessing import newest_cosigned
    from maalem.app.workspace import open_workspace

    with open_workspace(screen.folder) as work:
        note = newest_cosigned(work) if witnessed else work.store.checkpoint()
    _give(screen, note, path, schema="ledger.checkpoint")


@command.command("prove")
@click.argument("entry", type=int)
@to_file
@shared
def prove(screen: Screen, *, entry: int, path: Path | None) -> None:
    """Write the proof that an entry is in the ledger; the proof needs no ledger.

    Example: maalem ledger prove 12 --to entry-12.tlog-proof
    """
    from maalem.app.workspace import open_workspace

    with open_workspace(screen.folder) as work:
        proof = work.store.inclusion(entry)
    _give(screen, proof, path, schema="ledger.prove")


@command.command("submit")
@click.option("--since", type=int, help="Entries that the witness saw last.")
@to_file
@shared
def submit(screen: Screen, *, since: int | None, path: Path | None) -> None:
    """Write what a witness has to see: a checkpoint, and that the ledger only grew.

    Example: maalem ledger submit --to ours.submission
    """
    from maalem.app.steps.witnessing import submit as submission
    from maalem.app.workspace import open_workspace

    with open_workspace(screen.folder) as work:
        text = submission(work, since=since)
    _give(screen, text, path, schema="ledger.submit")


@command.command("cosign")
@click.argument("file", type=click.File(encoding="utf-8"))
@click.option(
    "--keys",
    type=click.File(encoding="utf-8"),
    help="Their file of keys, if their key was rotated.",
)
@to_file
@shared
def cosign(
    screen: Screen, *, file: TextIO, keys: TextIO | None, path: Path | None
) -> None:
    """As a witness, sign what another project submitted, if its ledger only grew.

    Example: maalem ledger cosign theirs.submission --to theirs.checkpoint
    """
    from maalem.app.steps.following import follow_rotation
    from maalem.app.steps.witnessing import cosign_submission
    from maalem.app.workspace import open_workspace

    with open_workspace(screen.folder) as work:
        if keys is not None:
            follow_rotation(work, keys.read())
        note = cosign_submission(work, file.read())
    _give(screen, note, path, schema="ledger.cosign")


@command.command("keep")
@click.argument("file", type=click.File(encoding="utf-8"))
@shared
def keep(screen: Screen, *, file: TextIO) -> None:
    """Take home a checkpoint of this ledger that a witness signed.

    Example: maalem ledger keep ours.checkpoint
    """
    from maalem.app.report import plain
    from maalem.app.steps.witnessing import keep_cosigned
    from maalem.app.workspace import open_workspace

    with open_workspace(screen.folder) as work:
        found = keep_cosigned(work, file.read())
    for one in found:
        screen.say(f"signed by {one.witness} at {one.at.isoformat()}")
    screen.result("ledger.keep", {"cosignatures": [plain(one) for one in found]})


@command.command("ask")
@click.argument("addresses", nargs=-1, metavar="[URL]...")
@shared
def ask(screen: Screen, *, addresses: tuple[str, ...]) -> None:
    """Ask witnesses over HTTP to sign the ledger, and take home what they sign.

    Those of [ledger] asked in maalem.toml are asked, if no other is named.

    Example: maalem ledger ask https://witness.example.org
    """
    from maalem.app.report_witness import show_asked
    from maalem.app.steps.asking import addresses_to_ask, ask_witnesses
    from maalem.app.workspace import open_workspace

    with open_workspace(screen.folder) as work:
        chosen = addresses_to_ask(work, addresses)
        show_asked(screen, ask_witnesses(work, chosen))


@command.command("witness")
@click.option("--listen", "place", metavar="HOST:PORT", help="Answer over HTTP there.")
@shared
def witness(screen: Screen, *, place: str | None) -> None:
    """Show the key with which this project cosigns, made if need be; or answer.

    Example: maalem ledger witness --listen 127.0.0.1:8440
    """
    if place is not None:
        _listen(screen, place)
        return
    from maalem.app.steps.witnessing import witness_key
    from maalem.app.workspace import open_workspace
    from maalem.store.keys import COSIGNING, verifier_line

    with open_workspace(screen.folder) as work:
        key = witness_key(work)
    line = verifier_line(key.name, key.public_bytes, use=COSIGNING)
    screen.say("whoever wants this witness adds the line to [ledger] witnesses:")
    screen.show(line)
    screen.result("ledger.witness", {"key": line})


@needs_desk
def _listen(screen: Screen, place: str) -> None:
    from maalem.app.opening_witness import serve_as_witness

    serve_as_witness(screen, place)


@command.command("tiles")
@click.argument("path", type=click.Path(path_type=Path))
@shared
def tiles(screen: Screen, *, path: Path) -> None:
    """Write the ledger as static files, for any web server or a memory stick.

    Example: maalem ledger tiles public/ledger
    """
    from maalem.app.report import plain
    from maalem.app.workspace import open_workspace
    from maalem.store.tiles import write_tiles

    with open_workspace(screen.folder) as work:
        found = write_tiles(work.store, path)
    screen.say(f"{path} holds {found.size} entries; {found.written} files are new")
    if found.too_long:
        screen.say(
            f"  entries too long for the format, with their bundles left out: "
            f"{', '.join(map(str, found.too_long))}"
        )
    screen.result("ledger.tiles", plain(found))


for _one in (keys, rotate_key, revoke_key):
    command.add_command(_one)
