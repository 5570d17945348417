# SPDX-License-Identifier: Apache-2.0
"""A release of a project is loaded and proved, or it is said why not."""

import asyncio

from maalem.app.cores import computed_by
from maalem.app.steps.in_force import release_name
from maalem.app.steps.keys import keys_of
from maalem.app.steps.retraining import restricted, withdrawn_error
from maalem.app.workspace import Workspace
from maalem.errors import GateError
from maalem.records import Release
from maalem.serving.answering import Served
from maalem.serving.application import Gateway
from maalem.serving.opened import open_release


def load(gateway: Gateway, work: Workspace, release: Release) -> Served:
    """Verify a release, load it, and repeat its probes by the path that serves.

    Callers are answered meanwhile; it must not be called in their loop of events.

    Raises:
        MaalemError: It does not verify, or does not answer as it was examined.
    """
    folder = work.folder / "releases" / release_name(release)
    key = keys_of(work).encode() or work.store.signing_key.public_bytes
    opened = open_release(folder, key=key)
    return asyncio.run(gateway.proven(opened, computed=computed_by()))


def refuse_task(gateway: Gateway, work: Workspace, task: str) -> None:
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
