# SPDX-License-Identifier: Apache-2.0
"""Whether a set of examples can teach and examine at all."""

from collections import Counter
from collections.abc import Sequence

from maalem.dataset.leaks import (
    find_certain_leaks,
    refuse_leakage,
    show_rows,
    with_rows,
)
from maalem.dataset.splits import SPLITS
from maalem.errors import DataError
from maalem.records import Example

NEEDED = ("teaching", "calibration", "exam")  # `later` may be empty
TWO_CLASSES = ("teaching", "exam")  # what is learned from, and what is asked
_MORE = "judge more items, of more groups"


def refuse_unfit(examples: Sequence[Example], labels: Sequence[str]) -> None:
    """Refuse examples that nothing could be learned or examined with.

    Near duplicates are not looked for here (see `find_leaks`).

    Raises:
        DataError: There is no example, a needed split has none, teaching or exam has
            one class only, a label or a split is not known, or an item stands twice
            in one split; the `rows` of the error has the items.
        LeakageError: An item, a group or a copy stands in two splits.
    """
    _refuse_unknown(examples, labels)
    _refuse_empty(examples)
    _refuse_one_class(examples)
    _refuse_twice(examples)
    refuse_leakage(list(find_certain_leaks(examples)))


def _refuse_unknown(examples: Sequence[Example], labels: Sequence[str]) -> None:
    known = set(labels)
    rows = [row for row in examples if row.label not in known]
    if rows:
        names = sorted({row.label for row in rows})
        error = DataError(
            f"the task has no label {names[0]!r}",
            why=show_rows([row.item for row in rows]),
            hint="add it to the task's labels, or settle these answers anew",
            code="dataset.unknown-label",
        )
        raise with_rows(error, [row.item for row in rows])
    strange = sorted({row.split for row in examples} - set(SPLITS))
    if strange:
        raise DataError(
            f"there is no split {strange[0]!r}",
            why=f"splits are {', '.join(SPLITS)}",
            code="dataset.no-split",
        )


def _refuse_empty(examples: Sequence[Example]) -> None:
    if not examples:
        raise with_rows(
            DataError(
                "there is nothing to freeze: no item has a settled answer",
                hint="import judgements, or answer some items",
                code="dataset.empty",
            ),
            (),
        )
    counts = Counter(row.split for row in examples)
    empty = [split for split in NEEDED if not counts[split]]
    if empty:
        found = ", ".join(f"{split} {counts[split]}" for split in SPLITS)
        error = DataError(
            f"the {empty[0]} split is empty",
            why=f"examples: {found}",
            hint=_MORE,
            code="dataset.empty",
        )
        raise with_rows(error, [row.item for row in examples])


def _refuse_one_class(examples: Sequence[Example]) -> None:
    for split in TWO_CLASSES:
        rows = [row for row in examples if row.split == split]
        found = {row.label for row in rows}
        if len(found) < 2:
            error = DataError(
                f"all {len(rows)} examples of {split} are {found.pop()!r}",
                why=show_rows([row.item for row in rows]),
                hint=_MORE,
                code="dataset.one-class",
            )
            raise with_rows(error, [row.item for row in rows])


def _refuse_twice(examples: Sequence[Example]) -> None:
    counts = Counter((row.split, row.item) for row in examples)
    rows = sorted(item for (_, item), count in counts.items() if count > 1)
    if rows:
        error = DataError(
            f"{len(rows)} items stand in a split more than once",
            why=show_rows(rows),
            hint="settle the answers of an item into one",
            code="dataset.item-twice",
        )
        raise with_rows(error, rows)
