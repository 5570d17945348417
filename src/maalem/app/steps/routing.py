# SPDX-License-Identifier: Apache-2.0
"""A task's champion, canary and shadows are changed; the ledger has each change.

Nothing is loaded here: every gateway of the project follows the ledger.
"""

import dataclasses
import threading
from collections.abc import Callable, Mapping
from types import MappingProxyType

from maalem.app.steps.fit_for_route import (
    callers,
    champion_of,
    name_in_settings,
    refuse_unshipped,
    release_for,
    split_for,
)
from maalem.app.steps.in_force import name_of, release_name
from maalem.app.steps.kept_routes import find_route
from maalem.app.steps.route_change import (
    Change,
    RouteState,
    keep,
    nothing,
    refuse_champion,
    route_to_change,
    without_canary,
)
from maalem.app.workspace import Workspace, now
from maalem.errors import UsageError
from maalem.records import Digest, Release, digest_of
from maalem.records.routing import (
    CANARY_DEED,
    PROMOTE,
    ROLL_BACK,
    SHADOW_DEED,
    STOP,
    Route,
)
from maalem.serving.routes.settings import LARGEST_SHARE

MOST_SHADOWS = 4
"""Of a task; each is asked whatever the champion is asked."""
_ONE_AT_A_TIME = threading.Lock()  # two changes at once would each forget the other


def state_of(work: Workspace, task: str) -> RouteState:
    """Tell how a task is answered now."""
    names: dict[Digest | None, str] = {
        one.id: release_name(one) for one in work.store.find(Release, task)
    }
    champion, route = champion_of(work, task), find_route(work, task)
    answers = names[champion.id] if champion else ""
    is_named = bool(name_in_settings(work, task))
    if route is None:
        return RouteState(
            task=task, champion=answers, callers=callers(work), is_named=is_named
        )
    return RouteState(
        task=task,
        champion=answers,
        previous=names.get(route.previous, ""),
        canary=names.get(route.canary, ""),
        share=route.share,
        split=route.split,
        callers=callers(work),
        shadows=tuple(names[one] for one in route.shadows if one in names),
        is_named=is_named,
        route=route,
    )


def set_canary(work: Workspace, change: Change) -> Route:
    """Let a release answer a share; another share of the same canary keeps its callers.

    Raises:
        UsageError: The share is outside (0, 0.5], or the release is the champion.
        GateError: The gate did not let it ship.
        DataError: There is no such release, or it was withdrawn.
        SettingsError: The settings name the release that answers for the task.
    """
    if not 0.0 < change.share <= LARGEST_SHARE:
        raise UsageError(
            f"a canary's share must be in (0, {LARGEST_SHARE}], got {change.share:g}",
            hint="one that answers more than half is promoted: maalem route promote",
            code="route.share",
        )
    route = route_to_change(work, change)
    release = release_for(work, change.task, change.release)
    if not change.is_against_the_verdict:
        refuse_unshipped(work, release)
    refuse_champion(route, release.id, change)
    is_same = route.canary == release.id
    begun = f"{release.id} {now().isoformat()}"
    return keep(
        work,
        change,
        dataclasses.replace(
            route,
            canary=release.id,
            share=change.share,
            split=change.split or split_for(work),
            salt=route.salt if is_same else digest_of(begun)[7:23],
            shadows=tuple(one for one in route.shadows if one != release.id),
        ),
    )


def set_shadow(work: Workspace, change: Change) -> Route:
    """Have a release asked whatever the champion is asked; nobody is sent its answers.

    Raises:
        UsageError: It answers already, or there are too many.
        DataError: There is no such release, or it was withdrawn.
        SettingsError: The settings name the release that answers for the task.
    """
    route = route_to_change(work, change)
    release = release_for(work, change.task, change.release)
    refuse_champion(route, release.id, change)
    if release.id == route.canary or len(route.shadows) >= MOST_SHADOWS:
        raise UsageError(
            f"{change.release} cannot be a shadow of {change.task}",
            why="it is the canary"
            if release.id == route.canary
            else f"there are {MOST_SHADOWS} already",
            hint=f"maalem route stop {change.task}",
            code="route.shadow",
        )
    others = tuple(one for one in route.shadows if one != release.id)
    shadows = (*others, release.id)
    return keep(work, change, dataclasses.replace(route, shadows=shadows))


def promote(work: Workspace, change: Change) -> Route:
    """Make a release the champion; the one before stays loaded, for a rollback.

    Raises:
        UsageError: No release is named and there is no canary, or it is the champion.
        GateError: The gate did not let it ship.
        DataError: There is no such release, or it was withdrawn.
        SettingsError: The settings name the release that answers for the task.
    """
    route = route_to_change(work, change)
    named = change.release or name_of(work, change.task, route.canary)
    if not named:
        raise nothing(change, f"{change.task} has no canary to promote")
    release = release_for(work, change.task, named)
    if not change.is_against_the_verdict and release.id != route.canary:
        refuse_unshipped(work, release)
    refuse_champion(route, release.id, change)
    return keep(
        work,
        change,
        dataclasses.replace(
            without_canary(route),
            champion=release.id,
            previous=route.champion,
            shadows=tuple(one for one in route.shadows if one != release.id),
        ),
    )


def roll_back(work: Workspace, change: Change) -> Route:
    """Take the last step back: end the canary, else bring the champion before back.

    Raises:
        UsageError: There is neither.
        DataError: The champion before was withdrawn.
        SettingsError: The settings name the release that answers for the task.
    """
    route = route_to_change(work, change)
    if route.canary is not None:
        return keep(work, change, without_canary(route))
    name = name_of(work, change.task, route.previous)
    if not name:
        raise nothing(change, f"{change.task} has nothing to roll back to")
    before = release_for(work, change.task, name)
    back = dataclasses.replace(route, champion=before.id, previous=None)
    return keep(work, change, back)


def stop(work: Workspace, change: Change) -> Route:
    """End the canary and all shadows; the champion stays.

    Raises:
        SettingsError: The settings name the release that answers for the task.
    """
    route = without_canary(route_to_change(work, change))
    return keep(work, change, dataclasses.replace(route, shadows=()))


DEEDS: Mapping[str, Callable[[Workspace, Change], Route]] = MappingProxyType(
    {
        CANARY_DEED: set_canary,
        SHADOW_DEED: set_shadow,
        PROMOTE: promote,
        ROLL_BACK: roll_back,
        STOP: stop,
    }
)
"""What may be done to a route, by name."""


def change_route(work: Workspace, change: Change) -> Route:
    """Do to a route what is wanted, one change after the other.

    Raises:
        UsageError: There is no such deed; else as the deed does.
    """
    deed = DEEDS.get(change.deed)
    if deed is None:
        raise UsageError(
            f"there is no deed {change.deed!r}", hint=f"deeds: {', '.join(DEEDS)}"
        )
    with _ONE_AT_A_TIME:
        return deed(work, change)
