# SPDX-License-Identifier: Apache-2.0
"""What is known of a task's canary and shadows, and what follows from it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from maalem.app.steps.in_force import name_of
from maalem.app.steps.kept_routes import find_route
from maalem.app.workspace import Workspace
from maalem.evaluation.betting import Stream, counted, stream_of
from maalem.evaluation.proportions import clopper_pearson
from maalem.evaluation.sequential import (
    Rule,
    SequentialFinding,
    compare_pairs,
    compare_streams,
)
from maalem.records import Digest, Json
from maalem.records.routing import Route
from maalem.serving.occurrences import CANARY, SHADOW
from maalem.serving.routes.judged import Judged, Traffic, open_traffic
from maalem.serving.routes.settings import RouteSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """What is known of one challenger.

    Attributes:
        release: Its name.
        arm: `canary` or `shadow`.
        finding: What the answers that experts judged say.
        alarm: Evidence that callers complain of it more often than of the champion: an
            e-value. Complaints are no sample, so they may end a canary and never
            promote one; none for a shadow, of which nobody can complain.
        asked: Texts that the champion and the shadow were both asked.
        disagreement: Share of them that they told apart, with its 95 % interval; none
            where there are none.
    """

    release: str
    arm: str
    finding: SequentialFinding
    alarm: float | None = None
    asked: int = 0
    disagreement: tuple[float, float, float] | None = None

    @property
    def evidence(self) -> dict[str, Json]:
        """Give the numbers for the ledger."""
        found = self.finding
        return {
            "judged": [found.champion, found.challenger],
            "difference": found.difference,
            "low": found.low,
            "high": found.high,
            "worse": found.worse,
            "not_worse": found.not_worse,
            "alarm": self.alarm,
        }


def challenges(work: Workspace, task: str) -> tuple[Challenge, ...]:
    """Give what is known of a task's challengers, the canary first.

    Raises:
        EngineError: The traffic file cannot be read.
    """
    route = find_route(work, task)
    if route is None:
        return ()
    rule = rule_of(work.project.routes)
    with open_traffic(work.folder, task) as traffic:
        found = list(_canary(work, route, traffic, rule=rule))
        found += [_shadow(work, route, traffic, rule=rule, shadow=one)
                  for one in route.shadows]  # fmt: skip
    return tuple(found)


def rule_of(settings: RouteSettings) -> Rule:
    """Give when it is decided, as the settings say."""
    return Rule(alpha=settings.alpha, margin=settings.margin, least=settings.least)


def _canary(
    work: Workspace, route: Route, traffic: Traffic, *, rule: Rule
) -> Iterator[Challenge]:
    """Compare the canary with what the champion answered since it began."""
    if route.canary is None:
        return
    since = _began(work, route)
    lowest = traffic.lowest()
    champion, canary = (
        _errors(traffic.judged(one, since=since), lowest)
        for one in (route.champion, route.canary)
    )
    told, complained = (
        traffic.complaints(one, since=since) for one in (route.champion, route.canary)
    )
    alarm = compare_streams(
        counted(told[1], told[0]), counted(complained[1], complained[0]), rule
    )
    yield Challenge(
        release=name_of(work, route.task, route.canary),
        arm=CANARY,
        finding=compare_streams(champion, canary, rule),
        alarm=alarm.worse,
    )


def _shadow(
    work: Workspace, route: Route, traffic: Traffic, *, rule: Rule, shadow: Digest
) -> Challenge:
    pairs = traffic.judged_pairs(route.champion, shadow)
    differences = np.array([float(bool(one.is_other_wrong)) - one.is_wrong
                            for one in pairs])  # fmt: skip
    stream = stream_of(
        differences, _chosen(pairs), low=-1.0, high=1.0, lowest=traffic.lowest()
    )
    asked, apart = traffic.disagreement(route.champion, shadow)
    interval = clopper_pearson(apart, asked, level=0.95) if asked else None
    return Challenge(
        release=name_of(work, route.task, shadow),
        arm=SHADOW,
        finding=compare_pairs(stream, rule),
        asked=asked,
        disagreement=(apart / asked, *interval) if interval else None,
    )


def _errors(judged: Sequence[Judged], lowest: float) -> Stream:
    values = np.array([float(one.is_wrong) for one in judged])
    return stream_of(values, _chosen(judged), low=0.0, high=1.0, lowest=lowest)


def _chosen(judged: Sequence[Judged]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array([one.chosen for one in judged], dtype=np.float64)


def _began(work: Workspace, route: Route) -> float:
    """Give when the canary began, also where its share was changed since."""
    first = next(
        one for one in work.store.find(Route, route.task) if one.salt == route.salt
    )
    return datetime.fromisoformat(first.at).timestamp()
