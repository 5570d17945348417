# SPDX-License-Identifier: Apache-2.0
"""How strongly a head is regularised, chosen on examples it has not learned from."""

import hashlib
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from maalem.models.calibration import log_losses
from maalem.models.head import Head, fit_head
from maalem.models.head_design import Features, design_of, take_rows

STRENGTHS = (0.3, 3.0, 30.0, 300.0)
FOLDS = 4
LOOSE = 1e-4  # nats; losses differ in the second decimal


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
    """Choose a strength by the held-out log-loss of cross-validation.

    Args:
        features: Shape (n, features).
        targets: Number of each example's label, shape (n,).
        folds: Number of each example's fold, shape (n,).
        strengths: What to choose from, in ascending order.

    Returns:
        The lowest strength whose loss is within one standard error of the best, the
        error taken over paired differences. Where no fold can be judged, because the
        others lack its labels, the middle one.

    Source:
        The one-standard-error rule of Breiman et al. (1984), "Classification and
        Regression Trees", section 3.4.3.
    """
    parts = [
        _fold_losses(features, targets, held=folds == fold, strengths=strengths)
        for fold in np.unique(folds)
    ]
    losses = np.concatenate([np.zeros((0, len(strengths))), *parts])
    if len(losses) == 0:
        return strengths[len(strengths) // 2]
    worse = losses - losses[:, [int(np.argmin(losses.mean(axis=0)))]]
    within = worse.mean(axis=0) <= worse.std(axis=0) / np.sqrt(len(losses))
    return strengths[int(np.argmax(within))]


def _fold_losses(
    features: Features,
    targets: NDArray[np.int64],
    *,
    held: NDArray[np.bool_],
    strengths: Sequence[float],
) -> NDArray[np.float64]:
    """Give the loss of each held-out example at each strength, shape (held, s)."""
    kept = np.flatnonzero(~held)
    known = np.unique(targets[kept])
    judged = np.flatnonzero(held & np.isin(targets, known))
    losses = np.zeros((len(judged), len(strengths)))
    if len(known) < 2 or len(judged) == 0:
        return losses[:0]
    design = design_of(take_rows(features, kept))
    numbers = np.searchsorted(known, targets[kept])
    right = np.searchsorted(known, targets[judged])
    head: Head | None = None
    for place, strength in enumerate(strengths):
        head = fit_head(
            design,
            numbers,
            classes=len(known),
            strength=strength,
            start=head,
            gap=LOOSE,
        )
        logits = head.logits(take_rows(features, judged))
        losses[:, place] = log_losses(logits, right)
    return losses
