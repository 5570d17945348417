# SPDX-License-Identifier: Apache-2.0
"""The upstreams of a project are asked by its gateway."""

from maalem.app.steps.upstream_keys import key_of
from maalem.app.workspace import Workspace
from maalem.errors import SettingsError
from maalem.records import Release
from maalem.serving.application import Gateway
from maalem.serving.upstream.relay import Relay
from maalem.serving.upstream.server import Server


def attach_upstreams(gateway: Gateway, work: Workspace, _clock: object) -> None:
    """Let a gateway ask the upstreams that the settings name, if they name any.

    Raises:
        SettingsError: A model there is called as a task is, or a key cannot be had.
    """
    settings = work.project.upstreams
    if not settings.served:
        return
    tasks = {one.task for one in work.store.find(Release)}
    for upstream in settings.served:
        for here, _ in upstream.models:
            if here in tasks:
                raise SettingsError(
                    f"the upstream {upstream.name} has a model called {here!r}, as a "
                    "task is",
                    hint="call it otherwise under models in [[upstreams.served]]",
                    code="upstreams.name",
                )
    servers = [Server(one, key=key_of(one, work.folder)) for one in settings.served]
    gateway.relay = Relay(settings, servers)
