# SPDX-License-Identifier: Apache-2.0
"""The same forward pass as an OpenVINO graph, built here from the weights.

No conversion tool takes part, so torch is not needed. Importing openvino would send an
event to an analytics host and write a client id into the home folder, so the package
that does it is declared absent first.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from maalem.models.encoder_numpy import Embedding, Layer, Linear, Norm, WeightTable
from maalem.models.encoder_shape import EncoderShape, Forward, IntArray
from maalem.models.fast_silence import openvino, ops
from maalem.models.weights import FloatArray

EVERY = 8  # lengths are rounded up to it: fewer shapes to prepare, fuller vectors
M = TypeVar("M")
HIDDEN_SCORE = -1e9  # what padding gets before the softmax; exp of it is exactly 0


class Weights(Protocol[M]):
    """The weights of an encoder, its linear maps in one form."""

    def embedding(self) -> Embedding:
        """Give the tables."""
        ...

    def layer(self, number: int) -> Layer[M]:
        """Give one layer."""
        ...


def openvino_forward(path: Path, shape: EncoderShape) -> Forward:
    """Compile the weights for the processor, in bfloat16 where it has it.

    Raises:
        UnsafeWeightsError: A tensor is missing, unsound or of another shape.
    """
    able = openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    graph = build_graph(WeightTable(path, shape), shape, linear=linear_node)
    return compiled(graph, precision="bf16" if "BF16" in able else "f32")


def compiled(graph: Any, *, precision: str) -> Forward:  # noqa: ANN401  # untyped
    """Compile a graph of `build_graph` for the processor.

    Args:
        graph: The graph.
        precision: `bf16` or `f32`, for whatever is not quantised in it.
    """
    settings = {"INFERENCE_PRECISION_HINT": precision, "PERFORMANCE_HINT": "LATENCY"}
    model = openvino.Core().compile_model(graph, "CPU", settings)
    request = model.create_infer_request()

    def forward(numbers: IntArray, present: NDArray[np.bool_]) -> FloatArray:
        spare = -numbers.shape[1] % EVERY
        edges = ((0, 0), (0, spare))
        inputs = [np.pad(numbers, edges), np.pad(present, edges).astype(np.float32)]
        result: FloatArray = np.array(request.infer(inputs)[0])
        return result

    return forward


def build_graph(
    weights: Weights[M], shape: EncoderShape, *, linear: Callable[[M, Any], Any]
) -> Any:  # noqa: ANN401  # untyped
    """Build the graph: token numbers and mask in, mean of the last states out.

    Args:
        weights: The weights.
        shape: Of the encoder.
        linear: Applies a linear map to a node.
    """
    numbers = ops.parameter([-1, -1], np.int64, name="numbers")
    present = ops.parameter([-1, -1], np.float32, name="present")
    states = _embed(weights.embedding(), numbers)
    bias = ops.multiply(ops.subtract(present, _scalar(1)), _scalar(-HIDDEN_SCORE))
    bias = ops.unsqueeze(bias, _axes(1, 2))
    for number in range(shape.layers):
        layer = weights.layer(number)
        states = _layer(layer, states, bias, heads=shape.heads, linear=linear)
    kept = ops.multiply(states, ops.unsqueeze(present, _axes(2)))
    total = ops.reduce_sum(kept, _axes(1), keep_dims=False)
    count = ops.reduce_sum(present, _axes(1), keep_dims=True)
    return openvino.Model([ops.divide(total, count)], [numbers, present], "encoder")


def linear_node(linear: Linear, states: Any) -> Any:  # noqa: ANN401  # untyped
    """Apply a linear map of 32-bit floats."""
    matrix = ops.constant(np.ascontiguousarray(linear.matrix.T))
    return ops.add(
        ops.matmul(states, matrix, transpose_a=False, transpose_b=True),
        ops.constant(linear.bias),
    )


def _embed(embedding: Embedding, numbers: Any) -> Any:  # noqa: ANN401  # untyped
    length = ops.gather(ops.shape_of(numbers), _axes(1), _scalar(0, np.int64))
    spare = -len(embedding.positions) % EVERY  # only padding ever stands there
    table = np.pad(embedding.positions, ((0, spare), (0, 0)))
    positions = ops.slice(ops.constant(table), _axes(0), length, _axes(1), _axes(0))
    words = ops.gather(ops.constant(embedding.words), numbers, _scalar(0, np.int64))
    return _norm(embedding.norm, ops.add(words, positions))


def _layer(
    layer: Layer[M],
    states: Any,  # noqa: ANN401  # untyped
    bias: Any,  # noqa: ANN401  # untyped
    *,
    heads: int,
    linear: Callable[[M, Any], Any],
) -> Any:  # noqa: ANN401  # untyped
    parts = ops.reshape(
        linear(layer.attend, states), _axes(0, 0, 3 * heads, -1), special_zero=True
    )
    parts = ops.transpose(parts, _axes(0, 2, 1, 3))
    query, key, value = ops.split(parts, _scalar(1, np.int64), 3).outputs()
    scores = ops.add(ops.matmul(query, key, transpose_a=False, transpose_b=True), bias)
    attended = ops.matmul(
        ops.softmax(scores, -1), value, transpose_a=False, transpose_b=False
    )
    attended = ops.transpose(attended, _axes(0, 2, 1, 3))
    attended = ops.reshape(attended, _axes(0, 0, -1), special_zero=True)
    states = _norm(layer.mix_norm, ops.add(linear(layer.mix, attended), states))
    wide = ops.gelu(linear(layer.widen, states), "ERF")
    return _norm(layer.narrow_norm, ops.add(linear(layer.narrow, wide), states))


def _norm(norm: Norm, states: Any) -> Any:  # noqa: ANN401  # untyped
    centred = ops.mvn(
        states,
        _axes(-1),
        normalize_variance=True,
        eps=norm.epsilon,
        eps_mode="inside_sqrt",
    )
    scaled = ops.multiply(centred, ops.constant(norm.gain))
    return ops.add(scaled, ops.constant(norm.bias))


def _axes(*values: int) -> Any:  # noqa: ANN401  # untyped
    return ops.constant(np.array(values, np.int64))


def _scalar(value: float, dtype: Any = np.float32) -> Any:  # noqa: ANN401  # untyped
    return ops.constant(np.array(value, dtype))
