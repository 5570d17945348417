# SPDX-License-Identifier: Apache-2.0
"""How a second person approves a release from the command line, and is known there."""

import sys
from pathlib import Path

import click

from maalem.app.desk.passwords import Passwords
from maalem.app.desk.people_deeds import member_named
from maalem.app.desk.permissions import may
from maalem.app.desk.refusals import RefusedError
from maalem.app.steps.approvals import Consent, approve
from maalem.app.steps.proposals import Proposal, exam_behind, proposals
from maalem.app.steps.releases import release
from maalem.app.workspace import Workspace
from maalem.errors import DataError
from maalem.records import Release


def ask_password() -> str:
    """Read a password: hidden from a terminal, else the first line that is piped in."""
    if sys.stdin.isatty():
        return str(click.prompt("password", hide_input=True, err=True))
    return sys.stdin.readline().rstrip("\n")


def approve_as(
    work: Workspace, task: str, *, person: str, password: str, note: str
) -> tuple[Proposal, tuple[Release, Path] | None]:
    """Approve a task's proposal, and release the model if nobody else is missing.

    Args:
        work: The opened project.
        task: Name of the task.
        person: Pseudonym or address of who approves.
        password: Their password at the desk, by which they are known.
        note: Why.

    Returns:
        The proposal, and the release with its folder if it was made.

    Raises:
        DataError: Nothing is proposed.
        RefusedError: It is not their password, or their role may not release.
        GateError: They taught or proposed it.
    """
    work.task(task)
    waiting = [one for one in proposals(work) if one.task == task]
    if not waiting:
        raise DataError(
            f"no release of {task!r} waits for anybody",
            hint=f"maalem release {task}",
            code="release.no-proposal",
        )
    member = member_named(work.store, person)
    if not (member.is_active and Passwords().is_right(password, member.secret)):
        raise RefusedError(
            "that is not the password of who approves",
            hint="approve at the desk, where every way of signing in is known",
            code="release.password",
        )
    if not may(member.role, "release"):
        raise RefusedError(
            f"a {member.role} may not approve a release",
            hint="an owner or a releaser may",
            code="desk.forbidden",
        )
    newest = waiting[-1]
    given = Consent(
        by=member.id,
        role=member.role,
        checkpoint=newest.checkpoint,
        note=note,
        way="command",
    )
    proposal = approve(work, newest, given)
    exam = exam_behind(work, proposal)
    return proposal, None if proposal.missing else release(work, exam)
