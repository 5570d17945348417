# SPDX-License-Identifier: Apache-2.0
"""Files that are there as a whole, or not at all, whenever the power goes."""

import os
import sqlite3
import tempfile
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path

from maalem.errors import IntegrityError, MaalemError

PARTIAL = ".part-"
"""How the name of a file begins that is still being written."""

_ZEROS = 1 << 20  # bytes written at a time
_DAMAGE = {
    0,
    sqlite3.SQLITE_ERROR,  # a table or column is not there
    sqlite3.SQLITE_CONSTRAINT,  # tables disagree
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
}


class DamageError(Exception):
    """The tables contradict themselves, or cannot be read."""


class ServerError(Exception):
    """A database server refused, or cannot be reached."""


DATABASE_ERRORS = (sqlite3.DatabaseError, DamageError)
"""What tables may raise that are damaged, whichever database has them."""


def stage(pieces: Iterable[bytes], folder: Path, *, mode: int) -> Path:
    """Write a file under a passing name and force it to the disk.

    Args:
        pieces: Its content.
        folder: Where; on the file system of the place it is meant for.
        mode: Its permissions.

    Returns:
        The passing name, for `publish`; if anything fails, no file is left.
    """
    handle, name = tempfile.mkstemp(prefix=PARTIAL, dir=folder)
    staged = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            for piece in pieces:
                stream.write(piece)
            stream.flush()
            os.fchmod(stream.fileno(), mode)
            os.fsync(stream.fileno())
    except BaseException:
        staged.unlink(missing_ok=True)
        raise
    return staged


def publish(staged: Path, target: Path) -> None:
    """Give a staged file its name; whoever looks sees all of it or nothing."""
    make_folder(target.parent)
    staged.replace(target)
    sync_folder(target.parent)


def write_whole(path: Path, content: bytes, *, mode: int) -> None:
    """Write a file so that it is never seen half written, replacing an old one."""
    publish(stage([content], path.parent, mode=mode), path)


def make_folder(folder: Path) -> None:
    """Make a folder, and its parents, so that they outlive a loss of power."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Force the names in a folder to the disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def shred(path: Path) -> None:
    """Overwrite a file with zeros, force them to the disk, and remove it.

    A file system that copies on writing, a snapshot, or the spare cells of an SSD may
    keep the old bytes for a while.
    """
    path.chmod(0o600)
    with path.open("r+b") as stream:
        left = path.stat().st_size
        while left > 0:
            left -= stream.write(bytes(min(left, _ZEROS)))
        stream.flush()
        os.fsync(stream.fileno())
    path.unlink()
    sync_folder(path.parent)


def sweep(folder: Path) -> None:
    """Remove what an interrupted writer left under passing names."""
    for left in folder.glob(f"{PARTIAL}*"):
        left.unlink(missing_ok=True)


@contextmanager
def facing_disk(deed: str) -> Generator[None]:
    """Explain what the disk or the database refused.

    Args:
        deed: What was being done, as in "append to the ledger".

    Raises:
        IntegrityError: The database file is damaged.
        MaalemError: The disk is full, read-only or broken.
    """
    try:
        yield
    except (sqlite3.ProgrammingError, sqlite3.InterfaceError):
        raise  # a mistake of the program, not of the disk
    except ServerError as error:
        raise MaalemError(
            f"could not {deed}",
            why=str(error),
            hint="see to the database server, then repeat it; nothing is half written",
            code="store.server",
        ) from error
    except (sqlite3.DatabaseError, DamageError, OSError) as error:
        if is_damage(error):
            raise IntegrityError(
                f"could not {deed}",
                why=f"the database is damaged: {error}",
                hint="maalem verify --ledger names the first bad entry",
                code="store.damaged",
            ) from error
        raise MaalemError(
            f"could not {deed}",
            why=str(error),
            hint="see to the disk, then repeat the command; nothing is half written",
            code="store.disk",
        ) from error


def is_damage(error: Exception) -> bool:
    """Tell whether an error means that the database, not the disk, is wrong."""
    primary = getattr(error, "sqlite_errorcode", 0) & 0xFF  # 0: text is not UTF-8
    is_sqlite = isinstance(error, sqlite3.Error) and primary in _DAMAGE
    return is_sqlite or isinstance(error, DamageError)
