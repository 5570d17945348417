# SPDX-License-Identifier: Apache-2.0
"""`tiny.v1`: hashed runs of characters with softmax regression, taught in a second."""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np

from maalem.errors import UnsafeWeightsError
from maalem.models.calibration import softmax
from maalem.models.classify import scores_of
from maalem.models.classify_folder import (
    About,
    publish,
    read_about,
    write_about,
)
from maalem.models.classify_lesson import fit_calibrated, lesson_of
from maalem.models.folder import check_folder, refuse_unsafe_folder
from maalem.models.head import Head
from maalem.models.protocol import Predictor, Progress, Recipe
from maalem.models.sparse import SparseRows, sparse_rows
from maalem.models.tiny_features import character_marks, folded
from maalem.models.weights import read_tensors, write_tensors
from maalem.records import Checkpoint, Example, LabelScores

WIDTH = 1 << 14  # buckets; few-shot data fill a tenth of them
RUNS = (1, 2, 3, 4)
STRENGTH = 10.0  # rows have length 1; cross-validation would take longer than the rest


class TinyKind:
    """Teaches and loads the smallest real classifier, without a base model."""

    name: ClassVar[str] = "tiny.v1"
    needs_base: ClassVar[bool] = False

    def fit(
        self,
        base: Path,  # noqa: ARG002  # the one signature for teaching
        examples: Sequence[Example],
        *,
        labels: Sequence[str],
        recipe: Recipe,
        seed: int,
        into: Path,
    ) -> Iterator[Progress]:
        """Teach a classifier; see `ModelKind.fit`. A killed run simply starts again.

        Raises:
            DataError: The labels or the groups do not allow it (see `lesson_of`).
        """
        checkpoint = into / "checkpoint"
        if checkpoint.is_dir():
            return
        lesson = lesson_of(
            examples, labels=labels, share=recipe.validation_share, seed=seed
        )
        features = tiny_features(lesson.texts)
        yield Progress(stage="embed", step=len(lesson.texts), total=len(lesson.texts))
        strength = recipe.strength or STRENGTH
        fitted = fit_calibrated(features, lesson, strength=strength)
        yield Progress(stage="head", step=1, total=1, loss=fitted.validation)
        about = About(
            kind=self.name,
            labels=lesson.labels,
            languages=lesson.languages,
            temperature=fitted.temperature,
            strength=fitted.strength,
            validation=fitted.validation,
        )
        made = into / "checkpoint.partial"
        shutil.rmtree(made, ignore_errors=True)
        _write(made, fitted.head, about)
        publish(made, checkpoint)
        yield Progress(stage="save", step=1, total=1)

    def load(self, checkpoint: Checkpoint, folder: Path) -> Predictor[LabelScores]:
        """Load a classifier after checking every file; see `ModelKind.load`."""
        check_folder(checkpoint, folder)
        refuse_unsafe_folder(folder)
        about = read_about(folder)
        tensors = read_tensors(folder / "model.safetensors")
        wanted = {"bias": (len(about.labels),), "weights": (WIDTH, len(about.labels))}
        if {name: value.shape for name, value in tensors.items()} != wanted:
            raise UnsafeWeightsError(
                f"{folder} is not a {self.name} classifier", code="weights.shape"
            )
        head = Head(
            weights=tensors["weights"].astype(np.float64),
            bias=tensors["bias"].astype(np.float64),
        )
        return TinyPredictor(head, about.labels)


class TinyPredictor:
    """Answers with hashed runs of characters."""

    def __init__(self, head: Head, labels: Sequence[str]) -> None:
        self._head = head
        self._labels = tuple(labels)

    def predict(self, inputs: Sequence[str]) -> tuple[LabelScores, ...]:
        """Answer each input: same length, same order; one at a time gives the same."""
        if not inputs:
            return ()
        chances = softmax(self._head.logits(tiny_features(inputs)))
        return scores_of(chances, self._labels)


def tiny_features(texts: Sequence[str]) -> SparseRows:
    """Count hashed runs of 1 to 4 characters, log-scaled, every row of length 1."""
    rows = []
    for text in texts:
        buckets = character_marks(folded(text), RUNS) >> np.uint64(50)
        columns, counts = np.unique(buckets.astype(np.int64), return_counts=True)
        rows.append((columns, 1.0 + np.log(counts)))
    return sparse_rows(rows, width=WIDTH).unit()


def _write(folder: Path, head: Head, about: About) -> None:
    folder.mkdir(parents=True)
    weights, bias = head.weights.astype(np.float32), head.bias.astype(np.float32)
    write_tensors(
        folder / "model.safetensors",
        [
            ("bias", bias.shape, lambda: (bias,)),
            ("weights", weights.shape, lambda: (weights,)),
        ],
    )
    write_about(folder, about)
