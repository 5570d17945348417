# SPDX-License-Identifier: Apache-2.0
"""The route of a task as the ledger has it last, and which releases may ship."""

from collections.abc import Iterator

from maalem.app.workspace import Workspace, newest
from maalem.records import Release, Verdict
from maalem.records.routing import Route
from maalem.release.provenance import SHIP


def find_route(work: Workspace, task: str) -> Route | None:
    """Give the route of a task; none where the newest release answers by rule."""
    return newest(work, Route, task)


def is_shipped(work: Workspace, release: Release) -> bool:
    """Tell whether the gate let a release ship."""
    return work.store.get(Verdict, release.verdict).outcome == SHIP


def shipped(work: Workspace, task: str) -> Iterator[Release]:
    """Give the releases of a task that the gate let ship, the newest first."""
    for release in reversed(list(work.store.find(Release, task))):
        if is_shipped(work, release):
            yield release
