# SPDX-License-Identifier: Apache-2.0
"""The forward pass of a BERT encoder in float32, with numpy alone."""

from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from maalem.errors import UnsafeWeightsError
from maalem.models.encoder_shape import EncoderShape, Forward, IntArray
from maalem.models.weights import FloatArray, read_tensors

# Phi(x) - 1/2 = x * P(x^2) / Q(x^2) for |x| <= 5.4, fitted by reweighted least squares
# to 5.5e-9; beyond it Phi is 0 or 1 to 3.3e-8.
PIECE = 16_384  # numbers in flight: they stay in the second-level cache
ABOVE = (
    0.398942232131958,
    0.033372264355421066,
    0.0046508535742759705,
    0.00016432206030003726,
    6.360024599416647e-06,
    2.3386723668750165e-08,
)
BELOW = (
    1.0,
    0.25031793117523193,
    0.02837870642542839,
    0.0018589835381135345,
    7.240031118271872e-05,
    1.216591044794768e-06,
)
EDGE = 5.4

M = TypeVar("M")


@dataclass(frozen=True, slots=True, kw_only=True)
class Linear:
    """A matrix of shape (inputs, outputs) and a bias of shape (outputs,)."""

    matrix: FloatArray
    bias: FloatArray

    def __call__(self, states: FloatArray) -> FloatArray:
        """Apply it to states of shape (tokens, inputs)."""
        result: FloatArray = states @ self.matrix
        result += self.bias
        return result


@dataclass(frozen=True, slots=True, kw_only=True)
class Norm:
    """A layer norm: gain and bias of shape (hidden,), and what is added to variance."""

    gain: FloatArray
    bias: FloatArray
    epsilon: float

    def __call__(self, states: FloatArray) -> FloatArray:
        """Apply it in place to states of shape (tokens, hidden)."""
        states -= states.mean(axis=1, keepdims=True)
        variance = np.einsum("th,th->t", states, states) / np.float32(states.shape[1])
        states *= (1.0 / np.sqrt(variance + np.float32(self.epsilon)))[:, None]
        states *= self.gain
        states += self.bias
        return states


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer(Generic[M]):
    """One transformer layer; `attend` gives query, key and value side by side."""

    attend: M
    mix: M
    mix_norm: Norm
    widen: M
    narrow: M
    narrow_norm: Norm


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedding:
    """Word and position tables, shapes (pieces, hidden) and (positions, hidden)."""

    words: FloatArray
    positions: FloatArray
    norm: Norm


