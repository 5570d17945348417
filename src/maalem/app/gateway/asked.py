# SPDX-License-Identifier: Apache-2.0
"""What commands ask of a project's routes is done by the process that has it open.

Whoever may leave a file in the project may write in the project anyway.
"""

import dataclasses
import json
from pathlib import Path

from maalem.app.route_asking import ASK, FOLDER, PATIENCE, TAKEN, TOLD
from maalem.app.steps.route_change import Change
from maalem.app.steps.routing import change_route
from maalem.app.workspace import Workspace, now
from maalem.errors import DataError, EngineError, MaalemError, boundary
from maalem.store.durable import write_whole

_NAMES = frozenset(field.name for field in dataclasses.fields(Change))


def answer_asked(work: Workspace) -> None:
    """Do what is asked in the folder of a project, which must be open for writing.

    What nobody waits for any more, as its command was killed, is removed unheard.
    """
    folder = work.folder / FOLDER
    if not folder.is_dir():
        return
    for path in sorted(folder.glob(f"*{ASK}")):
        if now().timestamp() - path.stat().st_mtime > PATIENCE:
            path.unlink()
            continue
        taken = path.replace(path.with_suffix(TAKEN))
        told = json.dumps(_word(work, taken)).encode()
        write_whole(path.with_suffix(TOLD), told, mode=0o600)
        taken.unlink()


def change_as_owner(work: Workspace, change: Change) -> None:
    """Change a route in the name of the project's owner, where no other is given."""
    by = change.by or work.project.project.owner
    change_route(work, dataclasses.replace(change, by=by))


def _word(work: Workspace, path: Path) -> dict[str, object]:
    """Do one change and tell how it went."""
    try:
        with boundary(EngineError, "change a route"):
            change_as_owner(work, _read(path))
    except MaalemError as refusal:
        names = ("message", "why", "hint", "code")
        told = {name: getattr(refusal, name) for name in names}
        return {"error": told, "exit_code": refusal.exit_code}
    return {"error": None}


def _read(path: Path) -> Change:
    found = json.loads(path.read_bytes())
    if not isinstance(found, dict) or not set(found) <= _NAMES:
        raise DataError(f"{path.name} asks for no change", code="route.asked")
    return Change(**found)
