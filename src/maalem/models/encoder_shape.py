# SPDX-License-Identifier: Apache-2.0
"""What an encoder's configuration says, and what computes a batch promises."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from maalem.errors import UnsafeWeightsError
from maalem.models.folder import read_json
from maalem.models.weights import FloatArray

IntArray: TypeAlias = NDArray[np.int64]


class Forward(Protocol):
    """Computes a batch."""

    def __call__(self, numbers: IntArray, present: NDArray[np.bool_]) -> FloatArray:
        """Give the mean of the last hidden states of the tokens that are present.

        Args:
            numbers: Token numbers, shape (batch, length).
            present: False where there is only padding, same shape.

        Returns:
            Shape (batch, dimension).
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderShape:
    """What the configuration says about a BERT encoder.

    Attributes:
        hidden: Length of a vector.
        layers: Number of layers.
        heads: Attention heads in a layer.
        epsilon: Added to the variance in every layer norm.
        normalised: Whether vectors are brought to length 1.
    """

    hidden: int
    layers: int
    heads: int
    epsilon: float
    normalised: bool


def read_shape(folder: Path) -> EncoderShape:
    """Read the shape of the encoder in a sentence-transformers folder.

    Raises:
        UnsafeWeightsError: It is not a BERT encoder with mean pooling.
    """
    for needed in ("config.json", "modules.json", "1_Pooling/config.json"):
        if not (folder / needed).is_file():
            raise UnsafeWeightsError(f"{folder} has no {needed}", code="weights.none")
    config = read_json(folder / "config.json")
    pooling = read_json(folder / "1_Pooling" / "config.json")
    wanted = {"model_type": "bert", "hidden_act": "gelu"}
    wrong = [name for name, value in wanted.items() if config.get(name) != value]
    if config.get("position_embedding_type", "absolute") != "absolute":
        wrong.append("position_embedding_type")
    if _pooling(pooling) != "mean":
        wrong.append("pooling")
    if wrong:
        raise UnsafeWeightsError(
            f"this encoder has a {wrong[0]} that is not supported",
            why="only BERT encoders with exact GELU and mean pooling are",
            code="weights.unsupported",
        )
    modules = [str(module.get("type")) for module in read_json(folder / "modules.json")]
    return EncoderShape(
        hidden=int(config["hidden_size"]),
        layers=int(config["num_hidden_layers"]),
        heads=int(config["num_attention_heads"]),
        epsilon=float(config["layer_norm_eps"]),
        normalised=any(name.endswith(".Normalize") for name in modules),
    )


def _pooling(settings: dict[str, object]) -> str:
    modes = [
        key for key, on in settings.items() if key.startswith("pooling_mode_") and on
    ]
    named = settings.get("pooling_mode")
    if isinstance(named, str):
        return named
    return "mean" if modes == ["pooling_mode_mean_tokens"] else "other"
