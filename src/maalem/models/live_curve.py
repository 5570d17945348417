# SPDX-License-Identifier: Apache-2.0
"""How good the quick gear is on answers that it has not learned from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from maalem.models.head import fit_head
from maalem.models.head_strength import FOLDS, LOOSE, deal_groups
from maalem.models.weights import FloatArray
from maalem.tasks.stopping import CurvePoint

FIRST = 20  # answers before the first point
GROWTH = 1.2  # a point each fifth more: a dozen up to 200 answers, 21 up to 1,000


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer as the curve needs it.

    Attributes:
        group: What no fold divides.
        number: Number of the label.
        is_random: Whether the item was drawn at random.
    """

    group: str
    number: int
    is_random: bool


def is_due(curve: Sequence[CurvePoint], answers: int) -> bool:
    """Tell whether the curve wants another point at this many answers."""
    return answers >= (curve[-1].answers * GROWTH if curve else FIRST)


def held_out(
    vectors: FloatArray, answers: Sequence[Answer], *, strength: float, seed: int
) -> CurvePoint | None:
    """Judge the gear by cross-validation over groups.

    Chosen items are harder than others, so that only those drawn at random are judged,
    if there are any; every answer is learned from. The heads judged are taught with
    three quarters of the answers: the point lies a little low.

    Args:
        vectors: Vector of each answered text, shape (n, dimension).
        answers: The answers.
        strength: Inverse of the head's penalty.
        seed: Of the folds.

    Returns:
        None where no fold can be judged, because the others hold fewer than two labels.
    """
    numbers = np.array([one.number for one in answers], np.int64)
    judged = np.array([one.is_random for one in answers], np.bool_)
    if not judged.any():
        judged[:] = True
    groups = [one.group for one in answers]
    folds = deal_groups(groups, numbers, folds=FOLDS, seed=seed)
    count = right = 0
    for fold in range(FOLDS):
        kept, held = np.flatnonzero(folds != fold), (folds == fold) & judged
        known = np.unique(numbers[kept])
        if len(known) < 2 or not held.any():
            continue
        head = fit_head(
            vectors[kept],
            np.searchsorted(known, numbers[kept]),
            classes=len(known),
            strength=strength,
            gap=LOOSE,
        )
        guessed = known[head.logits(vectors[held]).argmax(axis=1)]
        count += int(held.sum())
        right += int((guessed == numbers[held]).sum())
    if count == 0:
        return None
    return CurvePoint(answers=len(answers), right=right, judged=count)
