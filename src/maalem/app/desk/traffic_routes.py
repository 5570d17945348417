# SPDX-License-Identifier: Apache-2.0
"""An owner decides which release answers: a canary, a promotion, a step back."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from fastapi import Request, Response

from maalem.app.desk import people
from maalem.app.desk.desk import Desk, desk_of, person_of
from maalem.app.desk.forms import Posted, see_other
from maalem.app.desk.refusals import RefusedError
from maalem.app.desk.routes import RouteTable
from maalem.app.steps.in_force import release_name
from maalem.app.steps.kept_routes import find_route, shipped
from maalem.app.steps.retraining import restricted
from maalem.app.steps.route_change import Change, RouteState
from maalem.app.steps.routing import change_route, state_of
from maalem.app.workspace import Workspace
from maalem.records.routing import CANARY_DEED, PROMOTE, ROLL_BACK

TABLE = RouteTable()
LONGEST = 500
"""Characters of a reason."""
_ONE_AT_A_TIME = threading.Lock()  # of two who press at once, one has seen the old page
_GATEWAY = "gateway"  # who decides where a test does


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteShown:
    """Which release answers for a task, and what may be decided about it.

    Attributes:
        state: How the task is answered.
        seen: Digest of the last decision; empty before there is any.
        others: Releases that may be a canary, the newest first.
        is_fixed: Whether the settings name the release, so that nothing is decided.
        by: Who decided last; empty where the gateway did, or nobody.
        at: When; none before there is a decision.
    """

    state: RouteState
    seen: str
    others: tuple[str, ...]
    is_fixed: bool
    by: str
    at: datetime | None


def route_shown(desk: Desk, task: str) -> RouteShown | None:
    """Give how a task is answered; none where no release of it is in force."""
    work = desk.work
    state = state_of(work, task)
    if not state.champion:
        return None
    withdrawn, route = restricted(work), state.route
    fit = [one for one in shipped(work, task) if one.checkpoint not in withdrawn]
    return RouteShown(
        state=state,
        seen=route.id if route else "",
        others=tuple(
            release_name(one) for one in fit if release_name(one) != state.champion
        ),
        is_fixed=any(
            name.rpartition("-")[0] == task for name in work.project.gateway.releases
        ),
        by=_called(desk, route.by) if route else "",
        at=datetime.fromisoformat(route.at) if route else None,
    )


@TABLE.page("POST", "/traffic/{task}/route", permission="route")
def change(request: Request, task: str, form: Posted) -> Response:
    """Let a release answer a share, or all, or take the last step back."""
    work = desk_of(request).work
    wanted = Change(
        task=task,  # its file may be gone while its release answers
        deed=form.get("deed", ""),
        release=form.get("release", ""),
        share=_share(form.get("share", "")),
        by=person_of(request).id,
        why=form.get("why", "").strip(),
    )
    _refuse_unmeant(wanted, form)
    with _ONE_AT_A_TIME:
        _refuse_stale(work, task, form.get("seen", ""))
        change_route(work, wanted)
    return see_other(f"/traffic/{task}")


def _refuse_unmeant(wanted: Change, form: Mapping[str, str]) -> None:
    """Refuse what is no deed of the page, has no reason, or was not confirmed."""
    is_known = wanted.deed in (CANARY_DEED, PROMOTE, ROLL_BACK)
    if not is_known or not 0 < len(wanted.why) <= LONGEST:
        raise RefusedError(
            f"a route needs a deed, and a reason of up to {LONGEST} characters",
            status=422,
            code="desk.route",
        )
    confirmed = form.get("confirm", "").strip()
    if wanted.deed == PROMOTE and (not confirmed or confirmed != wanted.release):
        raise RefusedError(
            "write the name of the release to confirm that it shall answer everybody",
            status=422,
            code="desk.route-unconfirmed",
        )


def _refuse_stale(work: Workspace, task: str, seen: str) -> None:
    """Refuse what was decided on a page that shows how it was before."""
    last = find_route(work, task)
    if seen != (last.id if last else ""):
        raise RefusedError(
            "somebody has decided otherwise since this page was shown",
            status=409,
            hint="look at it again",
            code="desk.route-changed",
        )


def _share(percent: str) -> float:
    """Read a share that was written in percent; 0 for what is no number."""
    try:
        return float(percent.replace(",", ".")) / 100
    except ValueError:
        return 0.0


def _called(desk: Desk, person: str) -> str:
    """Give the name of who decided; the pseudonym of who has none here."""
    if person == _GATEWAY:
        return ""
    found = people.find(desk.work.store, person)
    return found.name if found else person
