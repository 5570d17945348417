# SPDX-License-Identifier: Apache-2.0
"""What the pages of traffic count, kept while a new count is not worth its time."""

from fastapi import Request

from maalem.app.desk.desk import Desk
from maalem.app.desk.kept_counts import KeptCounts
from maalem.app.desk.traffic_gathering import traffic_of
from maalem.app.desk.traffic_period import Period
from maalem.app.desk.traffic_view import Traffic
from maalem.app.steps.corrections import drift
from maalem.app.steps.kept_routes import find_route
from maalem.app.steps.route_evidence import Challenge, challenges
from maalem.evaluation.drift import Shift


class KeptTraffic:
    """The traffic of each task, and what has drifted of it."""

    def __init__(self) -> None:
        self._traffic: KeptCounts[Traffic | None] = KeptCounts()
        self._drift: KeptCounts[tuple[Shift, ...]] = KeptCounts()
        self._challenges: KeptCounts[tuple[Challenge, ...]] = KeptCounts()

    def of(self, desk: Desk, task: str, period: Period) -> Traffic | None:
        """Give the traffic of a task; none where no request for it ever came.

        Raises:
            IntegrityError: The gateway's file cannot be read.
        """
        return self._traffic.of(
            f"{period.name} {task}",
            count=lambda: traffic_of(desk, task, period),
            stands=lambda kept: kept is not None,
            is_new=lambda _: False,
            clock=desk.clock,
        )

    def drift(self, desk: Desk, task: str) -> tuple[Shift, ...]:
        """Tell how far what came in during the last week has moved.

        Raises:
            IntegrityError: The gateway's file cannot be read.
        """
        return self._drift.of(
            task,
            count=lambda: drift(desk.work, task, now=desk.clock()),
            stands=lambda _: True,
            is_new=lambda _: False,
            clock=desk.clock,
        )

    def challenges(self, desk: Desk, task: str) -> tuple[Challenge, ...]:
        """Tell what is known of a task's canary and shadows.

        Raises:
            EngineError: The gateway's file cannot be read.
        """
        route = find_route(desk.work, task)
        if route is None:
            return ()
        return self._challenges.of(
            f"{route.id} {task}",  # another route, another question
            count=lambda: challenges(desk.work, task),
            stands=lambda _: True,
            is_new=lambda _: False,
            clock=desk.clock,
        )


def kept_traffic_of(request: Request) -> KeptTraffic:
    """Give what the desk of a request has kept."""
    found: KeptTraffic = request.app.state.traffic
    return found
