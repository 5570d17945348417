# SPDX-License-Identifier: Apache-2.0
"""What a classifier is taught with, and the part of it that is held out."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maalem.errors import DataError
from maalem.models.calibration import fit_temperature, log_loss
from maalem.models.head import Head, fit_head
from maalem.models.head_design import Features, take_rows
from maalem.models.head_strength import FOLDS, choose_strength, deal_groups
from maalem.records import Example

Targets = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """The teaching split, ready to be learned from.

    Attributes:
        labels: All labels, in the task's order.
        texts: Input texts, in canonical order.
        targets: Number of each text's label, shape (n,).
        groups: Group of each text.
        held: True for what is held out for early stopping and temperature, shape (n,).
        languages: Languages present, sorted.
        seed: Of every random choice.
    """

    labels: tuple[str, ...]
    texts: tuple[str, ...]
    targets: Targets
    groups: tuple[str, ...]
    held: NDArray[np.bool_]
    languages: tuple[str, ...]
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibratedHead:
    """A head whose scores are already divided by its temperature.

    Attributes:
        head: Fitted on the whole teaching split, temperature folded in.
        temperature: Found on the held-out part, with a head that had not seen it.
        strength: Inverse of the penalty that was used.
        validation: Log-loss of that other head on the held-out part, so scaled.
    """

    head: Head
    temperature: float
    strength: float
    validation: float


def lesson_of(
    examples: Sequence[Example], *, labels: Sequence[str], share: float, seed: int
) -> Lesson:
    """Number the labels and choose, by group, what is held out.

    What is held out does not depend on the seed, so that the losses of several seeds
    can be compared.

    Args:
        examples: The teaching split, in canonical order.
        labels: All labels, in the task's order.
        share: Part to hold out, in (0, 0.5].
        seed: Of every random choice to come.

    Raises:
        DataError: There are fewer than two labels, a label has no example, an example
            has a label that is not listed, or no group can be held out.
    """
    numbers = {label: number for number, label in enumerate(labels)}
    unknown = sorted({one.label for one in examples} - set(numbers))
    missing = [label for label in labels if label not in {e.label for e in examples}]
    if unknown:
        raise DataError(
            f"the label {unknown[0]!r} is not one of the task's",
            code="models.unknown-label",
        )
    if len(numbers) < 2 or missing:
        raise DataError(
            f"the label {missing[0]!r} has no example to learn from"
            if missing
            else "there are fewer than two labels to tell apart",
            hint="judge more items, or take the label out of the task",
            code="models.empty-label",
        )
    targets = np.array([numbers[one.label] for one in examples], np.int64)
    groups = tuple(one.group for one in examples)
    return Lesson(
        labels=tuple(labels),
        texts=tuple(one.text for one in examples),
        targets=targets,
        groups=groups,
        held=hold_out(groups, targets, share=share),
        languages=tuple(sorted({one.language for one in examples})),
        seed=seed,
    )


def hold_out(
    groups: Sequence[str], targets: Targets, *, share: float
) -> NDArray[np.bool_]:
    """Choose whole groups to hold out, of every label about the same share.

    Groups come in the order of a hash; one is taken while a label of it lacks its
    share, unless that left less than half of a label's examples to learn from.

    Returns:
        True for what is held out, shape (n,).

    Raises:
        DataError: No group can be held out.
    """
    counts = np.bincount(targets)
    wanted = np.where(counts >= 3, np.maximum(1, np.round(counts * share)), 0)
    if not wanted.any():
        wanted[np.argmax(counts)] = 1
    most = np.where(counts >= 2, counts // 2, 0)
    members: dict[str, list[int]] = {}
    for place, group in enumerate(groups):
        members.setdefault(group, []).append(place)
    taken = np.zeros(len(counts))
    held = np.zeros(len(targets), np.bool_)
    for group in sorted(members, key=_mark):
        inside = np.bincount(targets[members[group]], minlength=len(counts))
        if (inside[taken < wanted] > 0).any() and (taken + inside <= most).all():
            held[members[group]] = True
            taken += inside
    if not held.any():
        raise DataError(
            "no group can be held out to set the temperature with",
            why="no label has examples in two groups",
            hint="judge items of more groups",
            code="models.too-few-groups",
        )
    return held


def fit_calibrated(
    features: Features, lesson: Lesson, *, strength: float
) -> CalibratedHead:
    """Fit a head, its temperature on what is held out, then the head on everything.

    Args:
        features: One row for each text of the lesson.
        lesson: What is learned.
        strength: Inverse of the penalty, above 0.
    """
    kept, held = np.flatnonzero(~lesson.held), np.flatnonzero(lesson.held)
    classes = len(lesson.labels)
    first = fit_head(
        take_rows(features, kept),
        lesson.targets[kept],
        classes=classes,
        strength=strength,
    )
    logits = first.logits(take_rows(features, held))
    temperature = fit_temperature(logits, lesson.targets[held])
    whole = fit_head(features, lesson.targets, classes=classes, strength=strength)
    return CalibratedHead(
        head=Head(weights=whole.weights / temperature, bias=whole.bias / temperature),
        temperature=temperature,
        strength=strength,
        validation=log_loss(logits / temperature, lesson.targets[held]),
    )


def cross_validated(features: Features, lesson: Lesson) -> float:
    """Choose the head's strength by cross-validation over groups, without the held-out.

    Args:
        features: One row for each text of the lesson, from a body that has not
            learned from these texts: on those it has seen, no fold is held out.
        lesson: What is learned.
    """
    kept = np.flatnonzero(~lesson.held)
    groups = [lesson.groups[place] for place in kept]
    targets = lesson.targets[kept]
    folds = deal_groups(groups, targets, folds=FOLDS, seed=lesson.seed)
    return choose_strength(take_rows(features, kept), targets, folds=folds)


def _mark(group: str) -> str:
    return hashlib.sha256(f"held/{group}".encode("utf-8", "replace")).hexdigest()
