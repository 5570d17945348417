# SPDX-License-Identifier: Apache-2.0
"""The quick gear: cached vectors and a head that is refitted while experts answer."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from maalem.models.classify import scores_of
from maalem.models.head import Head, fit_head
from maalem.models.head_design import Design, design_of, extended
from maalem.models.head_strength import FOLDS, choose_strength, deal_groups
from maalem.models.lean import Learned, leaning
from maalem.models.weights import FloatArray
from maalem.records import LabelScores

NEAR_ENOUGH = 1e-6  # nats above the optimum: no probability moves by 0.01


class TextEncoder(Protocol):
    """What turns texts into vectors; `Encoder` is one."""

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """Give one vector for each text, in order, shape (len(texts), dimension)."""
        ...


class QuickGear:
    """A classifier that learns one answer at a time.

    Every text is encoded once. A refit starts from the last head; with 2,000 texts it
    takes well under 0.2 seconds.

    Attributes:
        labels: All labels, in the task's order.
        strength: Inverse of the head's L2 penalty.
    """

    def __init__(
        self, encoder: TextEncoder, labels: Sequence[str], *, strength: float = 10.0
    ) -> None:
        self.labels = tuple(labels)
        self.strength = strength
        self._encoder = encoder
        self._numbers = {label: number for number, label in enumerate(self.labels)}
        self._vectors: dict[str, FloatArray] = {}
        self._answers: dict[str, int] = {}
        self._fitted: list[str] = []
        self._design: Design | None = None
        self._learned = Learned(labels=len(self.labels), known=(), head=None)

    def learn(self, texts: Sequence[str], labels: Sequence[str]) -> None:
        """Take in answers; the last answer to a text counts. `refit` makes them felt.

        Raises:
            KeyError: A label is not one of the gear's.
        """
        numbers = [self._numbers[label] for label in labels]
        self._cache(texts)
        self._answers.update(zip(texts, numbers, strict=True))

    def forget(self, texts: Sequence[str]) -> None:
        """Take answers back; a text that has none is left as it is."""
        for text in texts:
            self._answers.pop(text, None)

    def refit(self) -> None:
        """Fit the head to all answers, beginning where it stands.

        Labels without an answer get probability 0; with one label answered it gets 1,
        and with none all are equal.
        """
        known = tuple(sorted(set(self._answers.values())))
        before = self._learned
        head: Head | None = None
        if len(known) >= 2:
            head = fit_head(
                self._grown_design(),
                self._targets(),
                classes=len(known),
                strength=self.strength,
                start=before.head if known == before.known else None,
                gap=NEAR_ENOUGH,
            )
        # At once: another thread may be asking.
        self._learned = Learned(labels=len(self.labels), known=known, head=head)

    def choose_strength(self, *, seed: int = 0) -> float:
        """Choose the strength by cross-validation, for a moment when nobody waits.

        Answers to two labels are needed; with fewer the strength stays.

        Returns:
            The strength, which `refit` uses from now on.
        """
        if len(set(self._answers.values())) >= 2:
            targets = self._targets()
            folds = deal_groups(list(self._answers), targets, folds=FOLDS, seed=seed)
            vectors = self._vectors_of(list(self._answers))
            self.strength = choose_strength(vectors, targets, folds=folds)
        return self.strength

    def predict(self, inputs: Sequence[str]) -> tuple[LabelScores, ...]:
        """Answer each input with the head of the last refit; vectors are kept."""
        if not inputs:
            return ()
        self._cache(inputs)
        return scores_of(self.chances(self._vectors_of(inputs)), self.labels)

    def chances(self, vectors: FloatArray) -> NDArray[np.float64]:
        """Give the probabilities of vectors by the head of the last refit.

        This may be asked in one thread while another one refits.

        Args:
            vectors: Shape (n, dimension).

        Returns:
            Shape (n, labels).
        """
        return self._learned.chances(vectors)

    def leaning_on(self, pool: FloatArray) -> Learned:
        """Give what the last refit learned, leaning on unanswered items too.

        Answers that came since the last refit must be felt first: call `refit`.

        Args:
            pool: Vectors of the items, the first of them are leant on first.
        """
        if self._learned.head is None:
            return self._learned
        return leaning(
            self._learned,
            self._vectors_of(list(self._answers)),
            list(self._answers.values()),
            pool=pool,
            strength=self.strength,
        )

    def _cache(self, texts: Sequence[str]) -> None:
        new = [text for text in dict.fromkeys(texts) if text not in self._vectors]
        if new:
            vectors = self._encoder.encode(new)
            self._vectors.update(zip(new, vectors, strict=True))

    def _vectors_of(self, texts: Sequence[str]) -> FloatArray:
        return np.stack([self._vectors[text] for text in texts])

    def _targets(self) -> NDArray[np.int64]:
        numbers = np.array(list(self._answers.values()), np.int64)
        return np.searchsorted(np.unique(numbers), numbers)

    def _grown_design(self) -> Design:
        """Give the design of all answered texts, grown from the last one if it can."""
        texts, before = list(self._answers), len(self._fitted)
        grown: Design | None = None
        if self._design is not None and texts[:before] == self._fitted:
            new = texts[before:]
            grown = (
                extended(self._design, self._vectors_of(new)) if new else self._design
            )
        self._design = grown or design_of(self._vectors_of(texts))
        self._fitted = texts
        return self._design


def strength_for(answers: int) -> float:
    """Give the head's strength for a number of answers.

    Few answers need a free head; with many, each weighs less, since some are wrong.
    On vectors of length 1 the best strength falls from 30 at a hundred answers to 3 at
    a thousand; to the factor two it does not matter.
    """
    return float(np.clip(3000.0 / max(answers, 1), 2.0, 30.0))
