# SPDX-License-Identifier: Apache-2.0
"""What somebody wants of a route, and how a changed route is written down."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from maalem.app.steps.fit_for_route import champion_of, refuse_named
from maalem.app.steps.kept_routes import find_route
from maalem.app.workspace import Workspace, now
from maalem.errors import DataError, UsageError
from maalem.records import Digest, Json, digest_of, to_json
from maalem.records.routing import BY_CALLER, Route


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What somebody wants of a task's route.

    Attributes:
        task: Name of the task.
        deed: `canary`, `shadow`, `promote`, `roll-back` or `stop`.
        release: Name of the release, such as `system-2`; `promote` takes the canary
            where it is empty.
        share: Share that a canary answers, in (0, 0.5].
        split: `caller` or `request`; chosen by how many keys there are, if empty.
        is_against_the_verdict: Whether a release may answer although the gate did not
            let it ship.
        by: Who decides, as a pseudonym; a command leaves it empty, for the owner.
        why: The reason; it stands in the ledger for ever.
        evidence: Numbers that it rests on, for the ledger.
    """

    task: str
    deed: str
    release: str = ""
    share: float = 0.1
    split: str = ""
    is_against_the_verdict: bool = False
    by: str = ""
    why: str = ""
    evidence: Mapping[str, Json] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteState:
    """How a task is answered now, by the names of its releases.

    Attributes:
        task: Name of the task.
        champion: What answers; empty where nothing does.
        previous: What a rollback brings back; empty if nothing.
        canary: What answers a share; empty if nothing.
        share: That share, of callers or requests, in [0, 0.5].
        split: `caller` or `request`.
        callers: Keys that may ask now; a share of few of them may be none.
        shadows: What is asked too.
        is_named: Whether the settings say which release answers.
        route: What was decided last; none where the rule holds: the newest release
            that the gate let ship answers.
    """

    task: str
    champion: str = ""
    previous: str = ""
    canary: str = ""
    share: float = 0.0
    split: str = BY_CALLER
    callers: int = 0
    shadows: tuple[str, ...] = ()
    is_named: bool = False
    route: Route | None = None


def route_to_change(work: Workspace, change: Change) -> Route:
    """Give the route to change; where the rule holds, it begins with what answers.

    Raises:
        SettingsError: The settings name the release that answers for the task.
        DataError: Nothing answers for it.
    """
    refuse_named(work, change.task)
    found = find_route(work, change.task)
    if found is not None:
        return found
    champion = champion_of(work, change.task)
    if champion is None:
        raise DataError(
            f"nothing answers for {change.task} yet",
            why="no release of it was let ship",
            hint=f"maalem release {change.task}",
            code="route.none",
        )
    return Route(
        id=Digest(""),
        task=change.task,
        deed="",
        champion=champion.id,
        previous=None,
        canary=None,
        share=0.0,
        split=BY_CALLER,
        salt="",
        shadows=(),
        by="",
        why="",
        at="",
    )


def keep(work: Workspace, change: Change, wanted: Route) -> Route:
    """Write a route down, with who wants it and why, and give it."""
    fields = dataclasses.replace(
        wanted,
        deed=change.deed,
        by=change.by,
        why=change.why.strip(),
        at=now().isoformat(timespec="microseconds"),
    )
    named = {key: value for key, value in to_json(fields).items() if key != "id"}
    made = dataclasses.replace(fields, id=digest_of(named))
    details: dict[str, Json] = {
        "task": made.task,
        "deed": made.deed,
        "champion": made.champion,
        "canary": made.canary,
        "share": made.share,
        "by": made.by,
        "why": made.why,
        "evidence": dict(change.evidence),
    }
    work.store.append("route.change", [made], details=details)
    return made


def without_canary(route: Route) -> Route:
    """Give a route without its canary."""
    return dataclasses.replace(route, canary=None, share=0.0, salt="")


def refuse_champion(route: Route, release: Digest, change: Change) -> None:
    """Refuse the release that answers already.

    Raises:
        UsageError: It is that one.
    """
    if route.champion == release:
        raise UsageError(
            f"{change.release or change.task} answers for {change.task} already",
            hint=f"maalem route show {change.task}",
            code="route.champion",
        )


def nothing(change: Change, what: str) -> UsageError:
    """Make the refusal of a deed that finds nothing to do it to."""
    return UsageError(
        what, hint=f"maalem route show {change.task}", code="route.nothing"
    )
