"""The signatures of a SavedModel, written as TF Serving's metadata writes them."""

from __future__ import annotations

from collections.abc import Mapping

from tensorflow.core.framework import types_pb2
from tensorflow.core.protobuf.meta_graph_pb2 import SignatureDef, TensorInfo

Signatures = dict[str, dict[str, object]]
"""Signatures by name, as plain JSON values."""


def describe(signatures: Mapping[str, SignatureDef]) -> Signatures:
    """Returns `inputs`, `outputs` and `method_name` of each signature.

    The fields are copied one by one: TF Serving prints fields with default values too, and protobuf's option for that has
    another name in each of its generations.

    Args:
        signatures: `signature_def` of a SavedModel's meta graph.
    """
    return {name: _signature(signature) for name, signature in sorted(signatures.items())}


def _signature(signature: SignatureDef) -> dict[str, object]:
    return {
        "inputs": {name: _tensor(info) for name, info in sorted(signature.inputs.items())},
        "outputs": {name: _tensor(info) for name, info in sorted(signature.outputs.items())},
        "method_name": signature.method_name,
    }


def _tensor(info: TensorInfo) -> dict[str, object]:
    shape = info.tensor_shape
    return {
        "dtype": types_pb2.DataType.Name(info.dtype),
        "tensor_shape": {
            # A JSON number cannot hold every int64, so protobuf writes strings.
            "dim": [{"size": str(dim.size), "name": dim.name} for dim in shape.dim],
            "unknown_rank": shape.unknown_rank,
        },
        "name": info.name,
    }
