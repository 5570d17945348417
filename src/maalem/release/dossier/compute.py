# SPDX-License-Identifier: Apache-2.0
"""How much computing a training took at most, from what its run records say."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from maalem.models.weights import read_places
from maalem.records import Dataset, TrainingRun

BODIES = ("classify.v1",)
"""Kinds of models that have the body of a base model in them."""
THIRD = 1.0 / 3.0
"""Share of the base model's compute beyond which a modification makes a provider."""
_LEARN, _READ = 6, 2  # operations per parameter and token: both ways, and one way
_TEACHING = "teaching"


@dataclass(frozen=True, slots=True, kw_only=True)
class Compute:
    """The most that the runs of one release can have taken.

    Attributes:
        operations: Floating-point operations of all runs together, never too few.
        parameters: Parameters of the base model, embeddings included.
        texts: Examples in the teaching split.
        max_tokens: Tokens that a text has at most.
        epochs: Passes over the texts at most; 0 where the body was frozen.
        runs: Runs that are counted.
    """

    operations: float
    parameters: int
    texts: int
    max_tokens: int
    epochs: int
    runs: int


def most_compute(
    runs: Sequence[TrainingRun], dataset: Dataset, parameters: int | None
) -> Compute | None:
    """Bound the operations of a training from above.

    A tuned body takes 6 operations per parameter and token of every step, and 2 for
    every text it only reads: once at the end, and once more after each epoch where
    there are several. A frozen body only reads. Every text counts with the longest
    length allowed, every epoch as if none stopped early, and after every resumption as
    many steps again as lie between two saved states, and the last reading.

    Args:
        runs: The runs, all of one training.
        dataset: What they learned from.
        parameters: Of the base model.

    Returns:
        The bound; none where the kind of model has no such body, or the records do not
        say what is needed. The fit of the head is left out: no record counts its
        steps. So is the part of attention that grows with the square of the length,
        while the embeddings, which multiply nothing, count.

    Source:
        Kaplan et al. (2020), "Scaling Laws for Neural Language Models", section 2.1:
        about 2 N operations forward and 4 N backward per token.
    """
    texts = dict(dataset.counts).get(_TEACHING)
    recipes = [_recipe(run) for run in runs]
    if parameters is None or texts is None or not runs or None in recipes:
        return None
    known = [one for one in recipes if one is not None]
    tokens = sum(
        _weighed_texts(one, texts, resumed=run.resumed) * one.max_tokens
        for one, run in zip(known, runs, strict=True)
    )
    first = known[0]
    return Compute(
        operations=float(tokens * parameters),
        parameters=parameters,
        texts=texts,
        max_tokens=first.max_tokens,
        epochs=first.epochs if first.is_tuned else 0,
        runs=len(runs),
    )


def count_parameters(path: Path) -> int:
    """Count the parameters in a safetensors file, from its header alone.

    Raises:
        UnsafeWeightsError: The file is not what its header says.
    """
    return sum(math.prod(place.shape) for place in read_places(path))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Recipe:
    is_tuned: bool
    epochs: int
    batch_size: int
    max_tokens: int
    save_every: int


def _recipe(run: TrainingRun) -> _Recipe | None:
    if run.model_kind not in BODIES:
        return None
    said = {name: json.loads(text) for name, text in run.recipe}
    needed = ("epochs", "batch_size", "max_tokens", "save_every")
    if "gear" not in said or not all(isinstance(said.get(n), int) for n in needed):
        return None
    return _Recipe(
        is_tuned=said["gear"] == "full", **{name: said[name] for name in needed}
    )


def _weighed_texts(recipe: _Recipe, texts: int, *, resumed: int) -> int:
    """Count texts, each as often as the operations per parameter that it takes."""
    read = _READ * texts * (1 + resumed)
    if not recipe.is_tuned:
        return read
    steps = recipe.epochs * -(-texts // recipe.batch_size)
    steps += resumed * recipe.save_every
    if recipe.epochs > 1:
        read += _READ * texts * (recipe.epochs + resumed)
    return _LEARN * steps * recipe.batch_size + read
