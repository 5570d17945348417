# SPDX-License-Identifier: Apache-2.0
"""How a release, its verification and its answers look on a terminal."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from maalem.app.report import plain
from maalem.app.screen import Screen
from maalem.errors import IntegrityError
from maalem.records import Release, to_json

if TYPE_CHECKING:
    from maalem.app.status import Status
    from maalem.app.steps.answers import Decision
    from maalem.app.steps.proposals import Proposal
    from maalem.release import Verification


def show_release(
    screen: Screen, release: Release, folder: Path, *, openssf: Path | None = None
) -> None:
    """Show a release, and the OpenSSF signature beside it if there is one."""
    screen.say(f"released {folder}, signed by {release.signer}")
    screen.say(f"  read {folder}/release.html; check with maalem verify {folder}")
    if openssf is not None:
        screen.say(f"  {openssf} is the OpenSSF signature of its model, verified")
    found = {"folder": str(folder), "release": to_json(release)}
    signed = {"openssf": str(openssf)} if openssf else {}
    screen.result("release", {**found, **signed})


def show_proposal(screen: Screen, proposal: "Proposal | None") -> None:
    """Show a release that waits for other people."""
    if proposal is None:
        return
    screen.say(
        f"proposed in entry {proposal.entry}; people who must still approve it: "
        f"{proposal.missing}"
    )
    screen.say(
        "  another owner or releaser does so at the desk, on the page of releases, or "
        f"by maalem approve {proposal.task} --by WHO"
    )
    shown = {**plain(proposal), "first": sorted(proposal.first)}
    screen.result("release.propose", {**shown, "missing": proposal.missing})


def show_verification(screen: Screen, found: "Verification", path: Path) -> None:
    """Show each claim of a release.

    Raises:
        IntegrityError: A claim does not hold.
    """
    rows = [(claim.name, claim.status, claim.text) for claim in found.claims]
    screen.table(f"Release {path}", ("claim", "", "why"), rows)
    if not found.ok:
        bad = next(claim for claim in found.claims if claim.status == "red")
        raise IntegrityError(
            f"{path} is not what was released",
            why=bad.text,
            hint="get the release again from where it was signed",
            code="release.unverified",
        )
    screen.result("verify", {"ok": found.ok, **plain(found)})


def _who(decision: "Decision") -> str:
    return f"a person: {decision.reason}" if decision.reason else "the model"


def decisions_table(screen: Screen, decisions: Sequence["Decision"]) -> None:
    """Show answers, and who decides."""
    rows = [(one.text[:60], one.label, one.probability, _who(one)) for one in decisions]
    screen.table("", ("text", "label", "probability", "decided by"), rows)


def show_decisions(screen: Screen, decisions: Sequence["Decision"]) -> None:
    """Show answers, and what `verify` could not make sure of."""
    decisions_table(screen, decisions)
    for doubt in decisions[0].doubts if decisions else ():
        screen.say(f"  open: {doubt}")
    screen.result("predict", {"answers": [plain(one) for one in decisions]})


def show_status(screen: Screen, found: "Status") -> None:
    """Show the loop in eight lines and the next command."""
    screen.table(found.name, ("station", "number"), list(found.counts))
    screen.say(f"  verdict: {found.verdict or 'none yet'}")
    for one in found.waiting:
        screen.say(
            f"  {one.task}: {one.disagreements} disagreements, {one.items} items wait "
            f"for answers; {one.command}"
        )
        if one.from_gateway:
            screen.say(f"    {one.from_gateway} of them came from the gateway")
    for task, sentence in found.audits:
        screen.say(f"  {task}: error in use {sentence}")
    if found.to_retrain:
        screen.say(
            f"  models that learned from what was forgotten, open: {found.to_retrain}; "
            "maalem forget --status"
        )
    for subject in found.half_forgotten:
        screen.say(f"  begun and not finished: maalem forget {subject}")
    screen.say(f"  next: {found.next_command}", style="bold")
    screen.result("status", plain(found))
