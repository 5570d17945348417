# SPDX-License-Identifier: Apache-2.0
"""Whoever holds a project changes its routes: as it is asked, and as evidence says."""

from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from functools import partial

from maalem.app.gateway.asked import answer_asked
from maalem.app.gateway.rounds import Rounds
from maalem.app.steps.route_judging import judge_routes
from maalem.app.workspace import Workspace
from maalem.errors import UsageError

ASKED_EVERY = 0.05
"""Seconds between two looks at what is asked; a rollback waits for the next one."""


@contextmanager
def minding_routes(work: Workspace) -> Generator[None]:
    """Change routes as asked while the block lasts, if the project is open for writing.

    One process holds a project, so that one alone decides.
    """
    with ExitStack() as ends:
        if _may_write(work):
            asked = partial(answer_asked, work)
            rounds = Rounds(asked, every=ASKED_EVERY, name="change routes as asked")
            ends.callback(rounds.close)
            every = work.project.routes.every_seconds
            judging = Rounds(
                partial(judge_routes, work), every=every, name="judge the routes"
            )
            ends.callback(judging.close)
        yield


def _may_write(work: Workspace) -> bool:
    try:
        work.store.change(lambda _: None)
    except UsageError:
        return False
    return True
