# SPDX-License-Identifier: Apache-2.0
"""The ledger beside what was kept of it elsewhere: checkpoints, exports, copies."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from maalem.app.noting import notes_in
from maalem.app.project import FILE, read_project
from maalem.app.steps.releases import check_ledger
from maalem.app.steps.witnessing import known_witnesses
from maalem.app.workspace import open_workspace
from maalem.errors import DataError, MaalemError
from maalem.store import LedgerReport
from maalem.store.comparing import first_difference, kept_leaves
from maalem.store.cosigning import Cosignature, open_cosignatures
from maalem.store.notes import read_tree_head, take_apart


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How a checkpoint from outside compares with the ledger.

    Attributes:
        file: Where it came from.
        size: Entries that it covers.
        cosigned: Who witnessed it, of those whom the project knows.
    """

    file: str
    size: int
    cosigned: tuple[Cosignature, ...]


def compare_ledger(
    folder: Path, against: Sequence[Path]
) -> tuple[LedgerReport, tuple[Comparison, ...]]:
    """Verify a project's ledger, also against what was kept of it elsewhere.

    The dated checkpoints in the project's own folder are compared in any case. A folder
    of static files, or an older copy of the project, names the very entry with which
    another history begins.

    Raises:
        DataError: A file is no checkpoint, or of another ledger.
        IntegrityError: A known witness's cosignature on one is forged.
    """
    kept = [_kept(path) for path in against]
    notes = [note for note, _ in kept]
    dated = [one.path.read_text("utf-8", errors="replace") for one in notes_in(folder)]
    report = check_ledger(folder, kept=[*notes, *dated])
    for path, (_, leaves) in zip(against, kept, strict=True):
        if not report.ok and leaves is not None:
            report = _placed(report, folder, path=path, leaves=leaves)
    witnesses: tuple[str, ...] = ()
    if notes and (folder / FILE).is_file():
        witnesses = read_project(folder).ledger.witnesses
    known = known_witnesses(witnesses)
    return report, tuple(
        Comparison(
            file=str(path),
            size=read_tree_head(take_apart(note)[0]).size,
            cosigned=tuple(open_cosignatures(note, known)),
        )
        for path, note in zip(against, notes, strict=True)
    )


def _placed(
    report: LedgerReport, folder: Path, *, path: Path, leaves: bytes
) -> LedgerReport:
    """Add where the ledger parts from a copy, if it can still be read."""
    try:
        with open_workspace(folder, read_only=True) as work:
            place = work.store.look(lambda tables: first_difference(tables, leaves))
    except MaalemError as error:
        return replace(report, what=f"{report.what} ({error.message})")
    if place is None:
        return report
    what = f"{report.what}; the first that is another than in {path} is entry {place}"
    return replace(report, what=what)


def _kept(path: Path) -> tuple[str, bytes | None]:
    if path.is_dir():
        database = read_project(path).store if (path / FILE).is_file() else None
        if database is None:
            return kept_leaves(path)
        return kept_leaves(path, database=database.database)
    try:
        return path.read_text("utf-8"), None
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"{path} is no checkpoint",
            why=str(error),
            hint="name a file that holds a checkpoint of this ledger",
            code="witness.file",
        ) from error
