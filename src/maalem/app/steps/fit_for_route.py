# SPDX-License-Identifier: Apache-2.0
"""Which releases a route may name, and what a canary should have a share of."""

from maalem.app.steps.in_force import release_name, ways
from maalem.app.steps.kept_routes import is_shipped
from maalem.app.steps.retraining import restricted, withdrawn_error
from maalem.app.workspace import Workspace, now
from maalem.errors import DataError, GateError, SettingsError
from maalem.records import Release
from maalem.records.routing import BY_CALLER, BY_REQUEST
from maalem.serving import SCOPE

ENOUGH_CALLERS = 20
"""Keys from which on a share of them is about the share that was asked for."""


def champion_of(work: Workspace, task: str) -> Release | None:
    """Give the release that answers for a task, if any does."""
    way = ways(work).get(task)
    return way.champions[0] if way and way.champions else None


def release_for(work: Workspace, task: str, name: str) -> Release:
    """Give a release of a task that may be loaded.

    Raises:
        DataError: There is none of that name, or its model was withdrawn from use.
        SettingsError: The settings name the release that answers for the task.
    """
    known = {release_name(one): one for one in work.store.find(Release, task)}
    if name not in known:
        raise DataError(
            f"{task} has no release {name!r}",
            why=f"releases: {', '.join(known) or 'none'}",
            hint=f"maalem release {task}",
            code="route.release",
        )
    withdrawn = restricted(work).get(known[name].checkpoint)
    if withdrawn:
        raise withdrawn_error(name, withdrawn)
    return known[name]


def name_in_settings(work: Workspace, task: str) -> str:
    """Give the release that the settings name for a task; empty if they name none."""
    names = work.project.gateway.releases
    return next((one for one in names if one.rpartition("-")[0] == task), "")


def refuse_named(work: Workspace, task: str) -> None:
    """Refuse a route of a task whose release the settings name.

    Raises:
        SettingsError: They do.
    """
    name = name_in_settings(work, task)
    if name:
        raise SettingsError(
            f"{name} answers for {task}, because the settings say so",
            why="what [gateway] releases names has no canary and no rollback",
            hint=f"take {name} out of releases in [gateway], and start anew",
            code="route.named",
        )


def refuse_unshipped(work: Workspace, release: Release) -> None:
    """Refuse to let callers be answered by what the gate did not let ship.

    Raises:
        GateError: It did not.
    """
    if not is_shipped(work, release):
        name = release_name(release)
        raise GateError(
            f"the gate did not let {name} ship",
            why="so far it may only be a shadow",
            hint=f"maalem route shadow {release.task} {name}, or --against-the-verdict",
            code="route.not-shipped",
        )


def callers(work: Workspace) -> int:
    """Count the keys that may ask the gateway now."""
    query = "SELECT scopes FROM api_key WHERE revoked IS NULL AND expires > ?"
    present = now().timestamp()
    rows = work.store.look(lambda tables: tables.execute(query, (present,)).fetchall())
    return sum(SCOPE in str(row[0]).split() for row in rows)


def split_for(work: Workspace) -> str:
    """Choose what a canary has a share of: callers where there are many, else requests.

    Of three callers, a tenth is none.
    """
    return BY_CALLER if callers(work) >= ENOUGH_CALLERS else BY_REQUEST
