# SPDX-License-Identifier: Apache-2.0
"""Which release of each task is in force, and so is the one that answers for it."""

from dataclasses import dataclass

from maalem.app.steps.kept_routes import find_route, shipped
from maalem.app.steps.retraining import restricted
from maalem.app.workspace import Workspace
from maalem.errors import SettingsError
from maalem.records import Digest, Release
from maalem.records.routing import Route


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """Which releases of a task may answer, and which are heard.

    Attributes:
        champions: The one that answers; where it is refused, the next.
        canary: The one that answers a share, if any.
        shadows: Those that are asked too.
        warm: The champion before, for a rollback.
        route: What was decided; none where the rule holds.
    """

    champions: tuple[Release, ...]
    canary: Release | None = None
    shadows: tuple[Release, ...] = ()
    warm: Release | None = None
    route: Route | None = None

    @property
    def releases(self) -> tuple[Release, ...]:
        """All that must be loaded, those that answer first."""
        rest = (self.canary, *self.shadows, self.warm)
        return (*self.champions[:1], *(one for one in rest if one is not None))


def release_name(release: Release) -> str:
    """Give the name of a release, such as `system-1`, which its folder has too."""
    return f"{release.task}-{release.number}"


def name_of(work: Workspace, task: str, release: Digest | None) -> str:
    """Name a release of a task; empty where there is none."""
    every = work.store.find(Release, task)
    return next((release_name(one) for one in every if one.id == release), "")


def in_force(work: Workspace) -> dict[str, tuple[Release, ...]]:
    """Give the releases of each task that may answer for it, the first one first.

    As `ways`; a task is left out whose releases may none of them.

    Raises:
        SettingsError: The settings name a release that is not there, or two of a task.
    """
    found = {task: way.champions for task, way in ways(work).items()}
    return {task: several for task, several in found.items() if several}


def ways(work: Workspace) -> dict[str, Way]:
    """Give how each task with a release is answered.

    The champion is the one that the settings name, which has no substitute and no
    canary; else that of the task's route, and where it is refused those before it that
    the gate let ship; else the newest that the gate let ship. A model that was
    withdrawn from use never answers, whoever names it.

    Raises:
        SettingsError: The settings name a release that is not there, or two of a task.
    """
    withdrawn = restricted(work)
    named = _named(work)
    known: dict[str, dict[Digest, Release]] = {}
    for one in work.store.find(Release):
        if one.checkpoint not in withdrawn:
            known.setdefault(one.task, {})[one.id] = one
        else:
            known.setdefault(one.task, {})
    return {
        task: _named_way(named[task], several)
        if task in named
        else _way(work, task, several)
        for task, several in sorted(known.items())
    }


def _named_way(named: Release, known: dict[Digest, Release]) -> Way:
    return Way(champions=(named,) if named.id in known else ())


def _way(work: Workspace, task: str, known: dict[Digest, Release]) -> Way:
    """Give how a task is answered that the settings name no release of."""
    shippable = [one for one in shipped(work, task) if one.id in known]
    route = find_route(work, task)
    if route is None:
        return Way(champions=tuple(shippable))
    champion = known.get(route.champion)
    last = work.store.get(Release, route.champion).number
    before = [one for one in shippable if one.number < last]
    return Way(
        champions=(champion, *before) if champion else tuple(before),
        canary=known.get(route.canary) if route.canary else None,
        shadows=tuple(known[one] for one in route.shadows if one in known),
        warm=known.get(route.previous) if route.previous else None,
        route=route,
    )


def answering(work: Workspace) -> dict[Digest, str]:
    """Give the models that answer once the gateway is open, with their releases."""
    found = [
        one
        for way in ways(work).values()
        for one in (*way.champions[:1], *((way.canary,) if way.canary else ()))
    ]
    return {one.checkpoint: release_name(one) for one in found}


def _named(work: Workspace) -> dict[str, Release]:
    """Give the releases that the settings name, by task."""
    known = {release_name(one): one for one in work.store.find(Release)}
    named: dict[str, Release] = {}
    for name in work.project.gateway.releases:
        release = known.get(name)
        if release is None or release.task in named:
            raise SettingsError(
                f"releases of [gateway] cannot name {name!r}",
                why="there is none of that name"
                if release is None
                else f"another release of {release.task} is named already",
                hint=f"known: {', '.join(sorted(known)) or 'none'}",
                code="gateway.releases",
            )
        named[release.task] = release
    return named
