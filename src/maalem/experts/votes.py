# SPDX-License-Identifier: Apache-2.0
"""Which answers count, and the same answers as numbers that can be reckoned with."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maalem.records import Annotation, Digest


def last_words(annotations: Iterable[Annotation]) -> dict[Digest, list[Annotation]]:
    """Give the last word of each annotator on each item, refusals too.

    The last in the order given counts, not in time, because clocks differ. What was
    withdrawn was never said, and does not bring back what was said before it.

    Returns:
        For each item the annotations that count, both in the order of first answers.
    """
    last: dict[Digest, dict[str, Annotation]] = {}
    for one in annotations:
        last.setdefault(one.item, {})[one.annotator] = one
    kept = {
        item: [one for one in answers.values() if one.outcome != "withdrawn"]
        for item, answers in last.items()
    }
    return {item: answers for item, answers in kept.items() if answers}


def last_answers(annotations: Iterable[Annotation]) -> list[Annotation]:
    """Give the answers that count: of each annotator and item the last, no refusal."""
    words = last_words(annotations).values()
    return [one for said in words for one in said if one.is_answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Votes:
    """Answers with one label each, as numbers.

    Attributes:
        items: The items answered.
        annotators: Who answered.
        labels: The labels, in the task's order, then others in order of their name.
        item: Number of the item, one per vote, shape (n,).
        annotator: Number of the annotator, shape (n,).
        label: Number of the label, shape (n,).
    """

    items: tuple[Digest, ...]
    annotators: tuple[str, ...]
    labels: tuple[str, ...]
    item: NDArray[np.intp]
    annotator: NDArray[np.intp]
    label: NDArray[np.intp]

    def table(self) -> NDArray[np.intp]:
        """Give the label number of each annotator on each item; -1 where none.

        Returns:
            Shape (annotators, items).
        """
        table = np.full((len(self.annotators), len(self.items)), -1, dtype=np.intp)
        table[self.annotator, self.item] = self.label
        return table


def to_votes(annotations: Iterable[Annotation], *, labels: Sequence[str] = ()) -> Votes:
    """Number the answers that count; one that names several labels is left out.

    Args:
        annotations: Answers in the order in which they were entered, of one task.
        labels: The task's labels; labels that only answers name are put after them.
    """
    counted = [one for one in last_answers(annotations) if len(one.labels) == 1]
    items = list(dict.fromkeys(one.item for one in counted))
    place = number_of(items)
    annotators = number_of([one.annotator for one in counted])
    known = number_of([*labels, *sorted({one.labels[0] for one in counted})])
    return Votes(
        items=tuple(items),
        annotators=tuple(annotators),
        labels=tuple(known),
        item=np.array([place[one.item] for one in counted], dtype=np.intp),
        annotator=np.array([annotators[one.annotator] for one in counted], np.intp),
        label=np.array([known[one.labels[0]] for one in counted], dtype=np.intp),
    )


def number_of(names: Iterable[str]) -> dict[str, int]:
    """Number names from 0 in the order in which they first stand."""
    return {name: n for n, name in enumerate(dict.fromkeys(names))}
