# SPDX-License-Identifier: Apache-2.0
"""What the ledger says of how a release came to be, read once up to some size."""

from collections import Counter
from dataclasses import dataclass
from itertools import islice
from typing import Any

from maalem.app.workspace import Workspace
from maalem.errors import DataError
from maalem.records import Release
from maalem.release.dossier.sources import Deeds
from maalem.store.entry import Entry

_ABOUT = (
    *("task.version", "dataset.chosen", "train.run", "train.done"),
    *("exam.look", "exam.done", "release.sign"),
)
"""Deeds that make a release; each names its task."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """What was read of the ledger.

    Attributes:
        counts: Entries by deed, as pairs sorted by deed.
        first: The first entry.
        last: The last one that was read.
        kept: Those about releases, and those that brought the documents.
        brought: Indexes of the latter.
    """

    counts: tuple[tuple[str, int], ...]
    first: Entry
    last: Entry
    kept: tuple[Entry, ...]
    brought: frozenset[int]


def read_log(work: Workspace, size: int, *, brought: set[int]) -> Log:
    """Read the ledger once; of its many entries those are kept that are told.

    Args:
        work: The opened project.
        size: Entries to read.
        brought: Entries that brought the documents.

    Raises:
        DataError: The ledger has fewer entries.
    """
    counts: Counter[str] = Counter()
    kept: list[Entry] = []
    ends: list[Entry] = []
    for entry in islice(work.store.entries(), size):
        counts[entry.action] += 1
        ends = [*ends[:1], entry]
        if entry.action in _ABOUT or entry.index in brought:
            kept.append(entry)
    if counts.total() < size or not ends:
        raise DataError(f"the ledger has {counts.total()} entries, not {size}")
    return Log(
        counts=tuple(sorted(counts.items())),
        first=ends[0],
        last=ends[-1],
        kept=tuple(kept),
        brought=frozenset(brought),
    )


def find_exam(log: Log, release: Release) -> Entry | None:
    """Find the deed that ended the exam which was released."""
    ended = [
        one
        for one in log.kept
        if one.action == "exam.done" and one.details.get("verdict") == release.verdict
    ]
    return ended[-1] if ended else None


def deeds_of(log: Log, release: Release, exam: Entry | None) -> Deeds:
    """Give what the ledger did about a release.

    Args:
        log: What was read of the ledger.
        release: The release.
        exam: The deed that ended its exam, if it is known.
    """
    details: dict[str, Any] = dict(exam.details) if exam else {}
    runs = set(details.get("runs", ()))
    about = tuple(
        one
        for one in log.kept
        if one.action in _ABOUT and one.details.get("task") == release.task
    )
    by_action = {
        action: tuple(one for one in about if one.action == action) for action in _ABOUT
    }
    return Deeds(
        counts=log.counts,
        first=log.first,
        last=log.last,
        releases=by_action["release.sign"],
        trainings=tuple(
            one for one in by_action["train.run"] if one.details.get("run") in runs
        ),
        looks=by_action["exam.look"],
        exam=exam,
        added=tuple(one for one in log.kept if one.index in log.brought),
        about=about,
    )
