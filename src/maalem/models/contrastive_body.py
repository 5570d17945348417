# SPDX-License-Identifier: Apache-2.0
"""A BERT encoder in torch that learns: the one forward pass that has gradients.

Texts of a batch lie one after another without padding; only attention sees them as a
table. That saves the third to half of the work that padding costs short texts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from maalem.models.encoder import EncoderShape, IntArray, length_sorted
from maalem.models.weights import FloatArray, read_tensors

WORDS = "embeddings.word_embeddings.weight"
UNUSED = ("pooler.", "embeddings.position_ids")


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """A batch without padding.

    Attributes:
        numbers: Token numbers of all texts, shape (tokens,).
        positions: Position of each token in its text, shape (tokens,).
        slots: Place of each token in a padded table, shape (tokens,).
        present: True where the table has a token, shape (batch, 1, 1, longest).
        lengths: Tokens of each text, shape (batch,).
    """

    numbers: torch.Tensor
    positions: torch.Tensor
    slots: torch.Tensor
    present: torch.Tensor
    lengths: torch.Tensor


def packed(numbers: Sequence[IntArray]) -> Packed:
    """Lay the texts of a batch one after another."""
    lengths = np.array([len(one) for one in numbers])
    positions = np.concatenate([np.arange(length) for length in lengths])
    rows = np.repeat(np.arange(len(lengths)), lengths)
    present = np.arange(lengths.max()) < lengths[:, None]
    return Packed(
        numbers=torch.from_numpy(np.concatenate(numbers)),
        positions=torch.from_numpy(positions),
        slots=torch.from_numpy(rows * lengths.max() + positions),
        present=torch.from_numpy(present)[:, None, None, :],
        lengths=torch.from_numpy(lengths),
    )


class Body:
    """The tensors of an encoder, of which all but the word table learn.

    Attributes:
        tensors: All tensors by name.
        learning: Names of those that learn, sorted.
    """

    def __init__(self, path: Path, shape: EncoderShape, *, bfloat16: bool) -> None:
        self._shape = shape
        self._bfloat16 = bfloat16
        self.tensors = {
            name: torch.tensor(value)
            for name, value in sorted(read_tensors(path).items())
            if not name.startswith(UNUSED)
        }
        # 96 of 117 million parameters of the multilingual encoder are its word table,
        # and few-shot data touch few of its rows: it stays as it is.
        self.learning = [name for name in self.tensors if name != WORDS]
        for name in self.learning:
            self.tensors[name].requires_grad = True

    def learning_tensors(self) -> dict[str, torch.Tensor]:
        """Give the tensors that learn, by name."""
        return {name: self.tensors[name] for name in self.learning}

    def encode(self, numbers: Sequence[IntArray]) -> torch.Tensor:
        """Give unit vectors of one batch, with gradients, shape (batch, hidden)."""
        batch = packed(numbers)
        with torch.autocast("cpu", torch.bfloat16, enabled=self._bfloat16):
            states = self._embed(batch)
            for number in range(self._shape.layers):
                states = self._layer(states, batch, f"encoder.layer.{number}")
        means = torch.segment_reduce(
            states.float(), "mean", lengths=batch.lengths, axis=0
        )
        return functional.normalize(means)

    def embed_all(self, numbers: Sequence[IntArray]) -> FloatArray:
        """Give the unit vectors of any number of texts, without gradients."""
        vectors = np.zeros((len(numbers), self._shape.hidden), np.float32)
        with torch.inference_mode():
            for places in length_sorted(numbers):
                batch = self.encode([numbers[place] for place in places])
                vectors[places] = batch.numpy()
        return vectors

    def _embed(self, batch: Packed) -> torch.Tensor:
        place = "embeddings"
        kinds = self.tensors[f"{place}.token_type_embeddings.weight"]
        positions = self.tensors[f"{place}.position_embeddings.weight"]
        states = functional.embedding(batch.numbers, self.tensors[WORDS])
        states = states + functional.embedding(batch.positions, positions) + kinds[0]
        states = self._norm(states, f"{place}.LayerNorm")
        return states.bfloat16() if self._bfloat16 else states

    def _layer(self, states: torch.Tensor, batch: Packed, place: str) -> torch.Tensor:
        mixed = self._attend(states, batch, f"{place}.attention.self")
        mixed = self._linear(mixed, f"{place}.attention.output.dense")
        states = self._norm(states + mixed, f"{place}.attention.output.LayerNorm")
        wide = functional.gelu(self._linear(states, f"{place}.intermediate.dense"))
        narrow = self._linear(wide, f"{place}.output.dense")
        return self._norm(states + narrow, f"{place}.output.LayerNorm")

    def _attend(self, states: torch.Tensor, batch: Packed, place: str) -> torch.Tensor:
        rows, longest = batch.present.shape[0], batch.present.shape[-1]
        hidden, heads = self._shape.hidden, self._shape.heads

        def table(part: str) -> torch.Tensor:
            flat = self._linear(states, f"{place}.{part}")
            empty = flat.new_zeros(rows * longest, hidden)
            filled = empty.index_copy(0, batch.slots, flat)
            return filled.view(rows, longest, heads, -1).transpose(1, 2).float()

        query, key, value = table("query"), table("key"), table("value")
        # In bfloat16 the gradient of attention alone took 45 % of a step.
        with torch.autocast("cpu", enabled=False):
            mixed = functional.scaled_dot_product_attention(
                query, key, value, attn_mask=batch.present
            )
        flat = mixed.transpose(1, 2).reshape(rows * longest, hidden)
        return flat.index_select(0, batch.slots)

    def _linear(self, states: torch.Tensor, place: str) -> torch.Tensor:
        weight = self.tensors[f"{place}.weight"]
        return functional.linear(states, weight, self.tensors[f"{place}.bias"])

    def _norm(self, states: torch.Tensor, place: str) -> torch.Tensor:
        gain, bias = self.tensors[f"{place}.weight"], self.tensors[f"{place}.bias"]
        size, epsilon = (self._shape.hidden,), self._shape.epsilon
        return functional.layer_norm(states, size, gain, bias, epsilon)
