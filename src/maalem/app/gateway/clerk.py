# SPDX-License-Identifier: Apache-2.0
"""Whoever holds a project changes its routes: as it is asked, and as evidence says."""

from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from functools import partial

from maalem.app.gateway.asked import answer_asked
from maalem.app.gateway.rounds import Rounds
from maalem.app.steps.route_judging import judge_routes, wanted_changes
from maalem.app.workspace import Workspace, open_workspace
from maalem.errors import BusyError, UsageError

ASKED_EVERY = 0.05
"""Seconds between two looks at what is asked; a rollback waits for the next one."""


@contextmanager
def minding_routes(work: Workspace) -> Generator[None]:
    """Change routes as asked while the block lasts, if the project is open for writing.

    One process holds a project, so that one alone decides.
    """
    with ExitStack() as ends:
        if may_write(work):
            asked = partial(answer_asked, work)
            rounds = Rounds(asked, every=ASKED_EVERY, name="change routes as asked")
            ends.callback(rounds.close)
            ends.callback(judging(work).close)
        yield


def judging(work: Workspace) -> Rounds:
    """Look at the evidence from time to time, and do what follows, until closed.

    Where the project is open for reading only, it is opened for writing when something
    follows; whoever has it open then judges routes too, and this look is left to them.
    """
    deed = judge_routes if may_write(work) else _judge_aside
    every = work.project.routes.every_seconds
    return Rounds(partial(deed, work), every=every, name="judge the routes")


def may_write(work: Workspace) -> bool:
    """Tell whether a project is open for writing."""
    try:
        work.store.change(lambda _: None)
    except UsageError:
        return False
    return True


def _judge_aside(work: Workspace) -> None:
    if not any(wanted_changes(work)):
        return
    try:
        with open_workspace(work.folder) as own:
            judge_routes(own)
    except BusyError:
        return  # another worker is at it, or the desk is
