# SPDX-License-Identifier: Apache-2.0
"""A release as a folder: what lies in it, and how it comes to lie there all at once."""

import os
import shutil
import stat
import tempfile
import unicodedata
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from maalem.errors import DataError
from maalem.records import FileEntry, digest_file

MANIFEST = "manifest.json"
MODEL = "model"
SIGNATURE = "signature.dsse.json"
PROOF = "ledger.tlog-proof"
PUBLIC_KEY = "ledger.pub"
KEYS = "ledger.keys"  # there only where the ledger had several
UNSIGNED = frozenset({SIGNATURE, PROOF})
"""The signature cannot sign itself, and the proof comes after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What lies in a folder.

    Attributes:
        files: The regular files by name, links and devices left out.
        faults: A sentence for each thing that must not lie there.
    """

    files: dict[str, FileEntry]
    faults: tuple[str, ...]

    @property
    def signed(self) -> tuple[FileEntry, ...]:
        """The files that a signature covers, sorted by name."""
        return tuple(self.files[name] for name in sorted(set(self.files) - UNSIGNED))


def look_into(folder: Path) -> Found:
    """Read every file of a folder once, following no link and opening no device."""
    files: dict[str, FileEntry] = {}
    faults: list[str] = []
    for path, kind in _walk(folder, faults):
        name = path.relative_to(folder).as_posix()
        if kind != "file":
            faults.append(f"{name!r} is {kind}.")
            continue
        try:
            digest, size = digest_file(path), path.stat().st_size
        except OSError as error:
            faults.append(f"{name!r} cannot be read: {error.strerror}.")
            continue
        files[name] = FileEntry(name=name, digest=digest, size=size)
    faults += [f"{name!r} is not a name for a file." for name in unsafe_names(files)]
    return Found(files=files, faults=tuple(faults))


def _walk(folder: Path, faults: list[str]) -> Iterator[tuple[Path, str]]:
    """Give every path that is no ordinary folder, with what it is."""
    try:
        inside = sorted(folder.iterdir())
    except OSError as error:
        faults.append(f"{folder.name!r} cannot be read: {error.strerror}.")
        return
    for path in inside:
        mode = path.lstat().st_mode
        if stat.S_ISDIR(mode):
            yield from _walk(path, faults)
        elif stat.S_ISREG(mode):
            yield path, "file"
        else:
            yield path, "a link" if stat.S_ISLNK(mode) else "a device"
    if not inside:
        yield folder, "an empty folder"


def unsafe_names(names: Iterable[str]) -> list[str]:
    """Name those that leave the folder, or that another system reads as another name.

    Refused are absolute names, `..`, backslashes, colons, control characters, and
    two names that differ only in case or Unicode form.
    """
    seen: set[str] = set()
    refused = []
    for name in names:
        key = unicodedata.normalize("NFC", name).casefold()
        parts = name.split("/")
        if (
            key in seen
            or any(part in {"", ".", ".."} for part in parts)
            or any(c in "\\:" or not c.isprintable() for c in name)
        ):
            refused.append(name)
        seen.add(key)
    return refused


@contextmanager
def all_at_once(into: Path) -> Generator[Path]:
    """Give a folder to write in, which becomes `into` when the block ends well.

    Everything is on disk before the one rename; when the block fails, nothing stays.

    Raises:
        DataError: There is something at `into` already.
    """
    if into.exists() or into.is_symlink():
        raise DataError(
            f"{into} is there already",
            why="a release is never overwritten",
            hint="release under the next number",
            code="release.exists",
        )
    into.parent.mkdir(parents=True, exist_ok=True)
    outer = Path(tempfile.mkdtemp(prefix=f".{into.name}.", dir=into.parent))
    try:
        inner = outer / "release"
        inner.mkdir()
        yield inner
        for path in (*inner.rglob("*"), inner):
            sync(path)
        inner.rename(into)  # the rename is the commit: all of it or nothing
        sync(into.parent)
    finally:
        shutil.rmtree(outer, ignore_errors=True)


def sync(path: Path) -> None:
    """Have the disk keep a file or a folder."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
