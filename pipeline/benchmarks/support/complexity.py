"""Multiply-accumulate operations of a network, counted in its graph."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tensorflow as tf

_UNCOUNTED = ("Einsum", "PartitionedCall", "StatefulPartitionedCall", "Conv2DBackpropInput", "Conv3D")


def multiply_accumulates(network: Callable[[tf.Tensor], tf.Tensor], height: int, width: int) -> int:
    """Returns the multiply-accumulate operations of a forward pass over one image, as papers count them.

    Convolutions and matrix products count, among them those of the attention; norms, activations and sums do not.

    Args:
        network: Maps float32 [1, H, W, 3] to the same shape.
        height: H in pixels.
        width: W in pixels.

    Raises:
        ValueError: The graph has an operation whose products are not counted here.
    """
    import tensorflow as tf

    images = tf.TensorSpec([1, height, width, 3], tf.float32)
    graph = tf.function(network, input_signature=[images], autograph=False).get_concrete_function().graph
    return sum(map(_of_operation, graph.get_operations()))


def _of_operation(operation: tf.Operation) -> int:
    kind = operation.type
    if kind in _UNCOUNTED:
        raise ValueError(f"operation {operation.name} is a {kind}, whose products are not counted")
    if kind in ("Conv2D", "DepthwiseConv2dNative"):
        kernel = operation.inputs[1].shape.as_list()  # [height, width, channels in, channels out or multiplier]
        return _outputs(operation) * math.prod(kernel[: 3 if kind == "Conv2D" else 2])
    if kind in ("MatMul", "BatchMatMulV2"):
        is_transposed = operation.get_attr("transpose_a" if kind == "MatMul" else "adj_x")
        return _outputs(operation) * operation.inputs[0].shape.as_list()[-2 if is_transposed else -1]
    return 0


def _outputs(operation: tf.Operation) -> int:
    return math.prod(operation.outputs[0].shape.as_list())
