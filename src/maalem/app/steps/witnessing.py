# SPDX-License-Identifier: Apache-2.0
"""Another project watches this ledger, and this one watches theirs."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

from maalem.app.noting import WITNESSED
from maalem.app.steps.following import key_followed, refuse_other_key
from maalem.app.workspace import Workspace, now
from maalem.errors import DataError, IntegrityError
from maalem.records import Json
from maalem.store import SigningKey
from maalem.store.cosigning import Cosignature, cosign, open_cosignatures
from maalem.store.durable import write_whole
from maalem.store.key_chain import chain_in, open_by_chain
from maalem.store.keys import COSIGNING, read_verifier, verifier_line
from maalem.store.ledger import stored_nodes
from maalem.store.merkle import tree_root
from maalem.store.notes import TreeHead
from maalem.store.witnessing import (
    Submission,
    admit,
    origin_of,
    read_submission,
    signed_head,
    submission_since,
    write_submission,
)

_KEY = Path("keys", "witness.key")
_PUBLIC_KEY = Path("keys", "witness.pub")
_COSIGNED = "witness.cosign"  # entry of a witness

Seen: TypeAlias = Callable[[Workspace, str], TreeHead | None]
"""Gives what a project cosigned last of the ledger of a name."""


def witness_key(work: Workspace) -> SigningKey:
    """Give the key with which this project cosigns, made at the first need.

    It signs nothing else, as the standard asks.

    Raises:
        SettingsError: Others than the owner may read the file.
        IntegrityError: The file holds no key, or not the one that was made public.
    """
    name, path = f"{work.store.origin}/witness", work.folder / _KEY
    key = (
        SigningKey.load(path, name) if path.exists() else SigningKey.create(path, name)
    )
    told = (name, key.public_bytes)
    public = work.folder / _PUBLIC_KEY
    if not public.exists():
        line = f"{verifier_line(*told, use=COSIGNING)}\n"
        write_whole(public, line.encode(), mode=0o644)
    line = public.read_text("utf-8", errors="replace")
    if read_verifier(line, use=COSIGNING) != told:
        raise IntegrityError(
            f"{_KEY} is not the key whose public half {_PUBLIC_KEY} tells",
            hint="restore both from the backup of your keys",
            code="store.key",
        )
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
    since = last_witnessed(work) if since is None else since
    return write_submission(submission_since(work.store, since))


def last_witnessed(work: Workspace) -> int:
    """Count the entries under the last cosignature that came home; 0 without one."""
    kept = [int(str(e.details["size"])) for e in work.store.entries(WITNESSED)]
    return max(kept, default=0)


def cosign_submission(work: Workspace, text: str) -> str:
    """Cosign another project's checkpoint, if its ledger only grew.

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
    return submission.checkpoint + cosignature_of(work, submission)


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


def cosignature_of(
    work: Workspace, submission: Submission, *, seen: Seen = last_seen
) -> str:
    """Give this witness's signature line, if a ledger only grew.

    What was seen stands in this project's own ledger before the signature is given;
    what was seen before is not written again.

    Args:
        work: The opened project of the witness.
        submission: What the other project submitted.
        seen: Gives what was cosigned last of that ledger.

    Raises:
        DataError: That ledger is not watched, or the submission begins elsewhere.
        IntegrityError: The ledger did not sign it, or history was rewritten.
    """
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
    refuse_other_key(submission.checkpoint, origin=origin, public=public)
    signed_head(submission, public)  # before anything is looked up for it
    last = seen(work, origin)
    body, head = admit(submission, public=public, last=last)
    key = witness_key(work)
    if head != last:
        root = head.root.hex()
        work.store.append(
            _COSIGNED, details={"origin": origin, "size": head.size, "root": root}
        )
    return cosign(body, key, at=now())


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
    found = open_cosignatures(note, known_witnesses(work.project.ledger.witnesses))
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
        WITNESSED, details={"size": head.size, "witnesses": names, "note": note}
    )
    return tuple(found)


def newest_cosigned(work: Workspace) -> str:
    """Give the last checkpoint that a witness signed.

    Raises:
        DataError: None was taken home yet.
    """
    notes = [str(entry.details["note"]) for entry in work.store.entries(WITNESSED)]
    if not notes:
        raise DataError(
            "no witness has signed a checkpoint yet",
            hint="maalem ledger submit --to FILE, and give the file to a witness",
            code="witness.none",
        )
    return notes[-1]


def known_witnesses(lines: Sequence[str]) -> list[tuple[str, bytes]]:
    """Read the names and public keys of witnesses, as the settings have them."""
    return [read_verifier(line, use=COSIGNING) for line in lines]
