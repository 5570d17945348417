# SPDX-License-Identifier: Apache-2.0
"""What pages need of frozen datasets, worked out once, since they never change."""

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any

from fastapi import Request

from maalem.app.steps.named import find_named
from maalem.app.steps.portraits import difference_between, portrait_of
from maalem.app.steps.tracing import Trace, trace_of
from maalem.app.workspace import Workspace
from maalem.dataset.difference import Difference
from maalem.dataset.portrait import Portrait
from maalem.records import Dataset, Item

_MOST = 8  # that of 100,000 rows takes some tens of megabytes


class Kept:
    """Portraits, differences and traces, the last few that were asked for."""

    def __init__(self) -> None:
        self._found: dict[Hashable, Any] = {}
        self._turn = Lock()

    def portrait(self, work: Workspace, dataset: Dataset) -> Portrait:
        """Give the portrait of a dataset."""
        key = ("portrait", dataset.id)
        found: Portrait = self._once(key, lambda: portrait_of(work, dataset))
        return found

    def difference(
        self, work: Workspace, before: Dataset, after: Dataset
    ) -> Difference | None:
        """Give what changed between two datasets; none where a folder is gone."""
        key = ("difference", before.id, after.id)
        found: Difference | None = self._once(
            key, lambda: difference_between(work, before, after)
        )
        return found

    def trace(self, work: Workspace, what: str) -> Trace:
        """Give what stands behind something.

        Raises:
            DataError: Nothing has this name, or several things have.
        """
        named = find_named(work, what)
        if isinstance(named, Item):  # a row that is not frozen changes with an answer
            return trace_of(work, named)
        found: Trace = self._once(("trace", named.id), lambda: trace_of(work, named))
        return found

    def _once(self, key: Hashable, make: Callable[[], Any]) -> Any:  # noqa: ANN401  # whatever is kept under the key
        with self._turn:
            found = self._found.pop(key, None)
        if found is None:
            found = make()  # outside the turn: nobody else waits for it
        with self._turn:
            self._found[key] = found
            while len(self._found) > _MOST:
                del self._found[next(iter(self._found))]
        return found


def kept_of(request: Request) -> Kept:
    """Give what the desk keeps of its datasets."""
    state = request.app.state
    if not hasattr(state, "datasets"):
        state.datasets = Kept()
    found: Kept = state.datasets
    return found