class WeightTable:
    """The tensors of a BERT encoder by name, with their shapes checked."""

    def __init__(self, path: Path, shape: EncoderShape) -> None:
        self._tensors = read_tensors(path)
        self._shape = shape

    def get(self, name: str, *axes: int) -> FloatArray:
        """Give a tensor of the wanted shape; -1 stands for any length.

        Raises:
            UnsafeWeightsError: It is missing or has another shape.
        """
        tensor = self._tensors.get(name)
        found = None if tensor is None else tensor.shape
        matches = found is not None and len(found) == len(axes)
        if tensor is None or not matches:
            raise _misfit(name, found)
        if any(
            want not in (-1, has) for want, has in zip(axes, tensor.shape, strict=True)
        ):
            raise _misfit(name, found)
        return tensor

    def linear(self, name: str, inputs: int, outputs: int) -> Linear:
        """Give a linear map, its matrix ready to be multiplied from the right."""
        matrix = self.get(f"{name}.weight", outputs, inputs)
        bias = self.get(f"{name}.bias", outputs)
        return Linear(matrix=np.ascontiguousarray(matrix.T), bias=np.array(bias))

    def norm(self, name: str) -> Norm:
        """Give a layer norm."""
        hidden = self._shape.hidden
        return Norm(
            gain=np.array(self.get(f"{name}.weight", hidden)),
            bias=np.array(self.get(f"{name}.bias", hidden)),
            epsilon=self._shape.epsilon,
        )

    def embedding(self) -> Embedding:
        """Give the tables; the first token type is added to every position."""
        place, hidden = "embeddings", self._shape.hidden
        kinds = self.get(f"{place}.token_type_embeddings.weight", -1, hidden)
        positions = self.get(f"{place}.position_embeddings.weight", -1, hidden)
        return Embedding(
            words=self.get(f"{place}.word_embeddings.weight", -1, hidden),
            positions=positions + kinds[0],
            norm=self.norm(f"{place}.LayerNorm"),
        )

    def layer(self, number: int) -> Layer[Linear]:
        """Give one layer, its query scaled so that the scores need no scaling."""
        place, hidden = f"encoder.layer.{number}", self._shape.hidden
        parts = [
            self.linear(f"{place}.attention.self.{part}", hidden, hidden)
            for part in ("query", "key", "value")
        ]
        scale = np.float32((hidden // self._shape.heads) ** -0.5)
        scaled = [parts[0].matrix * scale, parts[1].matrix, parts[2].matrix]
        biases = [parts[0].bias * scale, parts[1].bias, parts[2].bias]
        inner = self.get(f"{place}.intermediate.dense.bias", -1).shape[0]
        return Layer(
            attend=Linear(
                matrix=np.concatenate(scaled, axis=1), bias=np.concatenate(biases)
            ),
            mix=self.linear(f"{place}.attention.output.dense", hidden, hidden),
            mix_norm=self.norm(f"{place}.attention.output.LayerNorm"),
            widen=self.linear(f"{place}.intermediate.dense", hidden, inner),
            narrow=self.linear(f"{place}.output.dense", inner, hidden),
            narrow_norm=self.norm(f"{place}.output.LayerNorm"),
        )


def numpy_forward(path: Path, shape: EncoderShape) -> Forward:
    """Open the weights for a forward pass that needs nothing but numpy.

    Raises:
        UnsafeWeightsError: A tensor is missing, unsound or of another shape.
    """
    table = WeightTable(path, shape)
    embedding = table.embedding()
    layers = [table.layer(number) for number in range(shape.layers)]

    def forward(numbers: IntArray, present: NDArray[np.bool_]) -> FloatArray:
        states = embedding.words[numbers.ravel()].reshape(*numbers.shape, -1)
        states = states + embedding.positions[: numbers.shape[1]]
        states = embedding.norm(states.reshape(-1, shape.hidden))
        hidden_bias = np.where(present, np.float32(0), np.float32(-np.inf))
        for layer in layers:
            mixed = layer.mix(
                _attention(layer.attend(states), hidden_bias, shape.heads)
            )
            mixed += states
            states = layer.mix_norm(mixed)
            narrowed = layer.narrow(gelu(layer.widen(states)))
            narrowed += states
            states = layer.narrow_norm(narrowed)
        kept = states.reshape(*numbers.shape, -1) * present[:, :, None]
        counts = present.sum(axis=1, keepdims=True).astype(np.float32)
        mean: FloatArray = kept.sum(axis=1) / counts
        return mean

    return forward


def gelu(values: FloatArray) -> FloatArray:
    """Apply x * Phi(x) in place to a contiguous array, exact to 3e-7 times |x|.

    Source:
        Hendrycks and Gimpel (2016), "Gaussian Error Linear Units", section 2, the exact
        form; the rational approximation of Phi is our own fit.
    """
    flat = values.reshape(-1)
    for first in range(0, flat.size, PIECE):
        part = flat[first : first + PIECE]
        near = np.clip(part, -EDGE, EDGE)
        square = near * near
        near *= _polynomial(ABOVE, square)
        near /= _polynomial(BELOW, square)
        near += np.float32(0.5)
        part *= near
    return values


def _polynomial(coefficients: tuple[float, ...], values: FloatArray) -> FloatArray:
    result = values * np.float32(coefficients[-1])
    for coefficient in coefficients[-2:0:-1]:
        result += np.float32(coefficient)
        result *= values
    result += np.float32(coefficients[0])
    return result


def _attention(mixed: FloatArray, bias: FloatArray, heads: int) -> FloatArray:
    """Attend within each text; `mixed` is (batch * length, 3 * hidden)."""
    batch, length = bias.shape
    parts = mixed.reshape(batch, length, 3, heads, -1).transpose(2, 0, 3, 1, 4)
    scores = parts[0] @ parts[1].swapaxes(-1, -2)
    scores += bias[:, None, None, :]
    scores -= scores.max(axis=-1, keepdims=True)
    np.exp(scores, out=scores)
    scores /= scores.sum(axis=-1, keepdims=True)
    attended = (scores @ parts[2]).transpose(0, 2, 1, 3)
    result: FloatArray = attended.reshape(batch * length, -1)
    return result


def _misfit(name: str, found: tuple[int, ...] | None) -> UnsafeWeightsError:
    what = "is missing" if found is None else f"has the shape {found}"
    return UnsafeWeightsError(
        f"the tensor {name!r} {what}",
        why="config.json promises another encoder than model.safetensors holds",
        hint="take config.json and model.safetensors of the same model",
        code="weights.shape",
    )
