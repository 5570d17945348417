# SPDX-License-Identifier: Apache-2.0
"""A release is proposed by one person, and approved by another before it is signed."""

from dataclasses import dataclass

from maalem.app.steps.examined import Exam
from maalem.app.steps.proposals import (
    Proposal,
    account,
    approvals,
    doer,
    find_proposal,
    made,
    proposal_at,
    read_proposal,
    subject_of,
    taught,
)
from maalem.app.workspace import Workspace
from maalem.errors import DataError, GateError, IntegrityError
from maalem.records import Json
from maalem.release.approvals import APPROVED, PROPOSED
from maalem.release.contents import Approval

LONGEST = 500
"""Characters of a note, which stands in the ledger for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """That somebody approves a proposal.

    Attributes:
        by: Their pseudonym.
        role: Their role.
        checkpoint: The model that they were shown.
        note: Why, in up to 500 characters; it stands in the ledger for ever.
        way: `desk` or `command`: where they proved who they are.
    """

    by: str
    role: str
    checkpoint: str
    note: str
    way: str


def propose_if_need_be(work: Workspace, exam: Exam) -> Proposal | None:
    """Propose the examined model where one person is not enough; else give none."""
    return None if work.project.release.people == 1 else propose(work, exam)


def propose(work: Workspace, exam: Exam) -> Proposal:
    """Propose the examined model for release; what is proposed already stays so.

    Raises:
        IntegrityError: It is released.
    """
    if exam.verdict.id in made(work):
        raise IntegrityError(
            f"this model of {exam.report.task} is released already",
            hint="examine another model",
            code="release.repeated",
        )
    known = find_proposal(work, exam)
    if known is not None:
        return known
    details: dict[str, Json] = {
        "task": exam.report.task,
        **subject_of(exam),
        "report": exam.report.id,
        "outcome": exam.verdict.outcome,
        "people": work.project.release.people,
        "by": work.project.project.owner,
        "account": [*sorted(account(work))],
    }
    entry = work.store.append(PROPOSED, details=details)
    if entry is None:
        raise ValueError("an entry without records is always written")
    return read_proposal(work, entry)


def approve(work: Workspace, proposal: Proposal, consent: Consent) -> Proposal:
    """Enter in the ledger that somebody approves a proposal.

    The caller has made sure who they are and that their role may release.

    Returns:
        The proposal as it stands now.

    Raises:
        GateError: They taught or proposed it, or approved it already.
        DataError: They were shown another model, or the note is too long.
    """
    _refuse_first(proposal, consent.by)
    if consent.checkpoint != proposal.checkpoint:
        raise DataError(
            "what you approved is not the model that was proposed",
            hint="look at the proposal again",
            code="release.other-model",
        )
    if len(consent.note) > LONGEST or not consent.note.replace("\n", " ").isprintable():
        raise DataError(
            f"a note has up to {LONGEST} printable characters", code="release.note"
        )
    details: dict[str, Json] = {
        "proposal": proposal.entry,
        "task": proposal.task,
        "checkpoint": proposal.checkpoint,
        "dataset": proposal.dataset,
        "verdict": proposal.verdict,
        "by": consent.by,
        "role": consent.role,
        "way": consent.way,
        "note": consent.note,
    }
    work.store.append(APPROVED, details=details)
    return proposal_at(work, proposal.entry)


def approval_of(work: Workspace, exam: Exam) -> Approval:
    """Prove by the ledger that enough people stand behind an exam's model.

    Raises:
        GateError: Fewer do than the project asks for.
    """
    people = work.project.release.people
    if people == 1:
        return Approval(people=1)
    proposal = find_proposal(work, exam)
    if proposal is None or proposal.missing:
        raise GateError(
            f"{people} people must stand behind a release of {exam.report.task!r}",
            why="it was not proposed yet"
            if proposal is None
            else f"{proposal.missing} more must approve it",
            hint="have another owner or releaser approve it at the desk, on the page "
            "of releases, or by maalem approve",
            code="release.unapproved",
        )
    lessons = taught(work, exam.report.checkpoint)
    counted = [
        one for one in approvals(work, proposal.entry) if doer(one) in proposal.approved
    ]
    return Approval(
        people=people,
        taught=work.store.inclusion(lessons[0].index),
        proposed=work.store.inclusion(proposal.entry),
        approved=tuple(work.store.inclusion(one.index) for one in counted),
        proposer=proposal.by,
        approvers=proposal.approved,
    )


def _refuse_first(proposal: Proposal, person: str) -> None:
    if person in proposal.first:
        raise GateError(
            "who taught or proposed a model cannot approve it",
            why="a release needs the eyes of a second person",
            hint="ask another owner or releaser to approve it",
            code="release.same-person",
        )
    if person in proposal.approved:
        raise GateError(
            "you approved this release already",
            hint="ask another owner or releaser to approve it",
            code="release.approved-already",
        )
