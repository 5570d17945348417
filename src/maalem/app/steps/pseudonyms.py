# SPDX-License-Identifier: Apache-2.0
"""The project's key of pseudonyms: made on first use, read by its owner alone."""

import dataclasses
import secrets
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from maalem.app.workspace import Workspace
from maalem.corpus import Refusal
from maalem.corpus.cleaning import clean
from maalem.corpus.pseudonyms import KEY_BYTES, Pseudonyms
from maalem.errors import DataError, IntegrityError, SettingsError
from maalem.experts.imported import Imported
from maalem.store.durable import write_whole

KEY = Path("keys", "pseudonyms.key")
REPLACED = "replaced"
"""What an entry of the ledger says of personal data that pseudonyms were put for."""

_WORDS = (
    "text",
    "annotator",
    "reason",
    "source",
    "question",
    "draft",
    "written",
    "note",
)
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


def put_pseudonyms(work: Workspace, texts: Iterable[str]) -> list[str]:
    """Put pseudonyms into texts as adding them would, to look for them.

    Raises:
        DataError: The project has replaced nothing yet, or a text has nothing in it
            that would be replaced.
        IntegrityError: The key is lost or damaged.
        SettingsError: Others than the owner may read it.
    """
    path = work.folder / KEY
    if not path.exists() and not _was_used(work):
        raise DataError(
            "nothing was replaced by pseudonyms in this project",
            hint='write personal = "replace" under [corpus], then maalem add',
            code="pseudonyms.none",
        )
    pseudonyms, put = open_pseudonyms(path), []
    for number, text in enumerate(texts, start=1):
        replaced, counts = pseudonyms.replace(clean(text)[0])
        if not counts:
            raise DataError(
                f"text {number} has no personal data that would be replaced",
                why="a CIN is one only beside a word that says so; names are not found",
                hint='maalem project pseudonym "CIN AB123456"',
                code="pseudonyms.nothing",
            )
        put.append(replaced)
    return put


def spared_answers(
    pseudonyms: Pseudonyms | None, read: Iterable[Imported | Refusal]
) -> Iterator[Imported | Refusal]:
    """Put pseudonyms into what other tools' files say, as documents have them.

    What somebody marked in a text that has others of its own now is refused: its places
    are no longer those of the text.

    Args:
        pseudonyms: What to put; none leaves everything as it is.
        read: What was read.
    """
    for one in read:
        if pseudonyms is None or isinstance(one, Refusal):
            yield one
        else:
            yield _spared(pseudonyms, one)


def _spared(pseudonyms: Pseudonyms, one: Imported) -> Imported | Refusal:
    values = {name: getattr(one, name) for name in _WORDS}
    words = {
        name: pseudonyms.replace(clean(value)[0])[0]
        for name, value in values.items()
        if value is not None
    }
    if one.spans and words["text"] != one.text:
        return Refusal(
            source=words["source"],
            place=one.place,
            code="pseudonyms.spans",
            reason="it marks places of a text that has pseudonyms now",
        )
    options = tuple(pseudonyms.replace(clean(text)[0])[0] for text in one.options)
    return dataclasses.replace(one, options=options, **words)  # type: ignore[arg-type]  # fields of text alone


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
