# SPDX-License-Identifier: Apache-2.0
"""A change of a route is asked of the process that holds the project, through files.

One process at a time writes in a project; where that is the desk or the gateway, a
command leaves what it wants in a folder and waits for the word. Whoever may write there
may write in the project anyway.
"""

import dataclasses
import json
import secrets
import threading
from collections.abc import Iterator
from pathlib import Path

from maalem.app.steps.route_change import Change
from maalem.app.steps.routing import change_route
from maalem.app.workspace import Workspace, open_workspace
from maalem.errors import BusyError, DataError, EngineError, MaalemError, boundary
from maalem.store.durable import make_folder, write_whole

FOLDER = Path("gateway", "asked")
PATIENCE = 10.0
"""Seconds for which a command waits for the word."""
_ASK, _TAKEN, _TOLD = ".ask", ".taken", ".told"
_NAMES = frozenset(field.name for field in dataclasses.fields(Change))
_STEP = 0.02  # seconds between two looks for the word


class ToldError(MaalemError):
    """A change was refused by the process that holds the project."""

    def __init__(self, told: dict[str, str], *, exit_code: int) -> None:
        super().__init__(
            told["message"], why=told["why"], hint=told["hint"], code=told["code"]
        )
        self.exit_code = exit_code  # type: ignore[misc]  # as it was over there


def change_anyhow(folder: Path, change: Change, *, patience: float = PATIENCE) -> None:
    """Change a route, or have it changed by whoever holds the project.

    Args:
        folder: The project.
        change: What is wanted.
        patience: Seconds to wait for the one who holds it.

    Raises:
        BusyError: Somebody holds the project who does not answer.
        MaalemError: The change was refused.
    """
    try:
        with open_workspace(folder) as work:
            change_route(work, change)
    except BusyError as busy:
        _ask(folder, change, busy, patience=patience)


def answer_asked(work: Workspace) -> None:
    """Do what is asked in the folder of a project, which must be open for writing."""
    folder = work.folder / FOLDER
    if not folder.is_dir():
        return
    for path in sorted(folder.glob(f"*{_ASK}")):
        taken = path.replace(path.with_suffix(_TAKEN))
        told = json.dumps(_word(work, taken)).encode()
        write_whole(path.with_suffix(_TOLD), told, mode=0o600)
        taken.unlink()


def _word(work: Workspace, path: Path) -> dict[str, object]:
    """Do one change and tell how it went."""
    try:
        with boundary(EngineError, "change a route"):
            change_route(work, _read(path))
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


def _ask(folder: Path, change: Change, busy: BusyError, *, patience: float) -> None:
    """Leave what is wanted, and wait for the word."""
    make_folder(folder / FOLDER)
    asked = folder / FOLDER / f"{secrets.token_hex(8)}{_ASK}"
    fields = {name: getattr(change, name) for name in _NAMES}
    fields["evidence"] = dict(change.evidence)
    write_whole(asked, json.dumps(fields).encode(), mode=0o600)
    told = asked.with_suffix(_TOLD)
    if not any(path.is_file() for path in _looks(told, patience=patience)):
        asked.unlink(missing_ok=True)
        raise BusyError(
            f"{busy.message}, which does not change routes",
            why=f"it has not answered for {patience:g} seconds",
            hint="maalem route show; else stop that process and repeat the command",
            code="route.busy",
        ) from busy
    word = json.loads(told.read_bytes())
    told.unlink()
    if word["error"]:
        raise ToldError(word["error"], exit_code=word["exit_code"])


def _looks(path: Path, *, patience: float) -> Iterator[Path]:
    """Give a path again and again until patience ends."""
    waiting = threading.Event()
    for _ in range(int(patience / _STEP) + 1):
        yield path
        waiting.wait(_STEP)
