# SPDX-License-Identifier: Apache-2.0
"""A project's gateway speaks what the clients of vendors speak."""

from collections.abc import Callable

from maalem.app.workspace import Workspace
from maalem.serving.application import Gateway
from maalem.serving.doors import asking_doors


def open_doors(gateway: Gateway, work: Workspace, clock: Callable[[], float]) -> None:
    """Let chat, embeddings and reranking be asked."""
    del work, clock  # these doors need no more than the gateway
    for door in asking_doors(gateway):
        gateway.doors.add(door)
