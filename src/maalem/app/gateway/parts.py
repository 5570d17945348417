# SPDX-License-Identifier: Apache-2.0
"""What is attached to a project's gateway when it opens, in this order."""

from collections.abc import Callable
from typing import TypeAlias

from maalem.app.gateway.corrections import attach_corrections
from maalem.app.gateway.routes import follow_routes
from maalem.app.workspace import Workspace
from maalem.serving.application import Gateway

Clock: TypeAlias = Callable[[], float]
Part: TypeAlias = Callable[[Gateway, Workspace, Clock], None]
"""Adds doors and listeners to a gateway; what must end with it, it hands to
`Gateway.when_closed`."""

PARTS: tuple[Part, ...] = (attach_corrections, follow_routes)


def attach_parts(gateway: Gateway, work: Workspace, clock: Clock) -> None:
    """Attach all parts."""
    for part in PARTS:
        part(gateway, work, clock)
