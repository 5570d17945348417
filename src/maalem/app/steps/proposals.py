# SPDX-License-Identifier: Apache-2.0
"""Which releases are proposed, by whom, and who has approved them.

The command line acts as the project's owner, since whoever can read the signing key has
that account; who set the desk up from its terminal is the same person.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from maalem.app.steps.examined import Exam, exam_of
from maalem.app.workspace import Workspace
from maalem.errors import DataError
from maalem.records import Digest, Json
from maalem.release.approvals import APPROVED, PROPOSED, SUBJECT, TAUGHT
from maalem.store.entry import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A release that waits for other people.

    Attributes:
        entry: The entry of the ledger that proposed it.
        at: When, by the ledger's clock.
        task: Name of the task.
        checkpoint: The model.
        dataset: What it learned from.
        verdict: The gate's answer.
        by: Pseudonym of who proposed it.
        first: Pseudonyms of all who taught or proposed it, or hold their account.
        approved: Pseudonyms of who approved it and is none of the first.
        people: How many the project asks for.
    """

    entry: int
    at: str
    task: str
    checkpoint: Digest
    dataset: Digest
    verdict: Digest
    by: str
    first: frozenset[str]
    approved: tuple[str, ...]
    people: int

    @property
    def missing(self) -> int:
        """How many people have still to approve."""
        return max(self.people - 1 - len(self.approved), 0)


def subject_of(exam: Exam) -> dict[str, Json]:
    """Name what an approval of an exam's model has to name."""
    report = exam.report
    digests = (report.checkpoint, report.dataset, exam.verdict.id)
    return dict(zip(SUBJECT, digests, strict=True))


def proposals(work: Workspace) -> Iterator[Proposal]:
    """Give every release that was proposed and not made, the oldest first."""
    released = made(work)
    for entry in work.store.entries(PROPOSED):
        if entry.details["verdict"] not in released:
            yield read_proposal(work, entry)


def made(work: Workspace) -> set[str]:
    """Name the verdicts whose models are released."""
    signed = work.store.entries("release.sign")
    return {str(one.details.get("verdict_id", "")) for one in signed}


def proposal_at(work: Workspace, entry: int) -> Proposal:
    """Give the proposal of an entry of the ledger.

    Raises:
        DataError: The entry proposes nothing, or what it proposed is released.
    """
    for one in proposals(work):
        if one.entry == entry:
            return one
    raise DataError(
        f"entry {entry} proposes no release that waits for anybody",
        hint="maalem release TASK",
        code="release.no-proposal",
    )


def find_proposal(work: Workspace, exam: Exam) -> Proposal | None:
    """Give the proposal to release an exam's model, if there is one."""
    subject = tuple(subject_of(exam).values())
    found = None
    for one in proposals(work):
        if (one.checkpoint, one.dataset, one.verdict) == subject:
            found = one
    return found


def exam_behind(work: Workspace, proposal: Proposal) -> Exam:
    """Give the exam that a proposal rests on."""
    return exam_of(work, proposal.task, verdict=proposal.verdict)


def read_proposal(work: Workspace, entry: Entry) -> Proposal:
    """Give the proposal that an entry made, as it stands now."""
    told = entry.details
    checkpoint = Digest(str(told["checkpoint"]))
    behind = map(doer, taught(work, checkpoint))
    first = {doer(entry), *behind} | account(work)
    given = dict.fromkeys(doer(one) for one in approvals(work, entry.index))
    return Proposal(
        entry=entry.index,
        at=entry.at,
        task=str(told["task"]),
        checkpoint=checkpoint,
        dataset=Digest(str(told["dataset"])),
        verdict=Digest(str(told["verdict"])),
        by=doer(entry),
        first=frozenset(first),
        approved=tuple(one for one in given if one not in first),
        people=max(int(str(told["people"])), work.project.release.people),
    )


def taught(work: Workspace, checkpoint: str) -> list[Entry]:
    """Give the entries that the model was taught with."""
    entries = work.store.entries(TAUGHT)
    return [one for one in entries if one.details.get("checkpoint") == checkpoint]


def approvals(work: Workspace, proposal: int) -> list[Entry]:
    """Give the entries that approve a proposal."""
    entries = work.store.entries(APPROVED)
    return [one for one in entries if one.details.get("proposal") == proposal]


def doer(entry: Entry) -> str:
    """Give the pseudonym of who did what an entry tells."""
    return str(entry.details.get("by", entry.actor))


def account(work: Workspace) -> set[str]:
    """Give everybody who speaks for the account that the command line runs under."""
    roles = work.store.entries("people.role")
    set_up = {str(one.details["person"]) for one in roles if doer(one) == "set-up"}
    return {work.project.project.owner, *set_up}
