# SPDX-License-Identifier: Apache-2.0
"""What a dataset looks like when it is frozen: counts, leaks, agreement.

It is taken once, while everything is at hand, so that no page reads all answers again.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from maalem.dataset.label_words import LabelFound, count_labels
from maalem.dataset.leaks import Leak
from maalem.dataset.telling import Telling
from maalem.experts.agreement import Agreement
from maalem.records import Digest, Example

MOST_SOURCES = 12
"""Files, or else folders, that are counted one by one; the others together."""
MOST_LEAKS = 200
"""Rows left out that are named; the others are counted alone."""
OTHERS = ""
"""Name of all sources that are not counted one by one, and of unknown ones."""

Counts = tuple[tuple[str, str, int], ...]
"""Triples of label, column and rows, of pairs that occur."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Portrait:
    """What a dataset looked like when it was frozen.

    Attributes:
        splits: Rows by label and split.
        languages: Rows by label and language.
        sources: Rows by label and file or folder of the document.
        annotators: Rows by label and annotator; a row counts for each of several.
        rules: Pairs of how a label was settled, and rows.
        leaks: The first rows that freezing left out, with the reason.
        leaked: How many it left out.
        labels_in_text: How often each label's name stands in the texts.
        telling: What tells the label beside the text.
        agreement: Agreement of the answers behind the rows, and of those still open.
    """

    splits: Counts
    languages: Counts
    sources: Counts
    annotators: Counts
    rules: tuple[tuple[str, int], ...]
    leaks: tuple[Leak, ...] = ()
    leaked: int = 0
    labels_in_text: tuple[LabelFound, ...] = ()
    telling: tuple[Telling, ...] = ()
    agreement: tuple[Agreement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the rows of a dataset do not say themselves.

    Attributes:
        annotators: Who gave an answer, by the answer's name.
        sources: The file that a passage comes from, by the passage's name.
        leaks: What was found on both sides of a split and left out.
        telling: What tells the label beside the text.
        agreement: How far those agree who answered.
    """

    annotators: Mapping[Digest, str] = field(default_factory=dict)
    sources: Mapping[Digest, str] = field(default_factory=dict)
    leaks: Sequence[Leak] = ()
    telling: Sequence[Telling] = ()
    agreement: Sequence[Agreement] = ()


def portray(
    examples: Sequence[Example], *, labels: Sequence[str], known: Known
) -> Portrait:
    """Count a dataset's rows in every way that its page shows.

    Args:
        examples: The frozen rows.
        labels: The labels, in the task's order.
        known: What the rows do not say.
    """
    name = _names(examples, known.sources)
    rules = Counter(row.rule for row in examples)
    return Portrait(
        splits=_counted(examples, lambda row: (row.split,)),
        languages=_counted(examples, lambda row: (row.language,)),
        sources=_counted(examples, lambda row: (name(row),)),
        annotators=_counted(examples, lambda row: _who(row, known.annotators)),
        rules=tuple(sorted(rules.items())),
        leaks=tuple(known.leaks[:MOST_LEAKS]),
        leaked=len({(one.item, one.split) for one in known.leaks}),
        labels_in_text=count_labels(examples, labels),
        telling=tuple(known.telling),
        agreement=tuple(known.agreement),
    )


def _counted(
    examples: Iterable[Example], columns: Callable[[Example], Iterable[str]]
) -> Counts:
    counts = Counter((row.label, column) for row in examples for column in columns(row))
    return tuple((*pair, count) for pair, count in sorted(counts.items()))


def _who(row: Example, annotators: Mapping[Digest, str]) -> set[str]:
    return {annotators[one] for one in row.annotations if one in annotators}


def _names(
    examples: Iterable[Example], sources: Mapping[Digest, str]
) -> Callable[[Example], str]:
    """Tell how a row's source is called: its file, else its folder, else others."""

    def file_of(row: Example) -> str:
        return sources.get(row.passage, OTHERS) if row.passage else OTHERS

    def folder_of(row: Example) -> str:
        return str(PurePosixPath(file_of(row)).parent)

    rows = list(examples)
    by_file = len({file_of(row) for row in rows}) <= MOST_SOURCES
    named = file_of if by_file else folder_of
    largest = Counter(named(row) for row in rows).most_common(MOST_SOURCES)
    kept = {name for name, _ in largest}
    return lambda row: named(row) if named(row) in kept else OTHERS
