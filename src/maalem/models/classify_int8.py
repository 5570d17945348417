# SPDX-License-Identifier: Apache-2.0
"""`classify-int8.v1`: a taught classifier whose encoder computes in 8 bits."""

import shutil
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar

import numpy as np

from maalem.errors import MissingPartError, UnsafeWeightsError
from maalem.models.classify import CHUNK, ClassifyKind, HeadOnVectors
from maalem.models.classify_folder import (
    COPIED,
    About,
    publish,
    read_about,
    read_dense,
    write_about,
    write_dense,
)
from maalem.models.classify_lesson import Lesson, fit_calibrated, lesson_of
from maalem.models.encoder_numpy import WeightTable
from maalem.models.encoder_shape import read_shape
from maalem.models.folder import check_folder, refuse_unsafe_folder
from maalem.models.folder_layout import write_layout
from maalem.models.int8_weights import write_int8
from maalem.models.protocol import Predictor, Progress, Recipe
from maalem.models.tokens import open_tokens
from maalem.models.weights import FloatArray
from maalem.records import Checkpoint, Example, LabelScores

SEEN = 256  # texts that the largest inputs are found with


class ClassifyInt8Kind:
    """Makes and loads classifiers in 8 bits; the base is a `classify.v1` classifier."""

    name: ClassVar[str] = "classify-int8.v1"
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
        """Round the encoder of a classifier and fit its head anew; see `ModelKind.fit`.

        The head is fitted on the vectors that will be served. Nothing is drawn at
        random, and a killed run simply starts again.

        Raises:
            DataError: The labels or the groups do not allow it (see `lesson_of`).
            MissingPartError: OpenVINO is not installed.
            UnsafeWeightsError: The base is no classifier that can be rounded.
        """
        checkpoint = into / "checkpoint"
        if checkpoint.is_dir():
            return
        _refuse_without_openvino()
        refuse_unsafe_folder(base)
        about = read_about(base)
        if about.kind != ClassifyKind.name:
            raise UnsafeWeightsError(
                f"a model of kind {about.kind} cannot be quantised",
                why=f"only {ClassifyKind.name} has an encoder that computes in floats",
                code="models.not-quantised",
            )
        lesson = lesson_of(
            examples, labels=labels, share=recipe.validation_share, seed=seed
        )
        made = into / "checkpoint.partial"
        shutil.rmtree(made, ignore_errors=True)
        yield Progress(stage="round", step=0, total=1)
        _write(made, base, about, texts=lesson.texts)
        yield from _finish(made, about, lesson)
        publish(made, checkpoint)
        yield Progress(stage="save", step=1, total=1)

    def load(self, checkpoint: Checkpoint, folder: Path) -> Predictor[LabelScores]:
        """Load a classifier after checking every file; see `ModelKind.load`.

        Raises:
            MissingPartError: OpenVINO is not installed.
        """
        check_folder(checkpoint, folder)
        refuse_unsafe_folder(folder)
        _refuse_without_openvino()
        from maalem.models.int8_openvino import open_int8_encoder  # noqa: PLC0415  # 1 s

        about = read_about(folder)
        encoder = open_int8_encoder(folder, max_tokens=about.max_tokens)
        return HeadOnVectors(encoder, read_dense(folder), about.labels)


def _refuse_without_openvino() -> None:
    if find_spec("openvino") is None:
        raise MissingPartError(
            "a classifier in 8 bits needs the package openvino",
            hint="pip install 'maalem[fast]'",
        )


def _write(made: Path, base: Path, about: About, *, texts: Sequence[str]) -> None:
    """Write the rounded encoder with the base's tokenizer."""
    from maalem.models.int8_openvino import largest_inputs  # noqa: PLC0415  # 1 s

    made.mkdir(parents=True)
    for name in COPIED:
        if (base / name).is_file():
            shutil.copyfile(base / name, made / name)
    shape = read_shape(base)
    write_layout(
        made, hidden=shape.hidden, window=about.max_tokens, prefix=about.prefix
    )
    weights = WeightTable(base / "model.safetensors", shape)
    some = texts[:: max(1, len(texts) // SEEN)][:SEEN]
    numbers = open_tokens(base, max_tokens=about.max_tokens).read(some)[0]
    largest = largest_inputs(weights, shape, numbers=numbers)
    write_int8(made, weights, shape, largest=largest)


def _finish(made: Path, about: About, lesson: Lesson) -> Iterator[Progress]:
    """Fit the head on the vectors that will be served, and write it."""
    from maalem.models.int8_openvino import open_int8_encoder  # noqa: PLC0415  # 1 s

    encoder = open_int8_encoder(made, max_tokens=about.max_tokens)
    vectors: FloatArray = np.zeros((len(lesson.texts), encoder.dimension), np.float32)
    for first in range(0, len(lesson.texts), CHUNK):
        part = lesson.texts[first : first + CHUNK]
        vectors[first : first + len(part)] = encoder.encode(part)
        yield Progress(stage="embed", step=first + len(part), total=len(lesson.texts))
    fitted = fit_calibrated(vectors, lesson, strength=about.strength)
    yield Progress(stage="head", step=1, total=1, loss=fitted.validation)
    write_dense(made, fitted.head)
    write_about(
        made,
        About(
            kind=ClassifyInt8Kind.name,
            labels=lesson.labels,
            languages=lesson.languages,
            temperature=fitted.temperature,
            strength=fitted.strength,
            validation=fitted.validation,
            gear=about.gear,
            max_tokens=about.max_tokens,
            prefix=about.prefix,
        ),
    )
