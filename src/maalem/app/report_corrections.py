# SPDX-License-Identifier: Apache-2.0
"""How what came home from the gateway looks on a terminal."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from maalem.app.report import plain
from maalem.app.screen import Screen

if TYPE_CHECKING:
    from maalem.app.steps.corrections import CorrectionsReport
    from maalem.evaluation.auditing import AuditFinding

_OUTCOMES = {
    "new": "new questions",
    "again": "repeat a question of the gateway",
    "known": "are questions already",
    "exam": "stand in an exam or near it, not asked",
    "over": "more than the settings allow, not asked",
    "empty": "empty",
    "erased": "erased, and stay so",
    "lost": "their text was kept nowhere",
    "no-task": "the task is gone",
}


def show_corrections(screen: Screen, found: Sequence["CorrectionsReport"]) -> None:
    """Show what came home, task by task."""
    for one in found:
        screen.show(f"{one.task}: {one.open} questions from the gateway wait")
        rows = [
            (kind, _OUTCOMES.get(outcome, outcome), number)
            for kind, outcome, number in one.taken
        ]
        if rows:
            screen.table("", ("what", "became", "answers"), rows)
        screen.show(f"  error in use: {audit_sentence(one.audit)}")
        if one.feedback:
            screen.show(
                f"  feedback: {one.feedback}, of which {one.agreeing} say that the "
                "answer was right"
            )
        for shift in one.drift:
            screen.show(f"  {shift.measure}: {shift.sentence}")
    screen.result("corrections", {"tasks": [plain(one) for one in found]})


def audit_sentence(found: "AuditFinding") -> str:
    """Say how often automatic answers are wrong, or why that is not known."""
    if found.estimate is None or found.low is None or found.high is None:
        return f"unknown: {found.reason}; {found.drawn} drawn"
    return (
        f"{found.estimate:.1%}, between {found.low:.1%} and {found.high:.1%} at "
        f"{found.level:.0%}; {found.wrong} wrong of {found.answered} checked, "
        f"{found.drawn} drawn"
    )
