# SPDX-License-Identifier: Apache-2.0
"""Which texts stand together in a step: a pure function of seed and epoch."""

import hashlib
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.int64]


def class_balanced(
    targets: NDArray[np.int64], *, batch_size: int, seed: int, epoch: int
) -> tuple[Places, ...]:
    """Compose the batches of one epoch, every label equally often.

    A batch holds as many labels as fit with two texts each, in turn, and no text twice.
    An epoch has as many batches as it takes to see each text once, were the labels
    equally frequent; where they are not, rare labels come more often than once and
    frequent ones are sampled, other texts in each epoch.

    Args:
        targets: Number of each text's label, shape (n,).
        batch_size: Texts in a batch, at least 2.
        seed: Of the run.
        epoch: Number of the epoch, from 0.

    Returns:
        Places of texts, batch by batch.
    """
    chance = _generator(seed, epoch)
    decks = {int(label): _Deck(targets, int(label)) for label in np.unique(targets)}
    turns = _labels_in_turn(list(decks), chance)
    batches = []
    for _ in range(max(1, -(-len(targets) // batch_size))):
        together = min(len(decks), max(1, batch_size // 2))
        chosen = [next(turns) for _ in range(together)]
        share, rest = divmod(batch_size, together)
        drawn = [
            decks[label].draw(share + (place < rest), chance)
            for place, label in enumerate(chosen)
        ]
        batches.append(np.concatenate(drawn))
    return tuple(batches)


class _Deck:
    """The texts of one label, shuffled again whenever they run out."""

    def __init__(self, targets: NDArray[np.int64], label: int) -> None:
        self._all = np.flatnonzero(targets == label)
        self._left = self._all[:0]

    def draw(self, count: int, chance: np.random.Generator) -> Places:
        count = min(count, len(self._all))
        drawn, self._left = self._left[:count], self._left[count:]
        missing = count - len(drawn)
        if missing:
            fresh = chance.permutation(np.setdiff1d(self._all, drawn))
            drawn = np.concatenate([drawn, fresh[:missing]])
            self._left = np.concatenate([fresh[missing:]])
        return drawn


def _labels_in_turn(labels: list[int], chance: np.random.Generator) -> Iterator[int]:
    """Give labels for ever, each once a round, no label twice in a batch."""
    order = [int(label) for label in chance.permutation(labels)]
    while True:
        yield from order


def _generator(seed: int, epoch: int) -> np.random.Generator:
    mark = hashlib.sha256(f"batches/{seed}/{epoch}".encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(mark[:16], "little")))
