# SPDX-License-Identifier: Apache-2.0
"""Who taught some rows, from which documents, under which guideline."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from maalem.records import Annotation, Digest, Example


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """What one annotator gave to some rows.

    Attributes:
        annotator: Pseudonym, or the file that the answers came from.
        answers: Answers behind the rows.
        agreeing: Answers among them that say the settled label.
        alone: Rows that rest on no answer but theirs.
        seconds: Time spent on them; none unless every answer was timed.
    """

    annotator: str
    answers: int
    agreeing: int
    alone: int
    seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """What stands behind some rows.

    Attributes:
        rows: How many they are.
        contributions: By annotator, who gave most first.
        guidelines: Pairs of guideline version and answers given under it; none stands
            for answers whose version is not recorded.
        documents: Pairs of document and rows asked about it, in the order of the rows.
        unplaced: Rows whose document is not known.
    """

    rows: int
    contributions: tuple[Contribution, ...]
    guidelines: tuple[tuple[Digest | None, int], ...]
    documents: tuple[tuple[Digest, int], ...]
    unplaced: int


def lineage_of(
    examples: Iterable[Example],
    annotations: Mapping[Digest, Annotation],
    documents: Mapping[Digest, Digest],
) -> Lineage:
    """Gather what stands behind rows.

    Args:
        examples: The rows.
        annotations: The answers behind them by name; one that is not there is not
            counted, since nobody knows whose it was.
        documents: For a passage, the document that it was cut from.
    """
    rows = 0
    said: dict[str, list[tuple[Annotation, bool]]] = defaultdict(list)
    alone: Counter[str] = Counter()
    versions: Counter[Digest | None] = Counter()
    places: Counter[Digest | None] = Counter()
    for row in examples:
        rows += 1
        places[documents.get(row.passage) if row.passage else None] += 1
        behind = [annotations[one] for one in row.annotations if one in annotations]
        for one in behind:
            said[one.annotator].append((one, one.labels == (row.label,)))
            versions[one.guideline] += 1
        if len({one.annotator for one in behind}) == 1:
            alone[behind[0].annotator] += 1
    found = [_contribution(who, said[who], alone[who]) for who in said]
    unplaced = places.pop(None, 0)
    return Lineage(
        rows=rows,
        contributions=tuple(
            sorted(found, key=lambda one: (-one.answers, one.annotator))
        ),
        guidelines=tuple(versions.items()),
        documents=tuple((one, count) for one, count in places.items() if one),
        unplaced=unplaced,
    )


def _contribution(
    who: str, answers: list[tuple[Annotation, bool]], alone: int
) -> Contribution:
    seconds = [one.seconds for one, _ in answers]
    timed = [one for one in seconds if one is not None]
    return Contribution(
        annotator=who,
        answers=len(answers),
        agreeing=sum(agrees for _, agrees in answers),
        alone=alone,
        seconds=sum(timed) if len(timed) == len(seconds) else None,
    )
