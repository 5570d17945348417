# SPDX-License-Identifier: Apache-2.0
"""Which release answers for each task of a project, and who may ask it."""

from maalem.app.gateway.limits import checker_of
from maalem.app.gateway.loading import load, refuse_task
from maalem.app.gateway.parts import Clock, Part, attach_parts
from maalem.app.steps.in_force import in_force, release_name
from maalem.app.workspace import Workspace
from maalem.errors import MaalemError
from maalem.records import Release
from maalem.serving.application import Gateway


def open_gateway(
    work: Workspace, *, clock: Clock, attach: Part = attach_parts
) -> Gateway:
    """Load the release in force of every task that has one, each proved or refused.

    In force is the one that the settings name, else the champion of the task's route,
    else the newest that the gate let ship; where it is refused, the one before it.

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
    try:
        _serve_chosen(gateway, work)
        attach(gateway, work, clock)
    except BaseException:
        gateway.close()  # and what was attached before it failed
        raise
    return gateway


def _serve_chosen(gateway: Gateway, work: Workspace) -> None:
    """Have each task answered by its release in force, or say why none does."""
    chosen = in_force(work)
    for task in sorted({one.task for one in work.store.find(Release)}):
        if task not in chosen:
            refuse_task(gateway, work, task)
        for release in chosen.get(task, ()):
            if _is_admitted(work, gateway, release):
                break


def _is_admitted(work: Workspace, gateway: Gateway, release: Release) -> bool:
    """Try to serve a release; say why where that is refused."""
    try:
        gateway.models.serve(load(gateway, work, release))
    except MaalemError as reason:
        gateway.models.refuse(release_name(release), reason)
        return False
    return True
