"""The signatures of a SavedModel, written as TF Serving's metadata writes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tensorflow.core.framework import types_pb2

Signatures = dict[str, Any]


def describe(signatures: Mapping[str, Any]) -> Signatures:
    """Returns each signature by name: `inputs`, `outputs` and `method_name`.

    The fields are written out by hand: TF Serving prints those with default values too, and the option that asks
    protobuf for that has another name in each of its generations.

    Args:
        signatures: `signature_def` of a SavedModel's meta graph.
    """
    return {name: _signature(found) for name, found in sorted(signatures.items())}


def _signature(signature: Any) -> dict[str, Any]:
    return {
        "inputs": {name: _tensor(info) for name, info in sorted(signature.inputs.items())},
        "outputs": {name: _tensor(info) for name, info in sorted(signature.outputs.items())},
        "method_name": signature.method_name,
    }


def _tensor(info: Any) -> dict[str, Any]:
    shape = info.tensor_shape
    return {
        "dtype": types_pb2.DataType.Name(info.dtype),
        "tensor_shape": {
            # JSON's numbers cannot hold every int64, so protobuf writes them as strings.
            "dim": [{"size": str(dim.size), "name": dim.name} for dim in shape.dim],
            "unknown_rank": shape.unknown_rank,
        },
        "name": info.name,
    }
