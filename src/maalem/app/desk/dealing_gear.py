# SPDX-License-Identifier: Apache-2.0
"""The quick gear as the dealer's teacher: it learns what is answered, and chooses."""

from maalem.app.desk.dealing_board import Board
from maalem.app.desk.dealing_opening import Teach
from maalem.app.desk.dealing_teaching import Teaching
from maalem.app.workspace import Workspace
from maalem.tasks import TaskDefinition


def teach_live(work: Workspace) -> Teach:
    """Give what makes a teacher for each task that chooses one label."""

    def teach(work: Workspace, task: TaskDefinition, board: Board) -> Teaching | None:
        return None

    return teach
