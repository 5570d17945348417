# SPDX-License-Identifier: Apache-2.0
"""Who answers carelessly or falsely, and whose answers had better not count for now.

It does not know why. A guideline that can be misread makes honest experts look wrong
alike, so whatever is found is shown with its counts before anybody is held.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

import numpy as np

from maalem.experts.chances import at_most
from maalem.experts.dawid_skene import Reliability, dawid_skene
from maalem.experts.habits import copied, hasty, monotonous
from maalem.experts.naming import UNNAMED, identified
from maalem.experts.suspicion import Limits, Suspicion
from maalem.experts.votes import last_words, to_votes
from maalem.records import Annotation, Digest, Hold
from maalem.tasks import TaskDefinition

Known: TypeAlias = Mapping[Digest, tuple[str, ...]]
"""Items whose answer is known, and the answer."""


def suspect(
    annotations: Iterable[Annotation],
    *,
    gold: Known,
    task: TaskDefinition,
    texts: Mapping[Digest, str],
    limits: Limits | None = None,
) -> tuple[Suspicion, ...]:
    """Name all that is suspicious about annotators, each measure by itself.

    The last answer of an annotator to an item counts; whoever does not know is not
    wrong. To be rightly suspected of lying about one label takes gold cards of that
    label: `gold_wanted` tells whose are too few.

    Args:
        annotations: Answers in the order in which they were entered, of one task.
        gold: Items whose answer is known.
        task: The task, whose critical labels are looked at one by one.
        texts: The text of each item, for the time that it takes to read it.
        limits: From where on something is suspicious.

    Returns:
        By annotator, then by measure.
    """
    limits = limits or Limits()
    words = [one for said in last_words(annotations).values() for one in said]
    votes = to_votes(words, labels=task.label_names)
    found = [
        *_wrong(words, gold=gold, limits=limits),
        *_wrong_about(words, gold=gold, task=task, limits=limits),
        *hasty(words, texts=texts, limits=limits),
    ]
    if votes.items:
        model = dawid_skene(votes)
        found += _unlikely(model, limits)
        found += [*monotonous(votes, limits=limits), *copied(model, limits=limits)]
    return tuple(sorted(found, key=lambda one: (one.annotator, one.measure, one.about)))


def gold_wanted(
    annotations: Iterable[Annotation],
    *,
    gold: Known,
    task: TaskDefinition,
    limits: Limits | None = None,
) -> Mapping[str, Mapping[str, int]]:
    """Tell who has answered too few gold cards of a critical label to be judged on it.

    Returns:
        For each annotator the critical labels and how many cards are still wanted.
    """
    limits = limits or Limits()
    words = [one for said in last_words(annotations).values() for one in said]
    answered: dict[str, Counter[str]] = {one.annotator: Counter() for one in words}
    for one in words:
        if one.is_answer:
            answered[one.annotator].update(gold.get(one.item, ()))
    return {
        annotator: {
            label: limits.class_cards - counts[label]
            for label in _critical(task)
            if counts[label] < limits.class_cards
        }
        for annotator, counts in answered.items()
    }


def held_now(holds: Iterable[Hold]) -> frozenset[str]:
    """Name the annotators whose answers do not count; the last word on each counts.

    Args:
        holds: In the order in which they were entered, of one task.
    """
    last = {one.annotator: one.is_lifted for one in holds}
    return frozenset(annotator for annotator, lifted in last.items() if not lifted)


def propose_holds(
    suspicions: Iterable[Suspicion], *, task: str, holds: Sequence[Hold], now: str
) -> tuple[Hold, ...]:
    """Propose to hold the answers of those on whom enough is found; none is deleted.

    Being wrong on gold cards, in all or of one critical label, is enough. Haste,
    monotony, copying, and being unlikely by the model are each no proof (an expert who
    is right against the others is unlikely too, and the copied is not the copier), so
    two of these are asked for, unless one is gross: more than half of the answers came
    faster than can be read, all of them say the same, or nearly all repeat what another
    said before. Whoever is held is not held again; and what a person lifted is not
    proposed again on the measures that were known then.

    Args:
        suspicions: What was found.
        task: Name of the task.
        holds: Holds of the task, in the order in which they were entered.
        now: ISO 8601 time.
    """
    held = held_now(holds)
    known = {(one.annotator, name) for one in holds for name, _ in one.evidence}
    by_whom: dict[str, list[Suspicion]] = {}
    for one in suspicions:
        if one.annotator not in held and (one.annotator, one.evidence[0]) not in known:
            by_whom.setdefault(one.annotator, []).append(one)
    return tuple(
        _hold(annotator, found, task=task, now=now)
        for annotator, found in by_whom.items()
        if _is_enough({one.measure for one in found})
        or any(one.is_proof for one in found)
    )


def _is_enough(measures: Collection[str]) -> bool:
    return not {"gold", "gold-class"}.isdisjoint(measures) or len(measures) > 1


def _hold(annotator: str, found: Sequence[Suspicion], *, task: str, now: str) -> Hold:
    hold = Hold(
        id=UNNAMED,
        task=task,
        annotator=annotator,
        is_lifted=False,
        reason=" ".join(one.sentence for one in found),
        evidence=tuple(one.evidence for one in found),
        by="vigilance",
        at=now,
    )
    return identified(hold)


def _critical(task: TaskDefinition) -> list[str]:
    return [label.name for label in task.labels if label.critical]


def _wrong(
    words: Sequence[Annotation], *, gold: Known, limits: Limits
) -> Iterator[Suspicion]:
    """Suspect those who are wrong on gold cards more often than is tolerated."""
    for annotator, (right, count) in _scores(words, gold).items():
        if at_most(right, count, limits.least_right) < limits.chance:
            yield Suspicion(
                annotator=annotator,
                measure="gold",
                value=right / count,
                bound=limits.least_right,
                count=count,
                seen=f"{right} of {count} right",
                sentence=f"{right} of {count} gold cards are right; "
                f"{limits.least_right:.0%} is the least that is tolerated.",
            )


def _wrong_about(
    words: Sequence[Annotation], *, gold: Known, task: TaskDefinition, limits: Limits
) -> Iterator[Suspicion]:
    """Suspect those who are wrong on the gold cards of one critical label."""
    for label in _critical(task):
        cards = {item: known for item, known in gold.items() if label in known}
        for annotator, (right, count) in _scores(words, cards, label).items():
            few = count < limits.class_cards
            if few or at_most(right, count, limits.least_right) >= limits.chance:
                continue
            yield Suspicion(
                annotator=annotator,
                measure="gold-class",
                about=label,
                value=right / count,
                bound=limits.least_right,
                count=count,
                seen=f"{right} of {count} right",
                sentence=f"{right} of {count} gold cards of {label!r} are right; "
                f"{limits.least_right:.0%} is the least that is tolerated.",
            )


def _scores(
    words: Sequence[Annotation], gold: Known, label: str | None = None
) -> dict[str, tuple[int, int]]:
    """Count right and all answers to gold cards, or those that name a label."""
    scores: dict[str, tuple[int, int]] = {}
    for one in words:
        known = gold.get(one.item)
        if known and one.is_answer:
            is_right = (
                {*one.labels} == {*known} if label is None else label in one.labels
            )
            right, count = scores.get(one.annotator, (0, 0))
            scores[one.annotator] = (right + is_right, count + 1)
    return scores


def _unlikely(model: Reliability, limits: Limits) -> Iterator[Suspicion]:
    """Suspect those who are mostly wrong by what all answers together say."""
    votes = model.votes
    answers = np.bincount(votes.item, minlength=len(votes.items))
    beside = votes.annotator[answers[votes.item] > 1]
    counts = np.bincount(beside, minlength=len(votes.annotators))
    for annotator, mean, count in zip(
        votes.annotators, model.mean_diagonals(), counts, strict=True
    ):
        if count >= limits.least_answers and mean < limits.least_diagonal:
            yield Suspicion(
                annotator=annotator,
                measure="model",
                value=float(mean),
                bound=limits.least_diagonal,
                count=int(count),
                seen=f"{mean:.2f} over {count}",
                sentence=f"By all {count} answers that stand beside others', a label "
                f"is right with a chance of {mean:.0%} on average.",
            )
