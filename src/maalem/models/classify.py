# SPDX-License-Identifier: Apache-2.0
"""`classify.v1`: a sentence encoder with a linear head, tuned or frozen."""

import shutil
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from maalem.errors import MissingPartError
from maalem.models.calibration import softmax
from maalem.models.classify_folder import (
    About,
    publish,
    read_about,
    read_dense,
    write_about,
    write_dense,
    write_encoder,
)
from maalem.models.classify_lesson import (
    Lesson,
    cross_validated,
    fit_calibrated,
    lesson_of,
)
from maalem.models.embedding import Embedder
from maalem.models.encoder import Encoder, open_encoder
from maalem.models.folder import check_folder, refuse_unsafe_folder
from maalem.models.head import Head
from maalem.models.protocol import Predictor, Progress, Recipe
from maalem.models.tokens import TokenReader, open_tokens
from maalem.models.weights import FloatArray
from maalem.records import Checkpoint, Example, LabelScores

CHUNK = 256  # texts encoded between two signs of life
# A tuned body has seen the texts, so cross-validation over them chooses too much: 300,
# and up to 3 points less accuracy on ATT&CK tactics with 16 examples a label.
TUNED_STRENGTH = 3.0


class ClassifyKind:
    """Teaches and loads sentence encoders with a linear head."""

    name: ClassVar[str] = "classify.v1"
    needs_base: ClassVar[bool] = True

    def fit(
        self,
        base: Path,
        examples: Sequence[Example],
        *,
        labels: Sequence[str],
        recipe: Recipe,
        seed: int,
        into: Path,
    ) -> Iterator[Progress]:
        """Teach a classifier; see `ModelKind.fit`.

        The gear `quick` needs no torch. Neither gear draws on chance but through the
        seed, so a run that was killed ends with the bits of one that was not.

        Raises:
            DataError: The labels or the groups do not allow it (see `lesson_of`).
            MissingPartError: The gear `full` was asked for and torch is not installed.
            UnsafeWeightsError: The base folder is not safe to load.
            EngineError: The saved state is damaged.
        """
        checkpoint, state = into / "checkpoint", into / "state"
        if checkpoint.is_dir():
            shutil.rmtree(state, ignore_errors=True)
            return
        refuse_unsafe_folder(base)
        lesson = lesson_of(
            examples, labels=labels, share=recipe.validation_share, seed=seed
        )
        reader = open_tokens(base, max_tokens=recipe.max_tokens)
        tuned: dict[str, FloatArray] = {}
        if recipe.gear == "full":
            yield from _tune(base, lesson, reader, recipe=recipe, folder=state)
            tuned = _tuned(state)
        made = into / "checkpoint.partial"
        shutil.rmtree(made, ignore_errors=True)
        write_encoder(
            made,
            base,
            tuned=tuned,
            max_tokens=reader.max_tokens,
            prefix=reader.prefix,
        )
        yield from _finish(made, lesson, recipe=recipe)
        publish(made, checkpoint)
        shutil.rmtree(state, ignore_errors=True)
        yield Progress(stage="save", step=1, total=1)

    def load(self, checkpoint: Checkpoint, folder: Path) -> Predictor[LabelScores]:
        """Load a classifier after checking every file; see `ModelKind.load`."""
        check_folder(checkpoint, folder)
        refuse_unsafe_folder(folder)
        return open_classifier(folder)


class HeadOnVectors:
    """Answers with a head on the vectors of an encoder; needs no torch.

    Attributes:
        labels: Label of each score, in order.
        max_tokens: Longest input in tokens; what is longer is cut.
        embedder: Gives the vectors that the head answers from.
    """

    def __init__(self, encoder: Encoder, head: Head, labels: Sequence[str]) -> None:
        self._encoder = encoder
        self._head = head
        self.labels = tuple(labels)
        self.max_tokens = encoder.max_tokens
        self.embedder = Embedder(encoder)

    def logits(self, inputs: Sequence[str]) -> NDArray[np.float64]:
        """Give the scores before softmax, shape (inputs, labels)."""
        return self._head.logits(self._encoder.encode(inputs))

    def predict(self, inputs: Sequence[str]) -> tuple[LabelScores, ...]:
        """Answer each input: same length, same order; one at a time gives the same."""
        if not inputs:
            return ()
        return scores_of(softmax(self.logits(inputs)), self.labels)


def open_classifier(folder: Path, *, backend: str = "numpy") -> HeadOnVectors:
    """Open a checkpoint folder whose files were checked already.

    Args:
        folder: The folder.
        backend: What computes the vectors, as for `open_encoder`.

    Raises:
        UnsafeWeightsError: It is no classifier.
    """
    about = read_about(folder)
    encoder = open_encoder(folder, backend=backend, max_tokens=about.max_tokens)
    return HeadOnVectors(encoder, read_dense(folder), about.labels)


def scores_of(
    chances: NDArray[np.float64], labels: tuple[str, ...]
) -> tuple[LabelScores, ...]:
    """Give probabilities of shape (n, labels) as answers."""
    return tuple(
        LabelScores(labels=labels, probabilities=tuple(row)) for row in chances.tolist()
    )


def _tune(
    base: Path, lesson: Lesson, reader: TokenReader, *, recipe: Recipe, folder: Path
) -> Iterator[Progress]:
    if find_spec("torch") is None:
        raise MissingPartError(
            "the gear 'full' needs torch",
            why="it tunes the encoder, not the head alone",
            hint='pip install "maalem[ml]", or set gear = "quick"',
        )
    from maalem.models.contrastive import Pupil, tune_body  # noqa: PLC0415  # torch

    pupil = Pupil(
        numbers=reader.read(lesson.texts)[0],
        targets=lesson.targets,
        held=lesson.held,
    )
    yield from tune_body(base, pupil, recipe=recipe, seed=lesson.seed, folder=folder)


def _tuned(folder: Path) -> dict[str, FloatArray]:
    from maalem.models.contrastive import tuned_tensors  # noqa: PLC0415  # torch

    return tuned_tensors(folder)


def _finish(made: Path, lesson: Lesson, *, recipe: Recipe) -> Iterator[Progress]:
    """Fit the head on the vectors that will be served, and write it."""
    encoder = open_encoder(made)
    vectors = np.zeros((len(lesson.texts), encoder.dimension), np.float32)
    for first in range(0, len(lesson.texts), CHUNK):
        part = lesson.texts[first : first + CHUNK]
        vectors[first : first + len(part)] = encoder.encode(part)
        yield Progress(stage="embed", step=first + len(part), total=len(lesson.texts))
    strength = recipe.strength
    if strength == 0.0 and recipe.gear == "full":
        strength = TUNED_STRENGTH
    elif strength == 0.0:
        strength = cross_validated(vectors, lesson)
    fitted = fit_calibrated(vectors, lesson, strength=strength)
    yield Progress(stage="head", step=1, total=1, loss=fitted.validation)
    write_dense(made, fitted.head)
    write_about(
        made,
        About(
            kind=ClassifyKind.name,
            labels=lesson.labels,
            languages=lesson.languages,
            temperature=fitted.temperature,
            strength=fitted.strength,
            validation=fitted.validation,
            gear=recipe.gear,
            max_tokens=encoder.max_tokens,
            prefix=open_tokens(made).prefix,
        ),
    )
