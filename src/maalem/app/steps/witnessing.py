# SPDX-License-Identifier: Apache-2.0
"""Another project watches this ledger, and this one watches theirs."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from maalem.app.project import FILE, read_project
from maalem.app.steps.following import key_followed, refuse_other_key
from maalem.app.steps.releases import check_ledger
from maalem.app.workspace import Workspace, now
from maalem.errors import DataError, IntegrityError
from maalem.records import Json
from maalem.store import LedgerReport, SigningKey
from maalem.store.cosigning import Cosignature, cosign, open_cosignatures
from maalem.store.durable import write_whole
from maalem.store.key_chain import chain_in, open_by_chain
from maalem.store.keys import COSIGNING, read_verifier, verifier_line
from maalem.store.ledger import stored_nodes
from maalem.store.merkle import tree_root
from maalem.store.notes import TreeHead, read_tree_head, take_apart
from maalem.store.witnessing import (
    admit,
    origin_of,
    read_submission,
    submission_since,
    write_submission,
)

_KEY = Path("keys", "witness.key")
_PUBLIC_KEY = Path("keys", "witness.pub")
_COSIGNED = "witness.cosign"  # entry of a witness
_WITNESSED = "ledger.witnessed"  # entry of a ledger


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


def witness_key(work: Workspace) -> SigningKey:
    """Give the key with which this project cosigns, made at the first need.

    It signs nothing else, as the standard asks.

    Raises:
        SettingsError: Others than the owner may read the file.
        IntegrityError: The file holds no key.
    """
    name, path = f"{work.store.origin}/witness", work.folder / _KEY
    if path.exists():
        return SigningKey.load(path, name)
    key = SigningKey.create(path, name)
    line = f"{verifier_line(name, key.public_bytes, use=COSIGNING)}\n"
    write_whole(work.folder / _PUBLIC_KEY, line.encode(), mode=0o644)
    return key


def submit(work: Workspace, *, since: int | None = None) -> str:
    """Write what a witness needs to see, as the body of an `add-checkpoint` request.

    Args:
        work: The opened project.
        since: Entries that the witness saw last; where the last cosignature that came
            home was, if left out.

    Raises:
        DataError: The ledger has fewer entries.
    """
    if since is None:
        kept = [int(str(e.details["size"])) for e in work.store.entries(_WITNESSED)]
        since = max(kept, default=0)
    return write_submission(submission_since(work.store, since))


def cosign_submission(work: Workspace, text: str) -> str:
    """Cosign another project's checkpoint, if its ledger only grew.

    What was seen stands in this project's own ledger before the signature is given.

    Args:
        work: The opened project of the witness.
        text: What the other project submitted.

    Returns:
        The checkpoint with this witness's signature line added.

    Raises:
        DataError: That ledger is not watched, or the submission begins elsewhere.
        IntegrityError: It is no submission, not signed, or history was rewritten.
    """
    submission = read_submission(text)
    origin = origin_of(submission)
    public = key_followed(work, origin)
    if public is None:
        watched = dict(map(read_verifier, work.project.ledger.watched))
        known = ", ".join(watched) or "none yet"
        raise DataError(
            f"this project does not watch the ledger {origin!r}",
            why=f"ledgers watched: {known}",
            hint="add the line of its keys/ledger.pub to [ledger] watched in "
            "maalem.toml",
            code="witness.unknown",
        )
    last = last_seen(work, origin)
    refuse_other_key(submission.checkpoint, origin=origin, public=public)
    body, head = admit(submission, public=public, last=last)
    key = witness_key(work)
    root = head.root.hex()
    work.store.append(
        _COSIGNED, details={"origin": origin, "size": head.size, "root": root}
    )
    return submission.checkpoint + cosign(body, key, at=now())


def last_seen(work: Workspace, origin: str) -> TreeHead | None:
    """Give what this project cosigned last of another ledger; none if nothing."""
    seen = [e for e in work.store.entries(_COSIGNED) if e.details["origin"] == origin]
    if not seen:
        return None
    told = seen[-1].details
    return TreeHead(
        origin=origin,
        size=int(str(told["size"])),
        root=bytes.fromhex(str(told["root"])),
    )


def keep_cosigned(work: Workspace, note: str) -> tuple[Cosignature, ...]:
    """Take a cosigned checkpoint of this ledger home.

    Returns:
        The known witnesses' cosignatures on it.

    Raises:
        IntegrityError: It is not this ledger's, or no known witness signed it.
    """
    store = work.store
    head = open_by_chain(note, store.look(chain_in))
    root = store.look(lambda tables: tree_root(head.size, stored_nodes(tables)))
    found = open_cosignatures(note, _witnesses(work.project.ledger.witnesses))
    if root != head.root or not found:
        raise IntegrityError(
            f"the checkpoint over {head.size} entries was not taken home",
            why="it is not of this history" if found else "no known witness signed it",
            hint="add the line of the witness's keys/witness.pub to [ledger] "
            "witnesses in maalem.toml",
            code="witness.not-ours",
        )
    names: list[Json] = [one.witness for one in found]
    store.append(
        _WITNESSED, details={"size": head.size, "witnesses": names, "note": note}
    )
    return tuple(found)


def newest_cosigned(work: Workspace) -> str:
    """Give the last checkpoint that a witness signed.

    Raises:
        DataError: None was taken home yet.
    """
    notes = [str(entry.details["note"]) for entry in work.store.entries(_WITNESSED)]
    if not notes:
        raise DataError(
            "no witness has signed a checkpoint yet",
            hint="maalem ledger submit --to FILE, and give the file to a witness",
            code="witness.none",
        )
    return notes[-1]


def compare_ledger(
    folder: Path, against: Sequence[Path]
) -> tuple[LedgerReport, tuple[Comparison, ...]]:
    """Verify a project's ledger, also against checkpoints that were kept elsewhere.

    Raises:
        DataError: A file is no checkpoint, or of another ledger.
        IntegrityError: A known witness's cosignature on one is forged.
    """
    notes = [_read_note(path) for path in against]
    report = check_ledger(folder, kept=notes)
    witnesses: tuple[str, ...] = ()
    if notes and (folder / FILE).is_file():
        witnesses = read_project(folder).ledger.witnesses
    known = _witnesses(witnesses)
    return report, tuple(
        Comparison(
            file=str(path),
            size=read_tree_head(take_apart(note)[0]).size,
            cosigned=tuple(open_cosignatures(note, known)),
        )
        for path, note in zip(against, notes, strict=True)
    )


def _read_note(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"{path} is no checkpoint",
            why=str(error),
            hint="name a file that holds a checkpoint of this ledger",
            code="witness.file",
        ) from error


def _witnesses(lines: Sequence[str]) -> list[tuple[str, bytes]]:
    return [read_verifier(line, use=COSIGNING) for line in lines]
