# SPDX-License-Identifier: Apache-2.0
"""What each expert stands behind of a task's classes, held against the cap."""

from maalem.app.steps.settled import Settlement
from maalem.app.workspace import Workspace
from maalem.experts.influence import Influence, influences


def influence_on(work: Workspace, found: Settlement) -> tuple[Influence, ...]:
    """Name who stands behind more of a class than the project lets one expert."""
    return influences(
        found.golds,
        found.answers,
        adjudications=found.adjudications,
        cap=work.project.influence,
    )
