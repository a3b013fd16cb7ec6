"""The signatures of a SavedModel, written as TF Serving's metadata writes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tensorflow.core.framework import types_pb2
from tensorflow.core.protobuf import saved_model_pb2

from components.production.registry import SAVED_MODEL

Signatures = dict[str, Any]


def read_signatures(folder: Path) -> Signatures:
    """Returns each signature of a SavedModel by name: `inputs`, `outputs` and `method_name`.

    The fields are written out by hand: TF Serving prints those with default values too, and the option that asks
    protobuf for that has another name in each of its generations.
    """
    saved = saved_model_pb2.SavedModel.FromString((folder / SAVED_MODEL).read_bytes())
    return {name: _signature(found) for name, found in sorted(saved.meta_graphs[0].signature_def.items())}


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
