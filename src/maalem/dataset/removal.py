# SPDX-License-Identifier: Apache-2.0
"""What rows would say if one annotator had never answered.

A frozen row rests on answers, or on the word of who adjudicated it. Take the answers of
one annotator away and settle what is left by the same rules: the row keeps its label,
gets another one, or is left out because nobody else decides it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from maalem.experts import settle
from maalem.records import Adjudication, Annotation, Digest, Example


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """Rows without the answers of one annotator.

    Attributes:
        rows: What is left, in its order, labels as they are settled now.
        touched: Rows of before that their answer or their adjudication stands behind.
        changed: Items that have another label without them.
        dropped: Items that nobody else decides.
        standing: Items whose label is the same without them; only on these may they
            be judged, since on the others they would be the measure of themselves.
    """

    rows: tuple[Example, ...]
    touched: int
    changed: frozenset[Digest]
    dropped: frozenset[Digest]
    standing: frozenset[Digest]


def without(
    annotator: str,
    examples: Sequence[Example],
    *,
    annotations: Mapping[Digest, Annotation],
    adjudications: Iterable[Adjudication] = (),
    critical: Sequence[str] = (),
) -> Removal:
    """Settle rows again as if one annotator had never answered.

    A row that somebody else adjudicated keeps its label, whoever answered before. One
    that they adjudicated goes back to the votes of the others, under the rule that
    critical labels are never settled by votes.

    Args:
        annotator: Whose answers and adjudications are taken away.
        examples: The frozen rows.
        annotations: The answers behind them, by name.
        adjudications: Of the task, in the order in which they were entered.
        critical: Labels that only a person settles.
    """
    judges = _judges(adjudications)
    touched = [
        row
        for row in examples
        if _is_theirs(row, annotator, annotations=annotations, judges=judges)
    ]
    left = [
        annotations[name]
        for row in touched
        for name in row.annotations
        if name in annotations and annotations[name].annotator != annotator
    ]
    fixed = {
        row.item for row in touched if _is_judged_by_another(row, annotator, judges)
    }
    golds, _ = settle(left, critical=critical)
    labels = {one.item: one.label for one in golds}
    labels |= {row.item: row.label for row in touched if row.item in fixed}
    again = {row.item for row in touched}
    kept = tuple(
        row if row.item not in again else replace(row, label=labels[row.item])
        for row in examples
        if row.item not in again or row.item in labels
    )
    before = {row.item: row.label for row in examples}
    changed = {row.item for row in kept if row.label != before[row.item]}
    return Removal(
        rows=kept,
        touched=len(touched),
        changed=frozenset(changed),
        dropped=frozenset(again - set(labels)),
        standing=frozenset({row.item for row in kept} - changed),
    )


def _judges(
    adjudications: Iterable[Adjudication],
) -> Mapping[tuple[Digest, str], str]:
    """Name who settled an item on a label; the last of several."""
    judges: dict[tuple[Digest, str], str] = defaultdict(str)
    for one in adjudications:
        if len(one.labels) == 1:
            judges[one.item, one.labels[0]] = one.adjudicator
    return judges


def _is_theirs(
    row: Example,
    annotator: str,
    *,
    annotations: Mapping[Digest, Annotation],
    judges: Mapping[tuple[Digest, str], str],
) -> bool:
    if row.rule == "adjudicated" and judges[row.item, row.label] == annotator:
        return True
    known = (annotations.get(name) for name in row.annotations)
    return any(one is not None and one.annotator == annotator for one in known)


def _is_judged_by_another(
    row: Example, annotator: str, judges: Mapping[tuple[Digest, str], str]
) -> bool:
    is_judged = row.rule == "adjudicated"
    return is_judged and judges[row.item, row.label] != annotator
