# SPDX-License-Identifier: Apache-2.0
"""Who answered what in an exam, item by item: kept when it is held, read afterwards.

Looking at an exam that was held shows nothing new about it, so that reading a sheet is
no further look; only answers stand in it, no texts.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from maalem.app.workspace import Workspace
from maalem.records import (
    Digest,
    Example,
    LabelScores,
    canonical_json,
    from_json,
    to_json,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """The answers of every model to one exam; a label is its number.

    Attributes:
        labels: All labels, in the task's order.
        items: The items, in the order in which they were asked.
        gold: The settled label of each.
        answers: Pairs of a model's name and its answers; the candidate's are those of
            the seed to release.
    """

    labels: tuple[str, ...]
    items: tuple[Digest, ...]
    gold: tuple[int, ...]
    answers: tuple[tuple[str, tuple[int, ...]], ...]

    def lines(self, other: str) -> Iterator["SheetLine"]:
        """Give the items that only the candidate, or only another model, has right."""
        by_model = dict(self.answers)
        if other not in by_model:
            return
        columns = (self.items, self.gold, by_model["candidate"], by_model[other])
        for item, gold, ours, theirs in zip(*columns, strict=True):
            if (ours == gold) != (theirs == gold):
                yield SheetLine(
                    item=item,
                    gold=self.labels[gold],
                    candidate=self.labels[ours],
                    other=self.labels[theirs],
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetLine:
    """One item that two models differ on, one of them right.

    Attributes:
        item: The item.
        gold: Its settled label.
        candidate: What the candidate answered.
        other: What the other model answered.
    """

    item: Digest
    gold: str
    candidate: str
    other: str

    @property
    def is_won(self) -> bool:
        """Whether the candidate has it right."""
        return self.candidate == self.gold


def keep_sheet(
    work: Workspace,
    examples: Sequence[Example],
    answers: Mapping[str, Sequence[Sequence[LabelScores]]],
) -> Digest:
    """Keep the answers to an exam as a blob; the next entry of the ledger names it."""
    labels = answers["candidate"][0][0].labels
    number = {label: place for place, label in enumerate(labels)}
    sheet = Sheet(
        labels=labels,
        items=tuple(one.item for one in examples),
        gold=tuple(number[one.label] for one in examples),
        answers=tuple(
            (model, tuple(number[one.label] for one in lists[0]))
            for model, lists in answers.items()
        ),
    )
    return work.store.put(canonical_json(to_json(sheet)))


def find_sheet(work: Workspace, report: Digest) -> Sheet | None:
    """Give the sheet of the exam that a report is about.

    Returns:
        None where the exam was held before sheets were kept.
    """
    for entry in work.store.entries("exam.done"):
        reports, sheets = entry.details["reports"], entry.details.get("sheets", {})
        if not isinstance(reports, dict) or not isinstance(sheets, dict):
            continue
        for split, name in reports.items():
            if name == report and split in sheets:
                kept = work.store.read(Digest(str(sheets[split])))
                return from_json(Sheet, json.loads(kept))
    return None
