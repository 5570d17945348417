# SPDX-License-Identifier: Apache-2.0
"""A project's gateway speaks what the clients of vendors and assistants speak."""

from collections.abc import Callable
from importlib.util import find_spec

from maalem.app.workspace import Workspace
from maalem.serving.application import Gateway
from maalem.serving.doors import asking_doors
from maalem.serving.mcp_door import NEEDED, McpDoor


def open_doors(
    gateway: Gateway,
    work: Workspace,
    _clock: Callable[[], float],
) -> None:
    """Let chat, embeddings and reranking be asked, and tools where they can be."""
    for door in asking_doors(gateway):
        gateway.doors.add(door)
    if find_spec(NEEDED) is not None:
        gateway.doors.add(McpDoor(gateway, names=work.project.desk.names))
