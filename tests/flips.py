# SPDX-License-Identifier: Apache-2.0
"""Single bits of a real project are flipped; is each found before it is used?

A target is a group of files with what normally reads them. A flip is *found* if that
reader refuses, *verified* if only `maalem verify --ledger` finds it, *idle* if all that
the files say is as before (an SQLite page that holds nothing, the form of a line end),
and *missed* otherwise.
"""

import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from maalem import records
from maalem.app.steps.comparing import compare_ledger
from maalem.app.steps.runs import checkpoint_folder, checkpoint_of
from maalem.app.workspace import Workspace, open_workspace
from maalem.dataset import read_dataset
from maalem.errors import MaalemError
from maalem.models.folder import check_folder
from maalem.records import Digest, Record, TrainingRun
from maalem.release.verify import refuse_unverified
from maalem.store.keys import SigningKey, read_verifier

FOUND, VERIFIED, IDLE, MISSED = "found", "verified", "idle", "missed"
KINDS = [
    kind
    for kind in vars(records).values()
    if isinstance(kind, type) and hasattr(kind, "kind") and kind is not Record
]


@dataclass(frozen=True)
class Target:
    """Files, and what stands before their use.

    `read` refuses or gives what they say; `is_sound` is what a verification says.
    """

    name: str
    files: tuple[Path, ...]
    read: Callable[[Path], object]
    is_sound: Callable[[Path], bool] = lambda _: True


def targets(folder: Path) -> list[Target]:
    """Give the targets of a project that went through the loop."""

    def below(*patterns: str) -> tuple[Path, ...]:
        found = [path for one in patterns for path in folder.glob(one)]
        return tuple(sorted(path for path in found if path.is_file()))

    return [
        Target("blobs", below("blobs/*/*"), _read_blobs),
        Target("dataset", below("datasets/*/*"), _read_datasets),
        Target("model", below("runs/*/checkpoint/*"), _read_models),
        Target("release", below("releases/**/*"), _read_releases),
        Target("database", below("maalem.db"), _read_database, _is_sound),
        Target(
            "ledger files",
            below("ledger.checkpoint", "keys/*", "checkpoints/*"),
            _read_ledger_files,
            _is_sound,
        ),
    ]


def a_bit(target: Target, chance: random.Random) -> tuple[Path, int]:
    """Draw a bit of a target; each of its bytes is as probable as any other."""
    sizes = [path.stat().st_size for path in target.files]
    (path,) = chance.choices(target.files, weights=sizes)
    return path, chance.randrange(path.stat().st_size * 8)


def strike(folder: Path, target: Target, place: tuple[Path, int]) -> str:
    """Flip one bit, tell what comes of it, and put it back."""
    intact = target.read(folder)
    with _flipped(*place):
        try:
            said = target.read(folder)
        except MaalemError:
            return FOUND
        if not target.is_sound(folder):
            return VERIFIED
        return IDLE if said == intact else MISSED


@contextmanager
def _flipped(path: Path, bit: int) -> Iterator[None]:
    content, mode = path.read_bytes(), path.stat().st_mode
    harmed = bytearray(content)
    harmed[bit // 8] ^= 1 << bit % 8
    path.chmod(0o600)
    path.write_bytes(harmed)
    try:
        yield
    finally:
        for left in ("-wal", "-shm"):
            path.with_name(path.name + left).unlink(missing_ok=True)
        path.write_bytes(content)
        path.chmod(mode)


@contextmanager
def _opened(folder: Path) -> Iterator[Workspace]:
    with open_workspace(folder, read_only=True) as work:
        yield work


def _bytes_of(folder: Path) -> dict[str, bytes]:
    return {
        str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def _read_blobs(folder: Path) -> object:
    names = [path.name for path in (folder / "blobs").glob("*/*")]
    with _opened(folder) as work:
        return {name: work.store.read(Digest(f"sha256:{name}")) for name in names}


def _read_datasets(folder: Path) -> object:
    for dataset in (folder / "datasets").iterdir():
        read_dataset(dataset)
    return _bytes_of(folder / "datasets")


def _read_models(folder: Path) -> object:
    with _opened(folder) as work:
        for run in work.store.find(TrainingRun):
            check_folder(checkpoint_of(work, run), checkpoint_folder(work, run))
    return _bytes_of(folder / "runs")


def _read_releases(folder: Path) -> object:
    key = (folder / "keys" / "ledger.pub").read_bytes()
    for release in (folder / "releases").iterdir():
        refuse_unverified(release, key=key)
    return _bytes_of(folder / "releases")


def _read_database(folder: Path) -> object:
    """Read through the store, which checks, and then every table as it is."""
    with _opened(folder) as work:
        told = [list(work.store.entries()), *(list(work.store.find(k)) for k in KINDS)]
    try:
        with closing(sqlite3.connect(folder / "maalem.db")) as shell:
            query = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1"
            names = [name for (name,) in shell.execute(query)]
            rows = {n: shell.execute(f'SELECT * FROM "{n}"').fetchall() for n in names}
    except sqlite3.DatabaseError as error:
        rows = {"": [str(error)]}
    return told, rows


def _read_ledger_files(folder: Path) -> object:
    """Open for writing, as every command that appends does, in a copy."""
    copy = folder.with_name(f"{folder.name}-opened")
    try:
        copy.mkdir()
        for name in ("keys", "checkpoints", "tasks"):
            shutil.copytree(folder / name, copy / name)
        for name in ("maalem.db", "maalem.toml", "ledger.checkpoint"):
            shutil.copy2(folder / name, copy / name)
        with open_workspace(copy) as work:
            name = work.store.origin
        key = SigningKey.load(folder / "keys" / "ledger.key", name)
        line = (folder / "keys" / "ledger.pub").read_text("utf-8", errors="replace")
        return key.public_bytes, read_verifier(line)
    finally:
        shutil.rmtree(copy, ignore_errors=True)


def _is_sound(folder: Path) -> bool:
    report, _ = compare_ledger(folder, [])
    return report.ok
