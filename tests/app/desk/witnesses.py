# SPDX-License-Identifier: Apache-2.0
"""Two projects that know each other's key, and the one's server as a witness."""

import threading
from contextlib import contextmanager

from tests.app.builders import a_project

from maalem.app.desk.serving import address_of, listen, server_of
from maalem.app.desk.witness_door import build_witness
from maalem.app.opening_witness import place_of
from maalem.app.steps.witnessing import witness_key
from maalem.app.workspace import open_workspace
from maalem.store.keys import COSIGNING, verifier_line


def a_pair(folder):
    """Make both projects, each knowing the other's key."""
    ours, theirs = a_project(folder / "ours"), a_project(folder / "theirs")
    with open_workspace(theirs) as work:
        key = witness_key(work)
    line = verifier_line(key.name, key.public_bytes, use=COSIGNING)
    _add(ours, f'[ledger]\nwitnesses = ["{line}"]\n')
    public = (ours / "keys" / "ledger.pub").read_text("utf-8").strip()
    _add(theirs, f'[ledger]\nwatched = ["{public}"]\n')
    return ours, theirs


def set_ledger(folder, *, asked):
    """Let a project ask one witness."""
    path = folder / "maalem.toml"
    told = f'[ledger]\nasked = ["{asked}"]'
    path.write_text(path.read_text("utf-8").replace("[ledger]", told), "utf-8")


def _add(folder, text):
    path = folder / "maalem.toml"
    path.write_text(path.read_text("utf-8") + "\n" + text, encoding="utf-8")


@contextmanager
def witnessing(folder, *, port=0):
    """Run the server of a witness; give its address and its project."""
    with open_workspace(folder) as work:
        settings = place_of(f"127.0.0.1:{port}", work.project.desk)
        door = listen(settings.address, settings.port)
        server = server_of(build_witness(work, settings), is_secure=False)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [door]})
        thread.start()
        try:
            yield address_of(door).rstrip("/"), work
        finally:
            server.should_exit = True
            thread.join(20)
            door.close()
