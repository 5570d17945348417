# SPDX-License-Identifier: Apache-2.0
"""An encoder in 8 bits: how its weights are rounded, and the file they lie in.

A linear map is rounded output by output; what goes into it is rounded by one scale for
all, after its inputs were brought nearer to each other. Sums are whole numbers, so that
they are exact.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

from maalem.errors import UnsafeWeightsError
from maalem.models.encoder_numpy import Embedding, Layer, Linear, Norm, WeightTable
from maalem.models.encoder_shape import EncoderShape
from maalem.models.weights import FloatArray, read_places, read_tensors

FILE = "model.int8.safetensors"
MAPS = ("attend", "mix", "widen", "narrow")
NORMS = ("mix_norm", "narrow_norm")
EVEN = 0.65  # how far inputs are evened out; of 0.5 and 0.65 the vectors nearer to fp32
LEVELS = 127

Int8Array = NDArray[np.int8]


@dataclass(frozen=True, slots=True, kw_only=True)
class Int8Linear:
    """A linear map in 8 bits.

    Attributes:
        matrix: Rounded weights, shape (outputs, inputs).
        scale: What a step of each output is worth, shape (outputs,).
        bias: Shape (outputs,).
        spread: What each input is divided by first, shape (inputs,).
        reach: The largest input after that; what is larger is cut to it.
    """

    matrix: Int8Array
    scale: FloatArray
    bias: FloatArray
    spread: FloatArray
    reach: float


def rounded(linear: Linear, largest: FloatArray) -> Int8Linear:
    """Round a linear map.

    Args:
        linear: The map.
        largest: Largest absolute value of each input that was seen, shape (inputs,).

    Source:
        Xiao et al. (2023), "SmoothQuant: Accurate and Efficient Post-Training
        Quantization for Large Language Models", equation 4; scales per output as in
        Jacob et al. (2018), "Quantization and Training of Neural Networks for Efficient
        Integer-Arithmetic-Only Inference". Spreads have a geometric mean of 1.
    """
    seen = np.maximum(largest, 1e-5)
    matrix = linear.matrix.T
    weighty = np.maximum(np.abs(matrix).max(axis=0), 1e-5)
    spread = seen**EVEN / weighty ** (1.0 - EVEN)
    spread = (spread / np.exp(np.log(spread).mean())).astype(np.float32)
    whole, scale = _stepped(matrix * spread)
    return Int8Linear(
        matrix=whole,
        scale=scale,
        bias=linear.bias,
        spread=spread,
        reach=float((seen / spread).max()),
    )


def write_int8(
    folder: Path,
    weights: WeightTable,
    shape: EncoderShape,
    *,
    largest: list[FloatArray],
) -> None:
    """Write an encoder in 8 bits; the same weights give the same bytes.

    Args:
        folder: Where the file goes.
        weights: In 32-bit floats.
        shape: Of the encoder.
        largest: Largest inputs of each linear map, layer by layer, as `MAPS` has them.
    """
    embedding = weights.embedding()
    words, scale = _stepped(embedding.words)
    tensors: dict[str, NDArray[np.generic]] = {
        "words": words,
        "words.scale": scale,
        "positions": np.ascontiguousarray(embedding.positions),
        **_of_norm("norm", embedding.norm),
    }
    seen = iter(largest)
    for number in range(shape.layers):
        layer = weights.layer(number)
        for name in MAPS:
            made = rounded(getattr(layer, name), next(seen))
            tensors |= _of_map(f"layer.{number}.{name}", made)
        for name in NORMS:
            tensors |= _of_norm(f"layer.{number}.{name}", getattr(layer, name))
    save_file(tensors, folder / FILE, metadata={"format": "np"})


class Int8Table:
    """The weights of an encoder in 8 bits, with their shapes checked.

    Raises:
        UnsafeWeightsError: The file is unsound, or a tensor is missing or of another
            shape.
    """

    def __init__(self, path: Path, shape: EncoderShape) -> None:
        self._path, self._shape = path, shape
        self._floats = read_tensors(path)
        self._whole = {
            one.name: np.memmap(path, np.int8, "r", one.start, one.shape)
            for one in read_places(path)
            if one.dtype == "I8"
        }

    def embedding(self) -> Embedding:
        """Give the tables in 32-bit floats."""
        hidden = self._shape.hidden
        words = self._ints("words", -1, hidden)
        scale = self._reals("words.scale", len(words))
        return Embedding(
            words=words.astype(np.float32) * scale[:, None],
            positions=self._reals("positions", -1, hidden),
            norm=self._norm("norm"),
        )

    def layer(self, number: int) -> Layer[Int8Linear]:
        """Give one layer."""
        hidden, place = self._shape.hidden, f"layer.{number}"
        inner = len(self._reals(f"{place}.widen.bias", -1))
        return Layer(
            attend=self._map(f"{place}.attend", hidden, 3 * hidden),
            mix=self._map(f"{place}.mix", hidden, hidden),
            mix_norm=self._norm(f"{place}.mix_norm"),
            widen=self._map(f"{place}.widen", hidden, inner),
            narrow=self._map(f"{place}.narrow", inner, hidden),
            narrow_norm=self._norm(f"{place}.narrow_norm"),
        )

    def _map(self, name: str, inputs: int, outputs: int) -> Int8Linear:
        return Int8Linear(
            matrix=self._ints(f"{name}.weight", outputs, inputs),
            scale=self._reals(f"{name}.scale", outputs),
            bias=self._reals(f"{name}.bias", outputs),
            spread=self._reals(f"{name}.spread", inputs),
            reach=float(self._reals(f"{name}.reach", 1)[0]),
        )

    def _norm(self, name: str) -> Norm:
        hidden = self._shape.hidden
        return Norm(
            gain=self._reals(f"{name}.gain", hidden),
            bias=self._reals(f"{name}.bias", hidden),
            epsilon=self._shape.epsilon,
        )

    def _reals(self, name: str, *axes: int) -> FloatArray:
        return np.array(self._found(self._floats, name, axes), np.float32)

    def _ints(self, name: str, *axes: int) -> Int8Array:
        return np.array(self._found(self._whole, name, axes), np.int8)

    def _found(
        self,
        tensors: Mapping[str, NDArray[np.generic]],
        name: str,
        axes: tuple[int, ...],
    ) -> NDArray[np.generic]:
        found = tensors.get(name)
        shape = None if found is None else found.shape
        fits = shape is not None and len(shape) == len(axes)
        if (
            found is None
            or shape is None
            or not fits
            or any(want not in (-1, has) for want, has in zip(axes, shape, strict=True))
        ):
            raise UnsafeWeightsError(
                f"{self._path.name} is no encoder in 8 bits: {name!r} is missing or of "
                "another shape",
                hint="quantise the model anew",
                code="weights.shape",
            )
        return found


def _stepped(matrix: FloatArray) -> tuple[Int8Array, FloatArray]:
    """Round rows to whole steps; give the steps and what one is worth in each row."""
    scale = np.maximum(np.abs(matrix).max(axis=1), 1e-12) / LEVELS
    whole = np.clip(np.rint(matrix / scale[:, None]), -LEVELS, LEVELS)
    return np.ascontiguousarray(whole.astype(np.int8)), scale.astype(np.float32)


def _of_map(name: str, made: Int8Linear) -> dict[str, NDArray[np.generic]]:
    return {
        f"{name}.weight": made.matrix,
        f"{name}.scale": made.scale,
        f"{name}.bias": np.ascontiguousarray(made.bias),
        f"{name}.spread": made.spread,
        f"{name}.reach": np.array([made.reach], np.float32),
    }


def _of_norm(name: str, norm: Norm) -> dict[str, NDArray[np.generic]]:
    return {f"{name}.gain": norm.gain, f"{name}.bias": norm.bias}
