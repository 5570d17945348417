# SPDX-License-Identifier: Apache-2.0
"""What a witness answers to whoever submits a ledger, by the protocol's statuses.

Source:
    C2SP, "Transparency Log Witness Protocol" (tlog-witness), `add-checkpoint`: the
    statuses. c2sp.org.
"""

from threading import Lock
from types import MappingProxyType
from typing import NamedTuple

from maalem.app.steps.witnessing import cosignature_of, last_seen
from maalem.app.workspace import Workspace
from maalem.errors import MaalemError
from maalem.store.notes import TreeHead, read_tree_head, take_apart
from maalem.store.witnessing import Submission, origin_of, read_submission

REFUSED = "witness.refuse"
"""Deed of a witness that was shown another history; its entry is the evidence."""

_PLAIN = "text/plain; charset=utf-8"
_SIZE = "text/x.tlog.size"
_STATUSES = MappingProxyType(
    {
        "store.submission": 400,
        "store.note": 400,
        "witness.backwards": 400,
        "witness.unsigned": 403,
        "witness.other-key": 403,
        "witness.unknown": 404,
        "witness.elsewhere": 409,
        "witness.fork": 409,
        "witness.refused": 422,
    }
)
_LARGEST = 1 << 16  # bytes; 63 steps and 64 signatures have a seventh of that
_EVIDENCE = ("witness.fork", "witness.refused")


class Answer(NamedTuple):
    """What a witness answers.

    Attributes:
        status: HTTP status.
        body: Signature lines, the size at which the witness stands, or a reason.
        kind: Content type.
    """

    status: int
    body: str
    kind: str = _PLAIN


class Witness:
    """Answers one submission after the other, from whichever thread they come."""

    def __init__(self, work: Workspace) -> None:
        self._work = work
        self._turn = Lock()  # between what was seen last and what is seen now
        # Whoever repeats an old submission must not have the ledger read each time.
        self._heads: dict[str, TreeHead | None] = {}
        self._evidence: set[str] | None = None

    def answer(self, body: bytes) -> Answer:
        """Answer the body of an `add-checkpoint` request.

        Raises:
            MaalemError: This machine failed; nothing was signed.
        """
        if len(body) > _LARGEST:
            return Answer(413, "the submission is too large\n")
        try:
            submission = read_submission(body.decode())
        except (UnicodeDecodeError, MaalemError) as error:
            return Answer(400, f"{error}\n")
        with self._turn:
            try:
                signed = cosignature_of(self._work, submission, seen=self._last)
            except MaalemError as error:
                if error.code not in _STATUSES:
                    raise
                return self._refusal(submission, error)
            text = take_apart(submission.checkpoint)[0]
            self._heads[origin_of(submission)] = read_tree_head(text)
        return Answer(200, signed)

    def _last(self, work: Workspace, origin: str) -> TreeHead | None:
        if origin not in self._heads:
            self._heads[origin] = last_seen(work, origin)
        return self._heads[origin]

    def _refusal(self, submission: Submission, error: MaalemError) -> Answer:
        if error.code == "witness.elsewhere":
            last = self._last(self._work, origin_of(submission))
            return Answer(409, f"{last.size if last else 0}\n", _SIZE)
        if error.code in _EVIDENCE:
            self._keep_evidence(submission, error)
        why = f": {error.why}" if error.why else ""
        return Answer(_STATUSES[error.code], f"{error.message}{why}\n")

    def _keep_evidence(self, submission: Submission, error: MaalemError) -> None:
        """Write down what the ledger's own key signed; once, however often it comes."""
        signed = take_apart(submission.checkpoint)[0]  # further lines anybody can add
        if self._evidence is None:
            entries = self._work.store.entries(REFUSED)
            self._evidence = {str(entry.details["signed"]) for entry in entries}
        if signed not in self._evidence:
            details = {
                "origin": origin_of(submission),
                "why": error.code,
                "signed": signed,
                "note": submission.checkpoint,
            }
            self._work.store.append(REFUSED, details=details)
            self._evidence.add(signed)
