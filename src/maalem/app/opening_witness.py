# SPDX-License-Identifier: Apache-2.0
"""How a project becomes a witness that others ask over HTTP."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

from maalem.app.desk.serving import listen
from maalem.app.desk.witness_door import serve_witness
from maalem.app.listening import DeskSettings
from maalem.app.screen import Screen
from maalem.app.steps.witnessing import witness_key
from maalem.app.workspace import open_workspace
from maalem.errors import SettingsError
from maalem.store.keys import COSIGNING, read_verifier, verifier_line


def serve_as_witness(screen: Screen, place: str) -> None:
    """Answer whoever submits a watched ledger, until the process is told to stop.

    Args:
        screen: Where address and key are shown.
        place: Address and port to listen at.
    """
    with open_workspace(Path(screen.folder)) as work:
        settings = place_of(place, work.project.desk)
        key = witness_key(work)
        line = verifier_line(key.name, key.public_bytes, use=COSIGNING)
        watched = [read_verifier(one)[0] for one in work.project.ledger.watched]

        def tell(url: str) -> None:
            screen.show(f"{key.name} can be asked at {url}")
            screen.say(f"  for the ledgers: {', '.join(watched) or 'none yet'}")
            screen.say(f"  its key: {line}")
            screen.say("  stop it with Ctrl-C")
            told = {"url": url, "key": line, "watched": watched}
            screen.result("ledger.witness", told)

        with closing(listen(settings.address, settings.port)) as door:
            serve_witness(work, settings, door, tell=tell)
    screen.say("the witness is closed")


def place_of(text: str, settings: DeskSettings) -> DeskSettings:
    """Read where a witness shall listen; names and proxy are those of the desk.

    Args:
        text: Address and port, such as `127.0.0.1:8440` or `[::1]:8440`.
        settings: The desk's.

    Raises:
        SettingsError: It is none, or the port cannot be.
    """
    address, _, port = text.rpartition(":")
    address = address.removeprefix("[").removesuffix("]")
    if not address or not port.isascii() or not port.isdecimal() or len(port) > 5:
        raise SettingsError(
            f"listen must be an address and a port, got {text!r}",
            hint="maalem ledger witness --listen 127.0.0.1:8440",
            code="witness.address",
        )
    return replace(settings, address=address, port=int(port))
