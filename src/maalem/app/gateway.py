# SPDX-License-Identifier: Apache-2.0
"""Which release answers for each task of a project, and who may ask it."""

import asyncio
from collections.abc import Callable, Iterator

from maalem.app.cores import computed_by
from maalem.app.desk import api_keys
from maalem.app.workspace import Workspace
from maalem.errors import GateError, MaalemError, SettingsError
from maalem.records import Release, Verdict
from maalem.release.provenance import SHIP
from maalem.serving.application import Gateway
from maalem.serving.opened import open_release


def open_gateway(work: Workspace, *, clock: Callable[[], float]) -> Gateway:
    """Load the release in force of every task that has one, each proved or refused.

    In force is the one that the settings name, else the newest that the gate let ship;
    where that one is refused, the one before it.

    Args:
        work: The opened project; the keys of its desk open the gateway.
        clock: Seconds since 1970.

    Raises:
        SettingsError: The settings name a release that is not there, or two of a task.
    """

    def check(key: str) -> frozenset[str] | None:
        found = api_keys.find(work.store, key, now=clock())
        return None if found is None else found.scopes

    gateway = Gateway(
        work.project.gateway, check=check, names=work.project.desk.names, clock=clock
    )
    named = _named(work)
    for task in sorted({one.task for one in work.store.find(Release)}):
        wanted = [named[task]] if task in named else list(_shipped(work, task))
        if not wanted:
            _refuse_unshipped(work, gateway, task)
        for release in wanted:
            if _is_admitted(work, gateway, release):
                break
    return gateway


def _is_admitted(work: Workspace, gateway: Gateway, release: Release) -> bool:
    """Try to serve a release; say why where that is refused."""
    folder = work.folder / "releases" / f"{release.task}-{release.number}"
    try:
        opened = open_release(folder, key=work.store.signing_key.public_bytes)
        asyncio.run(gateway.admit(opened, computed=computed_by()))
    except MaalemError as reason:
        gateway.refuse(f"{release.task}-{release.number}", reason)
        return False
    return True


def _refuse_unshipped(work: Workspace, gateway: Gateway, task: str) -> None:
    """Say why nothing answers for a task whose releases were all against the gate."""
    (*_, last) = work.store.find(Release, task)
    name = f"{task}-{last.number}"
    gateway.refuse(
        name,
        GateError(
            f"the gate did not let {name} ship",
            why="no release of this task is in force",
            hint=f'to serve it all the same, write releases = ["{name}"] in [gateway]',
            code="gateway.not-shipped",
        ),
    )


def _shipped(work: Workspace, task: str) -> Iterator[Release]:
    """Give the releases that the gate let ship, the newest first."""
    for release in reversed(list(work.store.find(Release, task))):
        if work.store.get(Verdict, release.verdict).outcome == SHIP:
            yield release


def _named(work: Workspace) -> dict[str, Release]:
    """Give the releases that the settings name, by task."""
    known = {f"{one.task}-{one.number}": one for one in work.store.find(Release)}
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
