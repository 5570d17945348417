# SPDX-License-Identifier: Apache-2.0
"""What evidence decides about routes by itself: back if worse, on if allowed."""

from collections.abc import Iterator
from itertools import islice

from maalem.app.steps.fit_for_route import name_in_settings
from maalem.app.steps.in_force import release_name
from maalem.app.steps.kept_routes import is_shipped
from maalem.app.steps.retraining import restricted
from maalem.app.steps.route_change import Change
from maalem.app.steps.route_evidence import Challenge, challenges
from maalem.app.steps.routing import change_route
from maalem.app.workspace import Workspace
from maalem.errors import EngineError, MaalemError, boundary
from maalem.evaluation.sequential import PROMOTE as BETTER
from maalem.evaluation.sequential import ROLL_BACK as WORSE
from maalem.records import Release
from maalem.records.routing import PROMOTE, ROLL_BACK, Route
from maalem.serving.occurrences import CANARY

GATEWAY = "gateway"
"""Who decides, where no person does."""


def judge_routes(work: Workspace) -> tuple[Route, ...]:
    """Look at the evidence on every route once, and do what follows.

    A canary that errs more, or of which more is complained, is always ended. A
    challenger is promoted only where the settings allow it and the gate let it ship.

    What fails for one task is raised once the others were looked at.

    Returns:
        What was changed.

    Raises:
        MaalemError: The evidence on a task cannot be read, or its change is refused.
    """
    changed: list[Route] = []
    failures: list[MaalemError] = []
    for task in _routed(work):
        try:
            with boundary(EngineError, f"judge the route of {task}"):
                # one step at a time: the next look sees what is left
                wanted = islice(_wanted(work, task), 1)
                changed.extend(change_route(work, one) for one in wanted)
        except MaalemError as failure:
            failures.append(failure)
    if failures:
        raise failures[0]
    return tuple(changed)


def wanted_changes(work: Workspace) -> Iterator[Change]:
    """Give what would follow from the evidence on every route.

    What fails for one task is raised once the others were looked at.

    Raises:
        MaalemError: The evidence on a task cannot be read.
    """
    failures: list[MaalemError] = []
    for task in _routed(work):
        try:
            with boundary(EngineError, f"judge the route of {task}"):
                wanted = [*_wanted(work, task)]
        except MaalemError as failure:
            failures.append(failure)
        else:
            yield from wanted
    if failures:
        raise failures[0]


def _routed(work: Workspace) -> list[str]:
    """Name the tasks that have a route."""
    return sorted({one.task for one in work.store.find(Route)})


def _wanted(work: Workspace, task: str) -> Iterator[Change]:
    """Give what follows for a task, less what would be refused for sure."""
    if name_in_settings(work, task):
        return
    for one in challenges(work, task):
        deed, why = _follows(work, one)
        if deed == ROLL_BACK or (deed and _may_promote(work, task, one)):
            yield Change(
                task=task,
                deed=deed,
                release=one.release if deed == PROMOTE else "",
                by=GATEWAY,
                why=why,
                evidence=one.evidence,
            )


def _may_promote(work: Workspace, task: str, one: Challenge) -> bool:
    """Tell whether no person is needed: it may answer, and the gate let it ship."""
    every = work.store.find(Release, task)
    release = next((it for it in every if release_name(it) == one.release), None)
    if release is None or release.checkpoint in restricted(work):
        return False
    return one.arm == CANARY or is_shipped(work, release)


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
