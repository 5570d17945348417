# SPDX-License-Identifier: Apache-2.0
"""Which release of each task is in force, and so is the one that answers for it."""

from collections.abc import Iterator

from maalem.app.steps.retraining import restricted
from maalem.app.workspace import Workspace
from maalem.errors import SettingsError
from maalem.records import Digest, Release, Verdict
from maalem.release.provenance import SHIP


def release_name(release: Release) -> str:
    """Give the name of a release, such as `system-1`, which its folder has too."""
    return f"{release.task}-{release.number}"


def in_force(work: Workspace) -> dict[str, tuple[Release, ...]]:
    """Give the releases of each task that may answer for it, the first one first.

    It is the one that the settings name, which has no substitute; else those that the
    gate let ship, the newest first. A model that was withdrawn from use never answers.
    A task is left out whose releases may none of them.

    Raises:
        SettingsError: The settings name a release that is not there, or two of a task.
    """
    withdrawn = restricted(work)
    named = _named(work)
    found = {
        task: (named[task],) if task in named else tuple(_shipped(work, task))
        for task in sorted({one.task for one in work.store.find(Release)})
    }
    allowed = {
        task: tuple(one for one in several if one.checkpoint not in withdrawn)
        for task, several in found.items()
    }
    return {task: several for task, several in allowed.items() if several}


def answering(work: Workspace) -> dict[Digest, str]:
    """Give the models that answer once the gateway is open, with their releases."""
    return {
        several[0].checkpoint: release_name(several[0])
        for several in in_force(work).values()
    }


def _shipped(work: Workspace, task: str) -> Iterator[Release]:
    for release in reversed(list(work.store.find(Release, task))):
        if work.store.get(Verdict, release.verdict).outcome == SHIP:
            yield release


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
