# SPDX-License-Identifier: Apache-2.0
"""Dated checkpoints in files of their own, to print, mail or commit elsewhere."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from maalem.app.keeping import LedgerSettings
from maalem.store import Store
from maalem.store.durable import write_whole
from maalem.store.ledger import has_grown, ledger_size
from maalem.store.notes import read_tree_head, take_apart

FOLDER = "checkpoints"
WITNESSED = "ledger.witnessed"
"""Deed of taking a cosigned checkpoint home; no reason to sign the ledger again."""

_NAME = re.compile(r"(\d{4}-\d\d-\d\dT\d{6}Z)-(\d{1,18})\.txt")
_TIME = "%Y-%m-%dT%H%M%SZ"


class Note(NamedTuple):
    """One dated checkpoint, as the name of its file tells it.

    Attributes:
        size: Entries that it covers.
        at: When it was written.
        path: Its file.
    """

    size: int
    at: datetime
    path: Path


def notes_in(folder: Path) -> list[Note]:
    """Name the dated checkpoints of a project, over the fewest entries first."""
    return sorted(
        Note(int(found[2]), _time(found[1]), path)
        for path in (folder / FOLDER).glob("*.txt")
        if (found := _NAME.fullmatch(path.name)) is not None
    )


def is_due(
    store: Store, folder: Path, settings: LedgerSettings, *, now: datetime
) -> bool:
    """Tell whether the ledger has to be signed again.

    It is, when it grew, and so many entries or so much time went by as the settings
    say; a clock that stepped back makes it due too.

    Args:
        store: The ledger.
        folder: The project.
        settings: How often.
        now: The present.
    """
    last = next(iter(notes_in(folder)[::-1]), None)
    if last is None:
        return True
    size = store.look(ledger_size)
    if not has_news(store, last.size):
        return False
    is_late = not last.at <= now < last.at + settings.interval
    return is_late or size >= last.size + settings.checkpoint_entries


def has_news(store: Store, since: int) -> bool:
    """Tell whether something was written from an entry on, besides cosignatures."""
    return store.look(lambda tables: has_grown(tables, since, besides=WITNESSED))


def keep_note(store: Store, folder: Path, *, now: datetime) -> Path:
    """Sign the ledger as it stands, and write the checkpoint with its date.

    Returns:
        The file; an earlier one where the ledger did not grow.
    """
    text = store.checkpoint()
    size = read_tree_head(take_apart(text)[0]).size
    there = [note.path for note in notes_in(folder) if note.size == size]
    if there:
        return there[-1]
    path = folder / FOLDER / f"{now.astimezone(UTC):{_TIME}}-{size:06d}.txt"
    path.parent.mkdir(exist_ok=True)
    write_whole(path, text.encode(), mode=0o644)
    return path


def _time(text: str) -> datetime:
    try:
        return datetime.strptime(text, _TIME).replace(tzinfo=UTC)
    except ValueError:  # of digits, and no date: as old as can be, so the next is due
        return datetime.min.replace(tzinfo=UTC)
