# SPDX-License-Identifier: Apache-2.0
"""Computes an encoder in 8 bits, and finds how large its inputs become."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from maalem.models.encoder import Encoder, IntArray, length_sorted, padded
from maalem.models.encoder_numpy import Linear, WeightTable
from maalem.models.encoder_shape import EncoderShape, Forward, read_shape
from maalem.models.fast_openvino import EVERY, build_graph, compiled, linear_node
from maalem.models.fast_silence import openvino, ops
from maalem.models.int8_weights import FILE, LEVELS, Int8Linear, Int8Table
from maalem.models.tokens import open_tokens
from maalem.models.weights import FloatArray

BATCH = 64


def open_int8_encoder(folder: Path, *, max_tokens: int) -> Encoder:
    """Open an encoder in 8 bits.

    Texts are computed together with texts of the same length alone: rounding would
    carry the last bit of a sum in another order further, and so a batch gives the very
    bits that its texts give one by one.

    Raises:
        UnsafeWeightsError: The weights are unsound or not those of such an encoder.
    """
    shape = read_shape(folder)
    return Encoder(
        open_tokens(folder, max_tokens=max_tokens),
        int8_forward(folder / FILE, shape),
        shape=shape,
        backend="openvino",
        batches=of_one_length,
    )


def int8_forward(path: Path, shape: EncoderShape) -> Forward:
    """Compile the weights; what is not in 8 bits is computed in 32."""
    graph = build_graph(Int8Table(path, shape), shape, linear=_int8_node)
    return compiled(graph, precision="f32")


def of_one_length(numbers: Sequence[IntArray]) -> Iterator[IntArray]:
    """Give the places of the inputs, batch by batch, the longest first.

    Those of a batch are padded to one length, whoever else is there.
    """
    lengths = np.array([-(-len(one) // EVERY) for one in numbers])
    for length in sorted(set(lengths.tolist()), reverse=True):
        places = np.flatnonzero(lengths == length)
        for first in range(0, len(places), BATCH):
            yield places[first : first + BATCH]


def largest_inputs(
    weights: WeightTable, shape: EncoderShape, *, numbers: Sequence[IntArray]
) -> list[FloatArray]:
    """Find the largest absolute value of each input of each linear map.

    Args:
        weights: In 32-bit floats.
        shape: Of the encoder.
        numbers: Token numbers of texts to see it with.
    """
    inputs: list[Any] = []

    def noted(linear: Linear, states: Any) -> Any:  # noqa: ANN401  # untyped
        inputs.append(ops.reduce_max(ops.abs(states), ops.constant([0, 1])))
        return linear_node(linear, states)

    graph = build_graph(weights, shape, linear=noted)
    watched = openvino.Model(inputs, graph.get_parameters(), "watched")
    settings = {"INFERENCE_PRECISION_HINT": "f32"}
    request = openvino.Core().compile_model(watched, "CPU", settings)
    request = request.create_infer_request()
    found: list[FloatArray] = []
    for places in length_sorted(numbers):
        for place in places:  # alone: what stands where padding is counts for nothing
            told, present = padded([numbers[place]])
            seen = request.infer([told, present.astype(np.float32)])
            maxima = [np.array(seen[number]) for number in range(len(inputs))]
            found = [*map(np.maximum, found, maxima)] if found else maxima
    return found


def _int8_node(linear: Int8Linear, states: Any) -> Any:  # noqa: ANN401  # untyped
    """Apply a linear map in 8 bits: the processor adds whole numbers."""
    even = ops.multiply(states, ops.constant((1.0 / linear.spread)[None, None, :]))
    low, high = -linear.reach, linear.reach * LEVELS / (LEVELS + 1)
    ends = [ops.constant(np.full((1, 1, 1), end, np.float32)) for end in (low, high)]
    stepped = ops.fake_quantize(even, *ends, *ends, 2 * (LEVELS + 1))
    whole = ops.convert(ops.constant(linear.matrix), "f32")
    matrix = ops.multiply(whole, ops.constant(linear.scale[:, None]))
    product = ops.matmul(stepped, matrix, transpose_a=False, transpose_b=True)
    return ops.add(product, ops.constant(linear.bias))
