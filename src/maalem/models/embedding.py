# SPDX-License-Identifier: Apache-2.0
"""The vectors behind a classifier's answers, for whoever searches or compares texts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from maalem.models.encoder import Encoder
from maalem.models.weights import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedding:
    """The vector of one text.

    Attributes:
        vector: 32-bit floats, shape (dimension,).
        tokens: Tokens that were read, special ones included.
        is_cut: Whether the text was longer than the model's window.
    """

    vector: FloatArray
    tokens: int
    is_cut: bool


class Embedder:
    """Answers with vectors, as a `Predictor` answers with scores.

    Attributes:
        dimension: Length of a vector.
    """

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self.dimension = encoder.dimension

    def predict(self, inputs: Sequence[str]) -> tuple[Embedding, ...]:
        """Give the vector of each input: same length, same order."""
        vectors = self._encoder.encode(inputs)
        measured = self._encoder.measure(inputs)
        return tuple(
            Embedding(vector=vector, tokens=tokens, is_cut=is_cut)
            for vector, (tokens, is_cut) in zip(vectors, measured, strict=True)
        )

    def count(self, text: str) -> int:
        """Tell how many tokens of a text are read; any thread may ask."""
        ((tokens, _),) = self._encoder.measure([text])
        return tokens


@runtime_checkable
class Embeds(Protocol):
    """A model that answers from vectors."""

    @property
    def embedder(self) -> Embedder:
        """Gives them."""
        ...


def find_embedder(model: object) -> Embedder | None:
    """Give what makes a model's vectors, if it answers from any."""
    return model.embedder if isinstance(model, Embeds) else None
