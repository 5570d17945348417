# SPDX-License-Identifier: Apache-2.0
"""Which release answers for each task of a project, and who may ask it."""

import asyncio

from maalem.app.cores import computed_by
from maalem.app.gateway.limits import checker_of
from maalem.app.gateway.parts import Clock, Part, attach_parts
from maalem.app.steps.in_force import in_force, release_name
from maalem.app.steps.keys import keys_of
from maalem.app.steps.retraining import restricted, withdrawn_error
from maalem.app.workspace import Workspace
from maalem.errors import GateError, MaalemError
from maalem.records import Release
from maalem.serving.application import Gateway
from maalem.serving.opened import open_release


def open_gateway(
    work: Workspace, *, clock: Clock, attach: Part = attach_parts
) -> Gateway:
    """Load the release in force of every task that has one, each proved or refused.

    In force is the one that the settings name, else the newest that the gate let ship;
    where that one is refused, the one before it.

    Args:
        work: The opened project; the keys of its desk open the gateway.
        clock: Seconds since 1970.
        attach: Attaches what belongs to it.

    Raises:
        SettingsError: The settings name a release that is not there, or two of a task.
    """
    gateway = Gateway(
        work.project.gateway,
        check=checker_of(work, clock),
        names=work.project.desk.names,
        clock=clock,
    )
    chosen = in_force(work)
    for task in sorted({one.task for one in work.store.find(Release)}):
        if task not in chosen:
            _refuse_unshipped(work, gateway, task)
        for release in chosen.get(task, ()):
            if _is_admitted(work, gateway, release):
                break
    attach(gateway, work, clock)
    return gateway


def _is_admitted(work: Workspace, gateway: Gateway, release: Release) -> bool:
    """Try to serve a release; say why where that is refused."""
    folder = work.folder / "releases" / release_name(release)
    try:
        opened = open_release(folder, key=_keys(work))
        asyncio.run(gateway.admit(opened, computed=computed_by()))
    except MaalemError as reason:
        gateway.models.refuse(release_name(release), reason)
        return False
    return True


def _keys(work: Workspace) -> bytes:
    """Give the ledger's key, or all that it had, with what was revoked."""
    return keys_of(work).encode() or work.store.signing_key.public_bytes


def _refuse_unshipped(work: Workspace, gateway: Gateway, task: str) -> None:
    """Say why nothing answers for a task: its last release may not."""
    (*_, last) = work.store.find(Release, task)
    name = release_name(last)
    withdrawn = restricted(work).get(last.checkpoint)
    gateway.models.refuse(
        name,
        withdrawn_error(name, withdrawn)
        if withdrawn
        else GateError(
            f"the gate did not let {name} ship",
            why="no release of this task is in force",
            hint=f'to serve it all the same, write releases = ["{name}"] in [gateway]',
            code="gateway.not-shipped",
        ),
    )
