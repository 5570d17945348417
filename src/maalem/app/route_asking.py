# SPDX-License-Identifier: Apache-2.0
"""A change of a route is left for the process that has the project open, as a file.

It imports next to nothing: whoever rolls back waits for this command to start.
"""

import json
import os
import secrets
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from maalem.errors import MaalemError

FOLDER = Path("gateway", "asked")
"""Where changes are left, in the project's folder."""
ASK, TAKEN, TOLD = ".ask", ".taken", ".told"
PATIENCE = 10.0
"""Seconds for which a command waits for the word."""
_LOCK = "maalem.lock"  # says who has the project open for writing
_STEP = 0.02  # seconds between two looks for the word


class ToldError(MaalemError):
    """A change was refused by the process that has the project open."""

    def __init__(self, told: Mapping[str, str], *, exit_code: int) -> None:
        super().__init__(
            told["message"], why=told["why"], hint=told["hint"], code=told["code"]
        )
        self.exit_code = exit_code  # type: ignore[misc]  # as it was over there


def ask_holder(
    folder: Path, wanted: Mapping[str, object], *, patience: float = PATIENCE
) -> bool:
    """Have a route changed by the process that has the project open, if one has.

    Args:
        folder: The project.
        wanted: Fields of a `Change`.
        patience: Seconds to wait for its word.

    Returns:
        Whether it was done; otherwise nobody has the project, or who has it changes no
        routes or ended meanwhile, and nothing is asked any more.

    Raises:
        MaalemError: The change was refused.
    """
    if not _is_held(folder):
        return False
    (folder / FOLDER).mkdir(parents=True, exist_ok=True)
    asked = folder / FOLDER / f"{secrets.token_hex(8)}{ASK}"
    part = asked.with_suffix(".part")
    told = asked.with_suffix(TOLD)
    try:
        part.write_text(json.dumps(wanted), "utf-8")
        part.replace(asked)  # the rename is what asks: nobody reads half of it
        word = _heard(told, patience=patience)
    finally:  # who gives up, by Ctrl-C too, must not be answered days later
        part.unlink(missing_ok=True)
        is_taken = not _is_taken_back(asked)
    if word is None and is_taken:  # just before the time was over: its word comes
        word = _heard(told, patience=PATIENCE)
    if word is None:
        return False
    if word["error"]:
        raise ToldError(word["error"], exit_code=word["exit_code"])
    return True


def _is_taken_back(asked: Path) -> bool:
    """Take back what is asked, and tell whether nobody had begun with it."""
    try:
        asked.unlink()
    except FileNotFoundError:
        return False
    return True


def _is_held(folder: Path) -> bool:
    """Tell whether the process lives that wrote down last that it has the project."""
    try:
        holder = int((folder / _LOCK).read_text("utf-8"))
        os.kill(holder, 0)
    except (OSError, ValueError, OverflowError) as reason:
        return isinstance(reason, PermissionError)  # somebody else's lives
    return True


def _heard(told: Path, *, patience: float) -> dict[str, Any] | None:
    """Wait for the word and take it away; none if it does not come."""
    waiting = threading.Event()
    for _ in range(int(patience / _STEP) + 1):
        if told.is_file():
            word: dict[str, Any] = json.loads(told.read_bytes())
            told.unlink()
            return word
        waiting.wait(_STEP)
    return None
