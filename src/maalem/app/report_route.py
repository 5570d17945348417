# SPDX-License-Identifier: Apache-2.0
"""How a task's route is shown and changed from the command line."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from maalem.app.gateway.asked import change_as_owner
from maalem.app.screen import Screen
from maalem.app.steps.route_change import Change, RouteState
from maalem.app.steps.route_evidence import Challenge, challenges
from maalem.app.steps.routing import state_of
from maalem.app.workspace import open_workspace


def change_alone(screen: Screen, wanted: Mapping[str, Any]) -> None:
    """Change a route of a project that nobody has open, in the owner's name.

    Args:
        screen: Its folder is the project's.
        wanted: Fields of a `Change`.
    """
    with open_workspace(Path(screen.folder)) as work:
        change_as_owner(work, Change(**wanted))


def show_route(screen: Screen, task: str) -> None:
    """Show how a task is answered."""
    with open_workspace(Path(screen.folder), read_only=True) as work:
        work.task(task)
        state, known = state_of(work, task), challenges(work, task)
        price = 1.0 / work.project.routes.alpha
    screen.show(f"{task} is answered by {state.champion or 'nothing yet'}")
    for line in (*_lines(state), *(_known(one, price) for one in known)):
        screen.show(f"  {line}")
    route = state.route
    screen.result(
        "route",
        {
            "task": task,
            "champion": state.champion or None,
            "previous": state.previous or None,
            "canary": state.canary or None,
            "share": state.share,
            "split": state.split,
            "callers": state.callers,
            "shadows": list(state.shadows),
            "deed": route.deed if route else None,
            "by": route.by if route else None,
            "why": route.why if route else None,
            "at": route.at if route else None,
            "challenges": [
                {
                    "release": one.release,
                    "arm": one.arm,
                    **one.evidence,
                    "decision": one.finding.decision,
                    "missing": one.finding.missing,
                    "asked": one.asked,
                    "disagreement": one.disagreement,
                }
                for one in known
            ],
        },
    )


def _known(one: Challenge, price: float) -> str:
    """Say what is known of a challenger, in a line."""
    found = one.finding
    if found.difference is None:
        return f"of {one.release} no answer was judged yet"
    parts = [
        (
            f"{one.release} errs {found.difference:+.1%} against the champion "
            f"({found.low:+.1%} to {found.high:+.1%}; "
            f"{found.champion} and {found.challenger} judged)"
        ),
        (
            f"evidence that it is worse {found.worse:.2g}, that it is as good "
            f"{found.not_worse:.2g}, of {price:g} needed"
        ),
    ]
    if one.disagreement:
        share, low, high = one.disagreement
        parts.append(f"differs in {share:.1%} ({low:.1%} to {high:.1%}) of {one.asked}")
    if found.missing:
        parts.append(f"about {found.missing} more judged answers are missing")
    return "; ".join(parts)


def _lines(state: RouteState) -> list[str]:
    """Say what else is decided, a line each."""
    if state.is_named:
        return ["as releases of [gateway] in maalem.toml say"]
    if state.route is None:
        return ["by rule: the newest release that the gate let ship"]
    lines = []
    if state.canary:
        lines.append(f"{state.canary} answers {state.share:.0%} of the {state.split}s")
    if state.canary and state.split == "caller" and state.callers * state.share < 1:
        lines.append(
            f"that may be nobody: {state.callers} keys may ask; take --by request"
        )
    if state.shadows:
        lines.append(f"{', '.join(state.shadows)} is asked too, and not heard")
    if state.previous:
        lines.append(f"{state.previous} comes back with maalem route rollback")
    why = f": {state.route.why}" if state.route.why else ""
    lines.append(f"{state.route.deed} by {state.route.by}, {state.route.at}{why}")
    return lines
