# SPDX-License-Identifier: Apache-2.0
"""Which release answers for each task of a project, and who may ask it."""

from maalem.app.desk import api_keys
from maalem.app.gateway.loading import load, refuse_task
from maalem.app.gateway.parts import Clock, attach_parts
from maalem.app.steps.in_force import in_force, release_name
from maalem.app.workspace import Workspace
from maalem.errors import MaalemError
from maalem.records import Release
from maalem.serving.application import Gateway
from maalem.serving.keys import Caller


def open_gateway(work: Workspace, *, clock: Clock) -> Gateway:
    """Load the release in force of every task that has one, each proved or refused.

    In force is the one that the settings name, else the champion of the task's route,
    else the newest that the gate let ship; where it is refused, the one before it.

    Args:
        work: The opened project; the keys of its desk open the gateway.
        clock: Seconds since 1970.

    Raises:
        SettingsError: The settings name a release that is not there, or two of a task.
    """

    def check(key: str) -> Caller | None:
        found = api_keys.find(work.store, key, now=clock())
        return Caller(id=found.id, scopes=found.scopes) if found else None

    gateway = Gateway(
        work.project.gateway, check=check, names=work.project.desk.names, clock=clock
    )
    chosen = in_force(work)
    for task in sorted({one.task for one in work.store.find(Release)}):
        if task not in chosen:
            refuse_task(gateway, work, task)
        for release in chosen.get(task, ()):
            if _is_admitted(work, gateway, release):
                break
    attach_parts(gateway, work, clock)
    return gateway


def _is_admitted(work: Workspace, gateway: Gateway, release: Release) -> bool:
    """Try to serve a release; say why where that is refused."""
    try:
        gateway.models.serve(load(gateway, work, release))
    except MaalemError as reason:
        gateway.models.refuse(release_name(release), reason)
        return False
    return True
