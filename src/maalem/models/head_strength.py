# SPDX-License-Identifier: Apache-2.0
"""How strongly a head is regularised, chosen on examples it has not learned from."""

import hashlib
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from maalem.models.calibration import log_loss
from maalem.models.head import Head, fit_head
from maalem.models.head_design import Features, design_of
from maalem.models.sparse import SparseRows

STRENGTHS = (0.3, 3.0, 30.0, 300.0)
FOLDS = 4
LOOSE = 1e-1  # folds are compared in the third decimal of the loss


def deal_groups(
    groups: Sequence[str], targets: NDArray[np.int64], *, folds: int, seed: int
) -> NDArray[np.int64]:
    """Deal examples into folds so that no group is in two and labels are spread.

    Groups are ordered by the label of most of their members, then by a hash, and dealt
    like cards: the same groups and seed give the same folds.

    Args:
        groups: Group of each example.
        targets: Number of each example's label, shape (n,).
        folds: Number of folds, at least 1.
        seed: Of the hash.

    Returns:
        Number of each example's fold, shape (n,).
    """
    members: dict[str, Counter[int]] = {}
    for group, target in zip(groups, targets, strict=True):
        members.setdefault(group, Counter())[int(target)] += 1

    def rank(group: str) -> tuple[int, str]:
        label = min(members[group].items(), key=lambda pair: (-pair[1], pair[0]))[0]
        mark = hashlib.sha256(f"{seed}/{group}".encode("utf-8", "replace")).hexdigest()
        return label, mark

    order = {group: place for place, group in enumerate(sorted(members, key=rank))}
    return np.array([order[group] % folds for group in groups], np.int64)


def choose_strength(
    features: Features,
    targets: NDArray[np.int64],
    *,
    folds: NDArray[np.int64],
    strengths: Sequence[float] = STRENGTHS,
) -> float:
    """Choose the strength with the lowest held-out log-loss by cross-validation.

    Args:
        features: Shape (n, features).
        targets: Number of each example's label, shape (n,).
        folds: Number of each example's fold, shape (n,).
        strengths: What to choose from, in ascending order.

    Returns:
        The weakest of the best. Where no fold can be judged, because the others lack
        its labels, the middle one.
    """
    losses = np.zeros(len(strengths))
    judged = 0
    for fold in np.unique(folds):
        held, kept = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
        known = np.unique(targets[kept])
        held = held[np.isin(targets[held], known)]
        if len(known) < 2 or len(held) == 0:
            continue
        design = design_of(_rows(features, kept))
        numbers = np.searchsorted(known, targets[kept])
        head: Head | None = None
        for place, strength in enumerate(strengths):
            head = fit_head(
                design,
                numbers,
                classes=len(known),
                strength=strength,
                start=head,
                tolerance=LOOSE,
            )
            loss = log_loss(
                head.logits(_rows(features, held)),
                np.searchsorted(known, targets[held]),
            )
            losses[place] += loss * len(held)
        judged += len(held)
    if judged == 0:
        return strengths[len(strengths) // 2]
    return strengths[int(np.argmin(losses))]


def _rows(features: Features, places: NDArray[np.int64]) -> Features:
    if isinstance(features, SparseRows):
        return features.take(places)
    return features[places]
