# SPDX-License-Identifier: Apache-2.0
"""What evidence decides about routes by itself: back if worse, on if allowed."""

from collections.abc import Iterator

from maalem.app.steps.route_change import Change
from maalem.app.steps.route_evidence import Challenge, challenges
from maalem.app.steps.routing import change_route
from maalem.app.workspace import Workspace
from maalem.errors import GateError
from maalem.evaluation.sequential import PROMOTE as BETTER
from maalem.evaluation.sequential import ROLL_BACK as WORSE
from maalem.records.routing import PROMOTE, ROLL_BACK, Route
from maalem.serving.occurrences import CANARY

GATEWAY = "gateway"
"""Who decides, where no person does."""


def judge_routes(work: Workspace) -> tuple[Route, ...]:
    """Look at the evidence on every route once, and do what follows.

    A canary that errs more, or of which more is complained, is always ended. A
    challenger is promoted only where the settings allow it and the gate let it ship.

    Returns:
        What was changed.

    Raises:
        EngineError: The traffic file cannot be read.
    """
    tasks = dict.fromkeys(one.task for one in work.store.find(Route))
    changed = []
    for task in tasks:
        for change in _wanted(work, task):
            try:
                changed.append(change_route(work, change))
            except GateError:
                continue  # heard, but never let ship: it is a person's to promote
            break  # one step at a time: the next look sees what is left
    return tuple(changed)


def _wanted(work: Workspace, task: str) -> Iterator[Change]:
    for one in challenges(work, task):
        deed, why = _follows(work, one)
        if deed:
            yield Change(
                task=task,
                deed=deed,
                release=one.release if deed == PROMOTE else "",
                by=GATEWAY,
                why=why,
                evidence=one.evidence,
            )


def _follows(work: Workspace, one: Challenge) -> tuple[str, str]:
    """Say what follows of a challenger, and why; empty if nothing does."""
    settings, found = work.project.routes, one.finding
    is_canary = one.arm == CANARY
    if is_canary and found.decision == WORSE:
        return ROLL_BACK, f"{one.release} errs more: e-value {found.worse:.3g}"
    if is_canary and one.alarm is not None and one.alarm >= 1.0 / settings.alpha:
        why = f"more complain of {one.release}: e-value {one.alarm:.3g}"
        return ROLL_BACK, why
    if settings.automatic and found.decision == BETTER:
        why = (
            f"{one.release} errs no more by {settings.margin:g}: e-value "
            f"{found.not_worse:.3g}"
        )
        return PROMOTE, why
    return "", ""
