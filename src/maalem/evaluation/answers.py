# SPDX-License-Identifier: Apache-2.0
"""Answers as arrays, refused whenever one of them is missing or makes no sense."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maalem.errors import DataError
from maalem.records import Example, LabelScores

_SLACK = 1e-3  # single-precision softmax over many labels sums to 1 within this


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """Examples and what each model answered, as arrays.

    Attributes:
        labels: All labels, in the task's order.
        gold: Number of the gold label, shape (n,).
        groups: Number of the group, shape (n,).
        languages: Language per example, length n.
        probabilities: Per model, shape (seeds, n, labels).
    """

    labels: tuple[str, ...]
    gold: NDArray[np.intp]
    groups: NDArray[np.intp]
    languages: tuple[str, ...]
    probabilities: Mapping[str, NDArray[np.float64]]


def read_answers(
    examples: Sequence[Example],
    answers: Mapping[str, Sequence[Sequence[LabelScores]]],
) -> Answered:
    """Turn examples and answers into arrays.

    Args:
        examples: What was asked, n of them, each item once.
        answers: Per model one list per training seed, each of n answers in order.

    Raises:
        DataError: There is no example, an item comes twice, an answer is missing, a
            probability is missing, not finite or outside [0, 1], probabilities do not
            sum to 1, models disagree about the labels, or a gold label is not one of
            them. A missing number is never taken for 0.
    """
    if not examples:
        raise DataError("there is no example to examine", code="evaluation.empty")
    _refuse_repeats(examples)
    labels = _shared_labels(answers)
    number = {label: index for index, label in enumerate(labels)}
    for example in examples:
        if example.label not in number:
            raise DataError(
                f"item {example.item} has the gold label {example.label!r}, which no "
                f"model can answer",
                why=f"the models' labels are {', '.join(labels)}",
                code="evaluation.unknown-label",
            )
    return Answered(
        labels=labels,
        gold=np.array([number[example.label] for example in examples], dtype=np.intp),
        groups=np.unique([e.group for e in examples], return_inverse=True)[1],
        languages=tuple(example.language for example in examples),
        probabilities={
            model: np.stack([_table(model, one, len(examples)) for one in lists])
            for model, lists in answers.items()
        },
    )


def _refuse_repeats(examples: Sequence[Example]) -> None:
    seen: set[str] = set()
    for example in examples:
        if example.item in seen:
            raise DataError(
                f"item {example.item} stands twice among the examples",
                why="a copy would be counted as evidence",
                code="evaluation.repeated-item",
            )
        seen.add(example.item)


def _shared_labels(
    answers: Mapping[str, Sequence[Sequence[LabelScores]]],
) -> tuple[str, ...]:
    """Give the labels that every answer of every model has, in one order."""
    first: tuple[str, ...] | None = None
    for model, lists in answers.items():
        if not lists:
            raise DataError(f"{model} has no answers", code="evaluation.length")
        for answer in (answer for one in lists for answer in one):
            first = answer.labels if first is None else first
            if answer.labels != first:
                raise DataError(
                    f"{model} answers with the labels {', '.join(answer.labels)}, "
                    f"others with {', '.join(first)}",
                    hint="train and examine all models on one version of the task",
                    code="evaluation.labels",
                )
    if not first or len(set(first)) != len(first):
        raise DataError(
            "the answers have no labels, or one twice", code="evaluation.labels"
        )
    return first


def _table(
    model: str, answers: Sequence[LabelScores], count: int
) -> NDArray[np.float64]:
    """Give the probabilities of one list of answers, shape (n, labels)."""
    if len(answers) != count:
        raise DataError(
            f"{model} gave {len(answers)} answers to {count} examples",
            why="a missing answer must not pass for a wrong one",
            code="evaluation.length",
        )
    for position, answer in enumerate(answers):
        fault = _fault(answer)
        if fault:
            raise DataError(
                f"answer {position + 1} of {model} {fault}",
                why="a missing probability must not pass for 0",
                code="evaluation.probability",
            )
    return np.array([answer.probabilities for answer in answers], dtype=np.float64)


def _fault(answer: LabelScores) -> str:
    """Say what is wrong with one answer, or nothing."""
    given = answer.probabilities
    if len(given) != len(answer.labels):
        return f"has {len(given)} probabilities for {len(answer.labels)} labels"
    for probability in given:
        # NaN fails every comparison; None and text are no numbers
        is_number = isinstance(probability, int | float | np.floating)
        if not is_number or not 0.0 <= probability <= 1.0 + _SLACK:
            return f"has the probability {probability!r}"
    total = float(sum(given))
    if abs(total - 1.0) > _SLACK:
        return f"has probabilities that sum to {total:g}"
    return ""
