# SPDX-License-Identifier: Apache-2.0
"""Where a ledger parts from what was kept of it: static files, or an older copy."""

from pathlib import Path

from maalem.errors import DataError, IntegrityError
from maalem.store.database import Database
from maalem.store.merkle import WIDTH, complete_levels, node_in, tree_root
from maalem.store.notes import read_tree_head, take_apart
from maalem.store.opening import SQLITE, copied_checkpoint, home_of
from maalem.store.tables import Tables
from maalem.store.tiles import NOTE, TILE, tile_path

_LEAVES = "SELECT hash FROM node WHERE level = 0 ORDER BY position"


def kept_leaves(folder: Path, *, database: str = SQLITE) -> tuple[str, bytes]:
    """Give what was kept of a ledger: its checkpoint, and the hash of each entry.

    Nothing is believed: the hashes must be those under the checkpoint, whose signature
    is for the caller to check.

    Args:
        folder: What `write_tiles` wrote, or a copy of a store's folder.
        database: Where the copy's tables lie, as `create_store` was told.

    Returns:
        The checkpoint, and the hashes of the entries under it, 32 bytes each.

    Raises:
        DataError: The folder is neither.
        IntegrityError: The hashes are not those under the checkpoint.
    """
    note = _note_in(folder)
    size = read_tree_head(take_apart(note)[0]).size
    if (folder / "tile").is_dir():
        leaves = _exported(folder, size)
    else:
        tables = home_of(folder, database).for_reading()
        try:
            leaves = _leaves(tables)[: size * WIDTH]
        finally:
            tables.close()
    head = read_tree_head(take_apart(note)[0])
    is_whole = len(leaves) == size * WIDTH
    if not is_whole or tree_root(size, node_in(complete_levels(leaves))) != head.root:
        raise IntegrityError(
            f"{folder} does not hold the {size} entries that its checkpoint signed",
            hint="compare with another copy",
            code="store.copy-altered",
        )
    return note, leaves


def first_difference(tables: Tables, leaves: bytes) -> int | None:
    """Give the first entry that is another one, or missing; none if all are there.

    Args:
        tables: The ledger.
        leaves: The hashes that its first entries had, 32 bytes each.
    """
    ours = _leaves(tables)[: len(leaves)]
    if ours == leaves:
        return None
    starts = range(0, len(leaves), WIDTH)
    return next(
        at // WIDTH for at in starts if ours[at : at + WIDTH] != leaves[at : at + WIDTH]
    )


def _leaves(tables: Tables | Database) -> bytes:
    return b"".join(bytes(row[0]) for row in tables.execute(_LEAVES))


def _note_in(folder: Path) -> str:
    exported = folder / NOTE
    notes = (
        [exported.read_text("utf-8", errors="replace")]
        if exported.is_file()
        else copied_checkpoint(folder)
    )
    if not notes:
        raise DataError(
            f"{folder} holds no ledger to compare with",
            why="it is neither an export nor a copy of the project",
            hint="name a checkpoint, what maalem ledger tiles wrote, or a copy",
            code="store.no-copy",
        )
    return notes[0]


def _exported(folder: Path, size: int) -> bytes:
    parts = [
        folder / tile_path("0", start // TILE, width=min(TILE, size - start))
        for start in range(0, size, TILE)
    ]
    return b"".join(path.read_bytes() for path in parts if path.is_file())
