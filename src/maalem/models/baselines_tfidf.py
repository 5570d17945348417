# SPDX-License-Identifier: Apache-2.0
"""TF-IDF of words and runs of characters with logistic regression: hard to beat."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from maalem.models.calibration import softmax
from maalem.models.classify import scores_of
from maalem.models.head import fit_head
from maalem.models.head_strength import choose_strength, deal_groups
from maalem.models.sparse import SparseRows, sparse_rows
from maalem.models.tiny_features import Marks, character_marks, folded, word_marks
from maalem.records import Example, LabelScores

RUNS = (3, 4, 5)
MOST = 1 << 16  # pieces kept, the most frequent first: 0.5 MB of weights a label
STRENGTHS = (3.0, 30.0, 300.0)
TRIED = 1500  # examples in the cross-validation: more change the choice rarely
FOLDS = 3


class TfidfBaseline:
    """Answers with logistic regression on TF-IDF of words and characters.

    Words of two letters or more and pairs of them, and runs of 3 to 5 characters; each
    of the two kinds is log-scaled, weighted by inverse document frequency and brought
    to length 1, so that both weigh the same.
    """

    def __init__(
        self, teaching: Sequence[Example], labels: Sequence[str], *, seed: int
    ) -> None:
        self._labels = tuple(labels)
        texts = [one.text for one in teaching]
        self._words = Vocabulary([word_marks(folded(text)) for text in texts])
        self._runs = Vocabulary([character_marks(folded(text), RUNS) for text in texts])
        features = self._features(texts)
        numbers = {label: number for number, label in enumerate(labels)}
        targets = np.array([numbers[one.label] for one in teaching], np.int64)
        groups = [one.group for one in teaching]
        self.strength = _strength(features, targets, groups, seed=seed)
        self._head = fit_head(
            features,
            targets,
            classes=len(labels),
            strength=self.strength,
            gap=1e-6,
        )

    def predict(self, inputs: Sequence[str]) -> tuple[LabelScores, ...]:
        """Answer each input: same length, same order; one at a time gives the same."""
        if not inputs:
            return ()
        logits = self._head.logits(self._features(inputs))
        return scores_of(softmax(logits), self._labels)

    def _features(self, texts: Sequence[str]) -> SparseRows:
        words, runs = [], []
        for text in texts:
            clean = folded(text)
            words.append(self._words.weigh(word_marks(clean)))
            runs.append(self._runs.weigh(character_marks(clean, RUNS)))
        shift = self._words.size
        rows = [
            (np.concatenate([a, b + shift]), np.concatenate([v, w]))
            for (a, v), (b, w) in zip(words, runs, strict=True)
        ]
        return sparse_rows(rows, width=shift + self._runs.size).unit()


class Vocabulary:
    """Pieces of texts by their 64-bit marks, with inverse document frequencies.

    Attributes:
        size: How many pieces are kept.
    """

    def __init__(self, marks: Sequence[Marks]) -> None:
        distinct = [np.unique(one) for one in marks]
        every = np.concatenate([np.zeros(0, np.uint64), *distinct])
        found, counts = np.unique(every, return_counts=True)
        kept = np.sort(np.argsort(-counts, kind="stable")[:MOST])
        self._marks = found[kept]
        # Inverse document frequency with one document added that holds every piece.
        self._rarity = np.log((1.0 + len(marks)) / (1.0 + counts[kept])) + 1.0
        self.size = len(kept)

    def weigh(self, marks: Marks) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Give the places and weights of a text's pieces, the weights of length 1."""
        found, counts = np.unique(marks, return_counts=True)
        places = np.searchsorted(self._marks, found)
        known = self._marks[np.minimum(places, self.size - 1)] == found
        places, counts = places[known], counts[known]
        weights = (1.0 + np.log(counts)) * self._rarity[places]
        length = np.sqrt((weights**2).sum())
        return places.astype(np.int64), weights / length if length else weights


def _strength(
    features: SparseRows,
    targets: NDArray[np.int64],
    groups: Sequence[str],
    *,
    seed: int,
) -> float:
    folds = deal_groups(groups, targets, folds=FOLDS, seed=seed)
    chance = np.random.Generator(np.random.PCG64(seed))
    tried = np.sort(chance.permutation(len(targets))[:TRIED])
    return choose_strength(
        features.take(tried), targets[tried], folds=folds[tried], strengths=STRENGTHS
    )
