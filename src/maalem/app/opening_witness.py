# SPDX-License-Identifier: Apache-2.0
"""How a project becomes a witness that others ask over HTTP."""

from contextlib import closing
from pathlib import Path

from maalem.app.desk.serving import listen
from maalem.app.desk.witness_door import place_of, serve_witness
from maalem.app.screen import Screen
from maalem.app.steps.witnessing import witness_key
from maalem.app.workspace import open_workspace
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
