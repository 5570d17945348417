# SPDX-License-Identifier: Apache-2.0
"""The project's key of pseudonyms: made on first use, read by its owner alone."""

import secrets
import stat
from pathlib import Path

from maalem.app.workspace import Workspace
from maalem.corpus.pseudonyms import KEY_BYTES, Pseudonyms
from maalem.errors import IntegrityError, SettingsError
from maalem.store.durable import write_whole

KEY = Path("keys", "pseudonyms.key")
REPLACED = "replaced"
"""What an entry of the ledger says of personal data that pseudonyms were put for."""

_HINT = "restore the file from the backup of your keys"


def find_pseudonyms_of(work: Workspace, *, keep: bool) -> Pseudonyms | None:
    """Give what the project puts for personal data; none where it only marks it.

    Args:
        work: The opened project.
        keep: Whether to write a new key down; without it, and without a key, pseudonyms
            are made with one that nobody keeps.

    Raises:
        IntegrityError: The key is damaged, or lost: a new one would give other names.
        SettingsError: Others than the owner may read it.
    """
    if work.project.corpus.personal != "replace":
        return None
    path = work.folder / KEY
    if path.exists():
        return open_pseudonyms(path)
    if _was_used(work):
        raise _lost(path, "the ledger says that documents were read with it")
    key = secrets.token_bytes(KEY_BYTES)
    if keep:
        write_whole(path, f"{key.hex()}\n".encode(), mode=0o600)
    return Pseudonyms(key)


def open_pseudonyms(path: Path) -> Pseudonyms:
    """Read a key file.

    Raises:
        IntegrityError: It is missing, or holds no key.
        SettingsError: Others than the owner may read or write it.
    """
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        key = bytes.fromhex(path.read_text(encoding="ascii"))
    except (OSError, ValueError) as error:
        raise _lost(path, str(error)) from error
    if mode & 0o077:
        raise SettingsError(
            f"the key of pseudonyms {path} has mode {mode:04o}",
            why="others than its owner may read or write it",
            hint=f"chmod 600 {path}",
            code="pseudonyms.key-open",
        )
    if len(key) != KEY_BYTES:
        raise _lost(path, f"it holds {len(key)} bytes, not {KEY_BYTES}")
    return Pseudonyms(key)


def keeps_originals(work: Workspace) -> bool:
    """Tell whether documents were added before with their personal data in them."""
    return any(
        entry.added and entry.details.get("personal") != REPLACED
        for entry in work.store.entries("corpus.add")
    )


def _was_used(work: Workspace) -> bool:
    return any(
        entry.details.get("personal") == REPLACED
        for entry in work.store.entries("corpus.add")
    )


def _lost(path: Path, why: str) -> IntegrityError:
    return IntegrityError(
        f"the key of pseudonyms {path} cannot be read",
        why=why,
        hint=_HINT,
        code="pseudonyms.key",
    )
