# SPDX-License-Identifier: Apache-2.0
"""Who may ask the gateway of a project, and how much; what each key used is kept."""

import logging
from collections.abc import Callable
from pathlib import Path

from maalem.app.desk import api_keys
from maalem.app.workspace import Workspace
from maalem.serving.application import Gateway
from maalem.serving.counters import PLACE, Counters
from maalem.serving.keys import Caller, Checker
from maalem.serving.limits import Limits

logger = logging.getLogger(__name__)


def attach_limits(
    gateway: Gateway, work: Workspace, clock: Callable[[], float]
) -> None:
    """Hold keys to what they may ask for; processes of one machine count together.

    Where the file of counts cannot be had, this process counts by itself.
    """
    counters = _counters(work.folder / PLACE)
    limits = Limits(counters, clock=clock)
    gateway.gates.append(limits.admit)
    gateway.listeners.append(limits.hear)
    gateway.when_closed(counters.close)


def _counters(path: Path) -> Counters:
    try:
        return Counters(path)
    except OSError as error:
        logger.warning(
            "this process counts by itself what keys use, and forgets it: %s cannot be "
            "written (%s)",
            PLACE,
            error.strerror,
        )
        return Counters(None)


def checker_of(work: Workspace, clock: Callable[[], float]) -> Checker:
    """Give what says whose key it is; it only reads, beside a desk that writes."""

    def check(key: str) -> Caller | None:
        found = api_keys.known(work.store, key, now=clock())
        if found is None:
            return None
        bounds = found.bounds
        return Caller(
            id=found.id,
            scopes=found.scopes,
            tasks=bounds.tasks,
            allowance=work.project.limits.filled(bounds.allowance),
        )

    return check
