# SPDX-License-Identifier: Apache-2.0
"""What `maalem verify` was given, checked by whoever knows that kind of evidence."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from maalem.app.project import FILE
from maalem.app.report_dossier import show_check
from maalem.app.report_ledger import show_history, show_proof, show_tiles
from maalem.app.report_people import show_badge
from maalem.app.report_release import show_verification
from maalem.app.screen import Screen
from maalem.app.steps.badges import check_badge
from maalem.app.steps.comparing import compare_ledger
from maalem.app.steps.dossiers import check, is_dossier
from maalem.app.steps.forgotten_release import find_claim
from maalem.app.steps.keys import find_keys
from maalem.app.steps.openssf import refuse_unsigned
from maalem.app.steps.releases import check_release
from maalem.app.workspace import now, open_workspace
from maalem.errors import UsageError
from maalem.store.key_chain import open_by_chain
from maalem.store.notes import PROOF_HEADER, open_tlog_proof, read_tlog_proof
from maalem.store.tiles import NOTE, verify_tiles

_LARGEST = 1 << 21  # characters of a proof: one entry, and some lines


def check_history(screen: Screen, folder: Path, *, against: Sequence[Path]) -> None:
    """Verify a ledger, also against checkpoints that were kept elsewhere.

    Raises:
        IntegrityError: It is not what it was.
    """
    show_history(screen, *compare_ledger(folder, against))


def check_file(screen: Screen, path: Path, *, key: Path | None) -> None:
    """Verify a badge, a dossier, or a proof that an entry is in a ledger.

    Raises:
        IntegrityError: It does not hold.
    """
    if is_dossier(path):
        check_dossier(screen, path)
        return
    home = Path(screen.folder)
    with path.open(encoding="utf-8", errors="replace") as stream:
        text = stream.read(_LARGEST)
    if text.startswith(PROOF_HEADER):
        note = read_tlog_proof(text).checkpoint
        origin, public = _trusted(path, note, key=key, home=home)
        leaf, proof = open_tlog_proof(text, public, origin=origin)
        show_proof(screen, leaf, proof)
    else:
        show_badge(screen, check_badge(path, key=key, folder=home, now=now()))


def check_folder(
    screen: Screen, path: Path, *, key: Path | None, openssf: Path | None = None
) -> None:
    """Verify a release, a dossier, or a ledger that was exported as static files.

    Args:
        screen: Where to show what was found.
        path: The folder.
        key: File of the public key that must have signed it.
        openssf: File of the public key whose OpenSSF signature lies beside it, where
            that must hold too.

    Raises:
        IntegrityError: It is not what was signed.
        MissingPartError: The extra `sign` is not installed, and is asked for.
    """
    if openssf is not None:
        refuse_unsigned(path, public_key=openssf)
        screen.say("OpenSSF: every file of the model is the one that was signed")
    if is_dossier(path):
        check_dossier(screen, path)
    elif (path / NOTE).is_file() and (path / "tile").is_dir():
        note = (path / NOTE).read_text("utf-8", errors="replace")
        origin, public = _trusted(path, note, key=key, home=Path(screen.folder))
        show_tiles(screen, verify_tiles(path, public, origin=origin), path)
    else:
        found, known = check_release(path, key=key), None
        if found.ok:
            known = find_claim(path)
        claims = (*found.claims, *([known] if known else []))
        show_verification(screen, replace(found, claims=claims), path)


def check_dossier(screen: Screen, path: Path) -> None:
    """Verify a dossier by the ledger of its project.

    Raises:
        IntegrityError: A field is not what the records say, or a file was edited.
    """
    with open_workspace(_home_of(path, Path(screen.folder)), read_only=True) as work:
        claims = check(work, path)
    show_check(screen, claims, path)


def _home_of(path: Path, given: Path) -> Path:
    """Give the project that a dossier lies in, unless one was named."""
    if (given / FILE).is_file():
        return given
    around = (one for one in path.resolve().parents if (one / FILE).is_file())
    return next(around, given)


def _trusted(
    path: Path, note: str, *, key: Path | None, home: Path
) -> tuple[str, bytes]:
    """Give the public key by which to check a checkpoint, and whose ledger it is."""
    chain = find_keys(key, home)
    if chain is None:
        raise UsageError(
            f"whose key must have signed {path.name} is not said",
            hint=f"maalem verify {path} --key THEIR.pub",
        )
    return chain.origin, chain.at(open_by_chain(note, chain).size)
