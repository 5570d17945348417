# SPDX-License-Identifier: Apache-2.0
"""A ledger as static files that any web server or memory stick can carry.

Source:
    C2SP, "Tiled Transparency Logs" (tlog-tiles), c2sp.org: paths, widths, bundles.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from maalem.errors import DataError, IntegrityError
from maalem.store.durable import DamageError, write_whole
from maalem.store.ledger import stored_nodes
from maalem.store.merkle import (
    WIDTH,
    complete_levels,
    leaf_hash,
    next_level,
    node_in,
    tree_root,
)
from maalem.store.notes import open_checkpoint, read_tree_head, take_apart
from maalem.store.protocol import Store
from maalem.store.tables import Tables

TILE = 256  # hashes in a full tile
HEIGHT = 8  # levels of the tree that a tile spans
LONGEST = 0xFFFF  # bytes of an entry that a bundle can hold
NOTE = "checkpoint"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tiles:
    """What an export wrote.

    Attributes:
        size: Entries that the files stand for.
        written: Files that were not there yet.
        too_long: Entries whose bundle was left out, since a bundle cannot hold them.
    """

    size: int
    written: int
    too_long: tuple[int, ...] = ()


def tile_path(level: str, number: int, *, width: int = TILE) -> str:
    """Name the file of a tile.

    Args:
        level: The tile's level in decimal, or `entries`.
        number: Which one of the level, from 0.
        width: Hashes or entries in it, from 1 to 256.
    """
    digits = f"{number:03d}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    parts = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    name = "/".join([*(f"x{part}" for part in parts[:-1]), parts[-1]])
    return f"tile/{level}/{name}" + (f".p/{width}" if width < TILE else "")


def write_tiles(store: Store, folder: Path) -> Tiles:
    """Write a ledger into a folder; full tiles that are there already stay.

    Args:
        store: The ledger; it signs a checkpoint over all its entries.
        folder: Where to; new, or an earlier export of this ledger.

    Raises:
        IntegrityError: The folder holds tiles of another history.
    """
    note = store.checkpoint()
    return store.look(lambda tables: _write(tables, folder, note))


def _write(tables: Tables, folder: Path, note: str) -> Tiles:
    size = read_tree_head(take_apart(note)[0]).size
    _refuse_other_history(tables, folder, size)
    written, too_long = 0, []
    for path, content in _hash_tiles(tables, size):
        written += _write_once(folder / path, content)
    for start, width in _parts(size):
        bundle, long = _bundle(tables, start, width)
        too_long += long
        if not long:
            path = tile_path("entries", start // TILE, width=width)
            written += _write_once(folder / path, bundle)
    write_whole(folder / NOTE, note.encode(), mode=0o644)
    return Tiles(size=size, written=written, too_long=tuple(too_long))


def _refuse_other_history(tables: Tables, folder: Path, size: int) -> None:
    if not (folder / NOTE).exists():
        return
    old = read_tree_head(take_apart((folder / NOTE).read_text("utf-8"))[0])
    if old.size <= size and tree_root(old.size, stored_nodes(tables)) == old.root:
        return
    raise IntegrityError(
        f"{folder} holds {old.size} entries of another history",
        hint="name a new folder, and compare: maalem verify --ledger --against "
        f"{folder / NOTE}",
        code="store.fork",
    )


def _parts(size: int) -> Iterator[tuple[int, int]]:
    """Cut so many hashes into tiles: first place and width of each."""
    for start in range(0, size, TILE):
        yield start, min(TILE, size - start)


def _hash_tiles(tables: Tables, size: int) -> Iterator[tuple[str, bytes]]:
    level, count = 0, size
    while count:
        for start, width in _parts(count):
            rows = tables.execute(
                "SELECT hash FROM node WHERE level = ? AND position >= ? "
                "AND position < ? ORDER BY position",
                (level * HEIGHT, start, start + width),
            ).fetchall()
            content = b"".join(bytes(row[0]) for row in rows)
            if len(content) != width * WIDTH:
                raise DamageError(f"tree nodes from ({level}, {start}) are missing")
            yield tile_path(str(level), start // TILE, width=width), content
        level, count = level + 1, count // TILE


def _bundle(tables: Tables, start: int, width: int) -> tuple[bytes, list[int]]:
    rows = tables.execute(
        "SELECT body FROM entry WHERE seq >= ? AND seq < ? ORDER BY seq",
        (start, start + width),
    )
    bodies = [str(row[0]).encode() for row in rows]
    long = [start + at for at, body in enumerate(bodies) if len(body) > LONGEST]
    if long:
        return b"", long
    return b"".join(len(body).to_bytes(2, "big") + body for body in bodies), []


def _write_once(path: Path, content: bytes) -> bool:
    if path.is_file() and path.read_bytes() == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, content, mode=0o644)
    return True


def verify_tiles(folder: Path, public: bytes, *, origin: str) -> Tiles:
    """Check an export with nothing but its files and the ledger's public key.

    Args:
        folder: The export.
        public: The ledger's public key, 32 bytes.
        origin: The ledger's name.

    Returns:
        What it stands for; `too_long` names the first entry of each missing bundle.

    Raises:
        DataError: The folder is no export.
        IntegrityError: A file is missing or altered; it is named.
    """
    try:
        note = (folder / NOTE).read_text("utf-8")
    except UnicodeDecodeError as error:
        raise _altered(folder / NOTE) from error
    except OSError as error:
        raise DataError(
            f"{folder} holds no exported ledger",
            why=str(error),
            hint="maalem ledger tiles DIR writes one",
            code="store.tiles",
        ) from error
    head = open_checkpoint(note, public, origin=origin)
    leaves = _read_level(folder, level=0, count=head.size)
    missing = []
    for start, width in _parts(head.size):
        if not _bundle_holds(folder, start, leaves[start * WIDTH :][: width * WIDTH]):
            missing.append(start)
    level, hashes = 0, leaves
    while len(hashes) >= TILE * WIDTH:
        level, hashes = level + 1, _raised(hashes)
        path = folder / tile_path(str(level), 0)
        if _read_level(folder, level=level, count=len(hashes) // WIDTH) != hashes:
            raise _altered(path)
    if tree_root(head.size, node_in(complete_levels(leaves))) != head.root:
        raise IntegrityError(
            f"the tiles of {folder} are not those that the checkpoint signed",
            hint="get them again from the ledger's owner",
            code="store.tiles-altered",
        )
    return Tiles(size=head.size, written=0, too_long=tuple(missing))


def _raised(hashes: bytes) -> bytes:
    """Give the next tile level: one hash for each full tile."""
    full = hashes[: len(hashes) // (TILE * WIDTH) * TILE * WIDTH]
    for _ in range(HEIGHT):
        full = next_level(full)
    return full


def _read_level(folder: Path, *, level: int, count: int) -> bytes:
    parts = []
    for start, width in _parts(count):
        path = folder / tile_path(str(level), start // TILE, width=width)
        parts.append(_read(path, size=width * WIDTH))
    return b"".join(parts)


def _read(path: Path, *, size: int) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _altered(path) from error
    if len(content) != size:
        raise _altered(path)
    return content


def _bundle_holds(folder: Path, start: int, leaves: bytes) -> bool:
    """Compare the entries of a bundle with their hashes; false if there is none."""
    width = len(leaves) // WIDTH
    path = folder / tile_path("entries", start // TILE, width=width)
    if not path.exists():
        return False
    found = b"".join(map(leaf_hash, _entries(path.read_bytes())))
    if found != leaves:
        raise _altered(path)
    return True


def _entries(bundle: bytes) -> Sequence[bytes]:
    found, at = [], 0
    while at < len(bundle):
        size = int.from_bytes(bundle[at : at + 2], "big")
        found.append(bundle[at + 2 : at + 2 + size])
        at += 2 + size
    return found


def _altered(path: Path) -> IntegrityError:
    return IntegrityError(
        f"{path} is missing or was altered",
        hint="get the tiles again from the ledger's owner",
        code="store.tiles-altered",
    )
