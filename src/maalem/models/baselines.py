# SPDX-License-Identifier: Apache-2.0
"""What a taught model must beat: four models that need no tuning and no torch."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from maalem.models.baselines_tfidf import TfidfBaseline
from maalem.models.calibration import softmax
from maalem.models.classify import scores_of
from maalem.models.encoder import Encoder, open_encoder
from maalem.models.folder import refuse_unsafe_folder
from maalem.models.protocol import Predictor
from maalem.models.weights import FloatArray
from maalem.records import Example, LabelScores

SHARPNESS = 20.0  # scale of cosines before softmax; MiniLM was trained with it
NEIGHBOURS = 5
DOUBT = 0.01  # spread over all labels, so that no log-loss is infinite


def fit_baselines(  # noqa: PLR0917  # the order is the one in which they are made
    base_folder: Path,
    teaching: Sequence[Example],
    labels: Sequence[str],
    seed: int,
    *,
    descriptions: Mapping[str, str] | None = None,
    max_tokens: int = 128,
) -> dict[str, Predictor[LabelScores]]:
    """Fit the baselines that every exam shows beside the model.

    Args:
        base_folder: Folder of the base model, for zero-shot and nearest neighbour.
        teaching: The teaching split, in canonical order.
        labels: All labels, in the task's order, each with an example in `teaching`.
        seed: Of the folds in which TF-IDF's penalty is chosen.
        descriptions: Words that explain a label, by label; none where its name does.
        max_tokens: Longest input of the encoder in tokens.

    Returns:
        `majority`, `tfidf`, `zero-shot` and `nearest`. The last two share the vectors
        of texts that both are asked about.

    Raises:
        UnsafeWeightsError: The base folder is not safe to load.
    """
    refuse_unsafe_folder(base_folder)
    vectors = KeptVectors(open_encoder(base_folder, max_tokens=max_tokens))
    return {
        "majority": MajorityBaseline(teaching, labels),
        "tfidf": TfidfBaseline(teaching, labels, seed=seed),
        "zero-shot": ZeroShotBaseline(vectors, labels, descriptions or {}),
        "nearest": NearestBaseline(vectors, teaching, labels),
    }


class KeptVectors:
    """An encoder that encodes no text twice."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._kept: dict[str, FloatArray] = {}

    def of(self, texts: Sequence[str]) -> FloatArray:
        """Give one vector for each text, shape (texts, dimension)."""
        new = [text for text in dict.fromkeys(texts) if text not in self._kept]
        self._kept.update(zip(new, self._encoder.encode(new), strict=True))
        return np.stack([self._kept[text] for text in texts])


class MajorityBaseline:
    """Answers with the shares of the labels in the teaching split."""

    def __init__(self, teaching: Sequence[Example], labels: Sequence[str]) -> None:
        counts = np.bincount(targets_of(teaching, labels), minlength=len(labels))
        shares = (1.0 - DOUBT) * counts / counts.sum() + DOUBT / len(labels)
        self._answer = scores_of(shares[None, :], tuple(labels))[0]

    def predict(self, inputs: Sequence[str]) -> tuple[LabelScores, ...]:
        """Answer each input: same length, same order; one at a time gives the same."""
        return (self._answer,) * len(inputs)


class ZeroShotBaseline:
    """Answers with the label whose name and description lie nearest; learns nothing.

    The probabilities are a softmax over 20 times the cosines, which orders the labels
    and is not calibrated.
    """

    def __init__(
        self,
        vectors: KeptVectors,
        labels: Sequence[str],
        descriptions: Mapping[str, str],
    ) -> None:
        self._vectors = vectors
        self._labels = tuple(labels)
        words = [label_words(label, descriptions.get(label, "")) for label in labels]
        self._names = unit(vectors.of(words))

    def predict(self, inputs: Sequence[str]) -> tuple[LabelScores, ...]:
        """Answer each input: same length, same order; one at a time gives the same."""
        if not inputs:
            return ()
        cosines = unit(self._vectors.of(inputs)) @ self._names.T
        return scores_of(softmax(SHARPNESS * cosines), self._labels)


class NearestBaseline:
    """Answers as the five nearest taught texts were answered, weighed by nearness.

    A neighbour weighs the exponential of 20 times its cosine; 1 % of the probability
    is spread over all labels.
    """

    def __init__(
        self, vectors: KeptVectors, teaching: Sequence[Example], labels: Sequence[str]
    ) -> None:
        self._vectors = vectors
        self._labels = tuple(labels)
        self._taught = unit(vectors.of([one.text for one in teaching]))
        self._answers = np.eye(len(labels))[targets_of(teaching, labels)]

    def predict(self, inputs: Sequence[str]) -> tuple[LabelScores, ...]:
        """Answer each input: same length, same order; one at a time gives the same."""
        if not inputs:
            return ()
        cosines = unit(self._vectors.of(inputs)) @ self._taught.T
        near = np.argsort(-cosines, axis=1, kind="stable")[:, :NEIGHBOURS]
        weights = softmax(SHARPNESS * np.take_along_axis(cosines, near, axis=1))
        votes = np.einsum("nk,nkl->nl", weights, self._answers[near])
        chances = (1.0 - DOUBT) * votes + DOUBT / len(self._labels)
        return scores_of(chances, self._labels)


def label_words(label: str, description: str) -> str:
    """Write a label and its description as words, without joining signs."""
    name = " ".join(label.replace("_", " ").replace("-", " ").split())
    return f"{name}: {description.strip()}" if description.strip() else name


def targets_of(examples: Sequence[Example], labels: Sequence[str]) -> NDArray[np.int64]:
    """Give the number of each example's label, shape (n,)."""
    numbers = {label: number for number, label in enumerate(labels)}
    return np.array([numbers[one.label] for one in examples], np.int64)


def unit(vectors: FloatArray) -> NDArray[np.float64]:
    """Give vectors of length 1."""
    wide = vectors.astype(np.float64)
    lengths = np.linalg.norm(wide, axis=1, keepdims=True)
    result: NDArray[np.float64] = wide / np.maximum(lengths, 1e-12)
    return result
