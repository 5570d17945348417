# SPDX-License-Identifier: Apache-2.0
"""What a ledger shows a witness, and what the witness makes sure of before it signs.

Source:
    C2SP, "Transparency Log Witness Protocol" (tlog-witness), `add-checkpoint`: the
    request's body and its checks, in their order. c2sp.org.
"""

import base64
from dataclasses import dataclass

from maalem.errors import DataError, IntegrityError
from maalem.store.ledger import stored_nodes
from maalem.store.merkle import EMPTY_ROOT, consistency_holds, consistency_path
from maalem.store.notes import (
    TreeHead,
    open_checkpoint,
    read_number,
    read_tree_head,
    take_apart,
    unbase64,
)
from maalem.store.protocol import Store

_MOST = 63  # steps that the protocol allows


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A checkpoint, and the proof that a ledger only grew since an earlier one.

    Attributes:
        old: Entries of the checkpoint that the witness signed last; 0 if none.
        path: Consistency proof from there, hashes of 32 bytes.
        checkpoint: The signed note.
    """

    old: int
    path: tuple[bytes, ...]
    checkpoint: str


def submission_since(
    store: Store, old: int, *, checkpoint: str | None = None
) -> Submission:
    """Show how a ledger grew.

    Args:
        store: The ledger.
        old: Entries that the witness saw last; 0 if it never saw any.
        checkpoint: Up to which one of this ledger; if left out, one is signed over all
            its entries.

    Raises:
        DataError: The ledger is shorter than that.
    """
    note = store.checkpoint() if checkpoint is None else checkpoint
    size = read_tree_head(take_apart(note)[0]).size
    if old > size:
        raise DataError(
            f"the ledger has {size} entries, and the witness saw {old}",
            why="entries that a witness saw are missing",
            hint="restore the project from a backup that has them",
            code="store.fork",
        )
    path = (
        store.look(lambda tables: consistency_path(old, size, stored_nodes(tables)))
        if 0 < old < size
        else []
    )
    return Submission(old=old, path=tuple(path), checkpoint=note)


def write_submission(submission: Submission) -> str:
    """Write a submission as the body of an `add-checkpoint` request."""
    steps = [base64.b64encode(step).decode() for step in submission.path]
    return "\n".join([f"old {submission.old}", *steps, "", submission.checkpoint])


def read_submission(text: str) -> Submission:
    """Read the body of an `add-checkpoint` request.

    Raises:
        IntegrityError: It is none.
    """
    head, blank, checkpoint = text.partition("\n\n")
    first, *steps = head.split("\n")
    if not blank or not first.startswith("old ") or len(steps) > _MOST:
        raise IntegrityError(
            "the text shows no witness how a ledger grew",
            hint="write it with maalem ledger submit",
            code="store.submission",
        )
    return Submission(
        old=read_number(first.removeprefix("old ")),
        path=tuple(unbase64(step) for step in steps),
        checkpoint=checkpoint,
    )


def origin_of(submission: Submission) -> str:
    """Tell which ledger a submission claims to be of; nothing is checked yet.

    Raises:
        IntegrityError: It has no checkpoint.
    """
    return read_tree_head(take_apart(submission.checkpoint)[0]).origin


def signed_head(submission: Submission, public: bytes) -> TreeHead:
    """Read the head that a ledger submits, if the ledger signed it.

    Args:
        submission: What the ledger shows.
        public: The ledger's public key, as the witness knows it.

    Raises:
        IntegrityError: The ledger did not sign it.
    """
    origin = origin_of(submission)
    try:
        return open_checkpoint(submission.checkpoint, public, origin=origin)
    except IntegrityError as error:
        raise IntegrityError(
            f"the ledger {origin!r} did not sign what was submitted",
            why=error.message,
            hint="compare [ledger] watched with the ledger's keys/ledger.pub",
            code="witness.unsigned",
        ) from error


def admit(
    submission: Submission, *, public: bytes, last: TreeHead | None
) -> tuple[str, TreeHead]:
    """Make sure that a ledger only grew since the witness signed last.

    The caller keeps the new head before it gives its signature away.

    Args:
        submission: What the ledger shows.
        public: The ledger's public key, as the witness knows it.
        last: What the witness signed last of this ledger; none if nothing.

    Returns:
        The text to cosign, and the new head.

    Raises:
        DataError: It begins elsewhere than where the witness stands, which is named.
        IntegrityError: The ledger did not sign it, or history was rewritten.
    """
    head = signed_head(submission, public)
    stands = 0 if last is None else last.size
    if submission.old > head.size:
        why = f"it was submitted as grown from {submission.old}"
        raise _rewritten(head, why, code="witness.backwards")
    if submission.old != stands:
        raise DataError(
            f"the submission begins at {submission.old} entries, the witness stands at "
            f"{stands}",
            hint=f"maalem ledger submit --since {stands}",
            code="witness.elsewhere",
        )
    if last is not None and head.size == stands and head.root != last.root:
        why = "as many entries were signed before, and they were others"
        raise _rewritten(head, why, code="witness.fork")
    if not _follows(submission, head, last):
        raise _rewritten(head, f"it does not follow from the {stands} entries signed")
    return take_apart(submission.checkpoint)[0], head


def _follows(submission: Submission, head: TreeHead, last: TreeHead | None) -> bool:
    before = (0, EMPTY_ROOT) if last is None else (last.size, last.root)
    after = (head.size, head.root)
    return head.size > 0 and consistency_holds(submission.path, before, after)


def _rewritten(
    head: TreeHead, why: str, *, code: str = "witness.refused"
) -> IntegrityError:
    return IntegrityError(
        f"the ledger {head.origin!r} of {head.size} entries was not cosigned",
        why=why,
        hint="keep this submission: it is evidence; ask the ledger's owner",
        code=code,
    )
