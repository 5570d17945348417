# SPDX-License-Identifier: Apache-2.0
"""What a name means that a person types: a release, a model, a dataset or a row."""

import difflib
import re
from collections.abc import Iterator
from typing import TypeAlias

from maalem.app.steps.datasets import latest_dataset
from maalem.app.workspace import Workspace
from maalem.errors import DataError
from maalem.records import Checkpoint, Dataset, Item, Release, TrainingRun
from maalem.store.places import names_beginning

Named: TypeAlias = Release | TrainingRun | Checkpoint | Dataset | Item
"""What can be traced."""

_DIGITS = re.compile(r"(?:sha256:)?([0-9a-f]{8,64})")
_MOST = 5  # of one kind, to say that a name is not enough
_KINDS: tuple[type[Named], ...] = (Release, Dataset, TrainingRun, Checkpoint, Item)


def find_named(work: Workspace, what: str) -> Named:
    """Give what a name means.

    Args:
        work: The opened project.
        what: Name of a release (`system-1`), of a task (its newest dataset), or the
            digest of a release, model, training run, dataset or row; its first eight
            digits will do where no other begins so.

    Raises:
        DataError: Nothing has this name, or several things have.
    """
    releases = {f"{one.task}-{one.number}": one for one in work.store.find(Release)}
    if what in releases:
        return releases[what]
    if what in work.task_names():
        return latest_dataset(work, what)
    found = list(_with_digest(work, what))
    if len(found) > 1:
        raise DataError(
            f"{what!r} is the beginning of several names",
            why=", ".join(f"{type(one).__name__} {one.id}" for one in found[:_MOST]),
            hint="give more of its digits",
            code="trace.several",
        )
    if not found:
        near = difflib.get_close_matches(what, [*releases, *work.task_names()], n=1)
        raise DataError(
            f"nothing here is called {what!r}",
            why="no release, model, dataset, training run or row has this name",
            hint=f"did you mean {near[0]!r}?" if near else "maalem status",
            code="trace.unknown",
        )
    return found[0]


def _with_digest(work: Workspace, what: str) -> Iterator[Named]:
    digits = _DIGITS.fullmatch(what.strip().lower())
    if digits is None:
        return
    begins = f"sha256:{digits[1]}"
    for kind in _KINDS:
        for name in names_beginning(work.store, kind, begins, most=_MOST):
            yield work.store.get(kind, name)
