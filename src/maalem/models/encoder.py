# SPDX-License-Identifier: Apache-2.0
"""Texts become vectors: one encoder, three ways to compute it, the same answer.

The window, the order of the batches, the prefix and the length of the vectors are
decided here; what computes a batch is a function (see `Forward`).
"""

from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from maalem.errors import MissingPartError, SettingsError, UnsafeWeightsError
from maalem.models.encoder_numpy import numpy_forward
from maalem.models.encoder_shape import EncoderShape, Forward, IntArray, read_shape
from maalem.models.tokens import TokenReader, open_tokens
from maalem.models.weights import FloatArray

__all__ = [
    "Encoder",
    "EncoderShape",
    "IntArray",
    "length_sorted",
    "open_encoder",
    "padded",
    "read_shape",
]

WINDOW = 4096  # texts tokenised and sorted together: memory is flat beyond it
BATCH_TOKENS = 4096  # padded tokens in a batch: 100 MB of attention at 512 tokens
Batches: TypeAlias = Callable[[Sequence[IntArray]], Iterator[IntArray]]
"""Gives the places of inputs, batch by batch."""
PARTS = {"numpy": "numpy", "torch": "torch", "openvino": "openvino"}


class Encoder:
    """Turns texts into vectors; a batch gives what its texts give one by one.

    One encoder serves one thread at a time.

    Attributes:
        dimension: Length of a vector.
        max_tokens: Longest input in tokens; what is longer is cut and counted.
        backend: What computes: `numpy`, `torch` or `openvino`.
        truncated: Texts cut since the encoder was opened.
    """

    def __init__(
        self,
        tokens: TokenReader,
        forward: Forward,
        *,
        shape: EncoderShape,
        backend: str,
        batches: Batches | None = None,
    ) -> None:
        self._tokens = tokens
        self._forward = forward
        self._batches = batches or length_sorted
        self._normalised = shape.normalised
        self.dimension = shape.hidden
        self.max_tokens = tokens.max_tokens
        self.backend = backend
        self.truncated = 0

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """Give one vector for each text, in the order of the texts.

        Texts of like length are computed together, so that little is padding; memory
        does not grow with the number of texts beyond the answer itself. An empty text
        has the vector of the special tokens alone.

        Returns:
            32-bit floats, shape (len(texts), dimension).
        """
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        for first in range(0, len(texts), WINDOW):
            part = texts[first : first + WINDOW]
            numbers, truncated = self._tokens.read(part)
            self.truncated += truncated
            for places in self._batches(numbers):
                batch = self._forward(*padded([numbers[place] for place in places]))
                vectors[first + places] = batch
        return _unit(vectors) if self._normalised else vectors

    def measure(self, texts: Sequence[str]) -> list[tuple[int, bool]]:
        """Tell how many tokens of each text are read, and whether it is cut there."""
        return self._tokens.measure(texts)


def open_encoder(
    folder: Path, *, backend: str = "numpy", max_tokens: int | None = None
) -> Encoder:
    """Open the encoder of a sentence-transformers folder.

    A `Dense` head behind the encoder is not applied. The folder is not searched for
    unsafe files: call `refuse_unsafe_folder` first.

    Args:
        folder: The folder.
        backend: `numpy` (float32, exact), `openvino` or `torch` (bfloat16 where the
            processor has it).
        max_tokens: A shorter window than the model's, in tokens.

    Raises:
        SettingsError: The backend is not known, or the window is below 3 tokens.
        MissingPartError: The backend's package is not installed.
        UnsafeWeightsError: The weights are unsound or not those of a BERT encoder with
            mean pooling.
    """
    if backend not in PARTS:
        known = ", ".join(PARTS)
        raise SettingsError(f"there is no backend {backend!r}", hint=f"take {known}")
    if find_spec(PARTS[backend]) is None:
        extra = "fast" if backend == "openvino" else "ml"
        raise MissingPartError(
            f"the backend {backend} needs the package {PARTS[backend]}",
            hint=f"pip install 'maalem[{extra}]'",
        )
    shape = read_shape(folder)
    tokens = open_tokens(folder, max_tokens=max_tokens)
    forward = _open_forward(folder, shape, backend)
    return Encoder(tokens, forward, shape=shape, backend=backend)


def length_sorted(numbers: Sequence[IntArray]) -> Iterator[IntArray]:
    """Give the places of the inputs, batch by batch, from the longest to the shortest.

    The longest come first, so that a batch that does not fit fails at once.
    """
    lengths = np.array([len(one) for one in numbers])
    order = np.argsort(-lengths, kind="stable")
    first = 0
    while first < len(order):
        size = max(1, BATCH_TOKENS // int(lengths[order[first]]))
        yield order[first : first + min(size, 64)]
        first += min(size, 64)


def padded(numbers: Sequence[IntArray]) -> tuple[IntArray, NDArray[np.bool_]]:
    """Put inputs of several lengths into one table, shape (batch, longest)."""
    lengths = np.array([len(one) for one in numbers])
    present = np.arange(lengths.max()) < lengths[:, None]
    table = np.zeros(present.shape, np.int64)
    table[present] = np.concatenate(numbers)
    return table, present


def _open_forward(folder: Path, shape: EncoderShape, backend: str) -> Forward:
    path = folder / "model.safetensors"
    if not path.is_file():
        raise UnsafeWeightsError(f"{folder} has no {path.name}", code="weights.none")
    if backend == "openvino":
        from maalem.models.fast_openvino import openvino_forward  # noqa: PLC0415  # 1 s

        return openvino_forward(path, shape)
    if backend == "torch":
        from maalem.models.fast_torch import torch_forward  # noqa: PLC0415  # 3 s

        return torch_forward(path)
    return numpy_forward(path, shape)


def _unit(vectors: FloatArray) -> FloatArray:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors /= np.maximum(lengths, np.float32(1e-12))
    return vectors
