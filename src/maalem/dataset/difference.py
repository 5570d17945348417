# SPDX-License-Identifier: Apache-2.0
"""What changed between two versions of a dataset, row by row and class by class."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from maalem.dataset.browsing import Mark
from maalem.records import Digest

ADDED, REMOVED, RELABELLED, MOVED = "added", "removed", "relabelled", "moved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One row that is not what it was.

    Attributes:
        deed: `added`, `removed`, `relabelled`, or `moved` to another split with its
            label as it was.
        item: The item.
        before: Its label before; none where it was not there.
        after: Its label now; none where it is no longer there.
        split: Where it stands now, or stood last.
    """

    deed: str
    item: Digest
    before: str | None
    after: str | None
    split: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelChange:
    """What changed about one label.

    Attributes:
        label: The label.
        before: Rows that had it.
        after: Rows that have it now.
        added: New rows with it.
        removed: Rows with it that are gone.
        gained: Rows that had another label before.
        lost: Rows that have another label now.
    """

    label: str
    before: int
    after: int
    added: int
    removed: int
    gained: int
    lost: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Two versions of a dataset, compared.

    Attributes:
        changes: Every row that is not what it was: added, removed, relabelled, moved,
            each in the order of the items.
        labels: By label, in order of their names.
    """

    changes: tuple[Change, ...]
    labels: tuple[LabelChange, ...]

    def count(self, deed: str) -> int:
        """Count the changes of a kind."""
        return sum(one.deed == deed for one in self.changes)


def difference_of(before: Iterable[Mark], after: Iterable[Mark]) -> Difference:
    """Compare two versions of a dataset.

    Every row counts once: of a row that has another label and another split the label
    counts.
    """
    old = {one.item: one for one in before}
    new = {one.item: one for one in after}
    changes = [
        change
        for item in sorted({*old, *new})
        if (change := _change(item, old.get(item), new.get(item))) is not None
    ]
    order = (ADDED, REMOVED, RELABELLED, MOVED)
    changes.sort(key=lambda one: order.index(one.deed))
    had = Counter(one.label for one in old.values())
    has = Counter(one.label for one in new.values())
    came = Counter((one.deed, one.after) for one in changes)
    went = Counter((one.deed, one.before) for one in changes)
    return Difference(
        changes=tuple(changes),
        labels=tuple(
            LabelChange(
                label=label,
                before=had[label],
                after=has[label],
                added=came[ADDED, label],
                removed=went[REMOVED, label],
                gained=came[RELABELLED, label],
                lost=went[RELABELLED, label],
            )
            for label in sorted({*had, *has})
        ),
    )


def _change(item: Digest, old: Mark | None, new: Mark | None) -> Change | None:
    if old is None and new is None:
        return None
    deed = ""
    if old is None:
        deed = ADDED
    elif new is None:
        deed = REMOVED
    elif old.label != new.label:
        deed = RELABELLED
    elif old.split != new.split:
        deed = MOVED
    last = new or old
    if not deed or last is None:
        return None
    return Change(
        deed=deed,
        item=item,
        before=old.label if old else None,
        after=new.label if new else None,
        split=last.split,
    )
