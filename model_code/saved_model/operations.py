"""A SavedModel is a program: which of its operations could touch more than numbers, before anything of it runs.

TensorFlow runs parts of a SavedModel when it loads it, and one of its operations writes any file. Here operations that keep
state are refused unless they are known to keep numbers only, and operations without state if their names say that they reach
outside.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from google.protobuf.message import DecodeError
from tensorflow.core.framework.node_def_pb2 import NodeDef
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow.core.protobuf.meta_graph_pb2 import MetaGraphDef
from tensorflow.python.framework import op_def_registry

from data.errors import InputError
from data.storage.foreign_files import read_file

_FILE = "saved_model.pb"
_MAX_BYTES = 2**31  # of a protocol buffer
_MAX_LISTED = 5

# Variables, control flow, random numbers, tables and lists in memory, checks.
_KNOWN_STATE = """
    VarHandleOp VarIsInitializedOp ReadVariableOp AssignVariableOp AssignAddVariableOp AssignSubVariableOp
    DisableCopyOnRead ResourceGather ResourceGatherNd DestroyResourceOp Variable VariableV2 VariableShape
    TemporaryVariable GuaranteeConst If While Case StatefulPartitionedCall Assert CheckNumerics
    CheckNumericsV2 DeviceIndex Empty RandomUniform RandomUniformInt RandomStandardNormal RandomShuffle
    RandomGamma RandomPoisson RandomPoissonV2 Multinomial TruncatedNormal ParameterizedTruncatedNormal
    StatelessRandomGetAlg StatefulUniform StatefulUniformInt StatefulStandardNormalV2 StatefulTruncatedNormal
    RngSkip RngReadAndSkip HashTable HashTableV2 MutableHashTableV2 MutableDenseHashTableV2 InitializeTableV2
    LookupTableFindV2 LookupTableSizeV2 LookupTableInsertV2 LookupTableImportV2 LookupTableExportV2
    LookupTableRemoveV2 TensorArrayV3 TensorArrayReadV3 TensorArrayWriteV3 TensorArrayGatherV3
    TensorArrayScatterV3 TensorArrayConcatV3 TensorArraySplitV3 TensorArraySizeV3 TensorArrayCloseV3
    TensorArrayGradV3 StackV2 StackPushV2 StackPopV2 StackCloseV2
"""
_OUTSIDE = re.compile("File|Reader|Dataset|PyFunc|Debug|Snapshot|Checkpoint|Rpc|Remote|TfLite|^Restore|^Save")
# What a SavedModel needs to load its own variables, and what it would need to save them again, which nobody does.
_LOADING = frozenset(("RestoreV2",))
_SAVING = frozenset(("SaveV2", "MergeV2Checkpoints", "ShardedFilename", "RestoreV2"))

_Functions = Mapping[str, Sequence[NodeDef]]
"""The operations of each function, by its name."""


def require_harmless(folder: str | Path) -> None:
    """Refuses a SavedModel with operations that could touch files, processes or the network.

    Args:
        folder: Folder of the SavedModel.

    Raises:
        InputError: It has such operations, or cannot be read.
    """
    saved = _read(Path(folder))
    found = sorted({name for graph in saved.meta_graphs for name in _suspicious(graph)})
    if found:
        listed = ", ".join(found[:_MAX_LISTED]) + (", ..." if len(found) > _MAX_LISTED else "")
        raise InputError(
            f"{folder}: a model is a program, and this one could touch more than numbers (operations {listed}); "
            "if you trust whoever made it, load it with --trust-model of `restore` or `serve`"
        )


def _read(folder: Path) -> saved_model_pb2.SavedModel:
    saved = saved_model_pb2.SavedModel()
    try:
        data = read_file(folder / _FILE, _MAX_BYTES)
        # What follows after damage would be left out, with a warning only.
        is_whole = saved.MergeFromString(data) == len(data)
    except (OSError, DecodeError) as error:
        raise InputError(
            f"{folder}: {_FILE} cannot be read ({type(error).__name__}); name a whole SavedModel"
        ) from error
    if not is_whole:
        raise InputError(f"{folder}: {_FILE} cannot be read (damaged); name a whole SavedModel")
    return saved


def _suspicious(graph: MetaGraphDef) -> Iterator[str]:
    """Yields the names of operations that are not allowed where they stand."""
    functions: dict[str, list[NodeDef]] = {}
    for function in graph.graph_def.library.function:  # a name may stand there twice
        functions.setdefault(function.signature.name, []).extend(function.node_def)
    save, load = (_node(name) for name in (graph.saver_def.save_tensor_name, graph.saver_def.restore_op_name))
    others = [node for node in graph.graph_def.node if node.name not in (save, load)]
    # Functions that anything but saving and loading can call: those of the graph, and those of the objects.
    called = _reached(others, graph.object_graph_def.concrete_functions, functions)
    loading = _reached([node for node in graph.graph_def.node if node.name == load], (), functions)
    yield from _refused(graph.graph_def.node, functions, frozenset())
    for name, nodes in functions.items():
        allowed = frozenset() if name in called else _LOADING if name in loading else _SAVING
        yield from _refused(nodes, functions, allowed)


def _refused(nodes: Iterable[NodeDef], functions: _Functions, allowed: frozenset[str]) -> Iterator[str]:
    for node in nodes:
        if node.op not in allowed and node.op not in functions and not _is_harmless(node.op):
            yield node.op


def _is_harmless(operation: str) -> bool:
    definition = op_def_registry.get(operation)
    if definition is None:
        return False
    if definition.is_stateful:
        return operation in _known_state()
    return _OUTSIDE.search(operation) is None


@cache
def _known_state() -> frozenset[str]:
    return frozenset(_KNOWN_STATE.split())


def _reached(nodes: Iterable[NodeDef], names: Iterable[str], functions: _Functions) -> set[str]:
    """Returns the names of all functions that nodes, and functions by name, call directly or indirectly."""
    reached: set[str] = set()
    waiting = [*names, *(name for node in nodes for name in _calls(node))]
    while waiting:
        name = waiting.pop()
        if name in functions and name not in reached:
            reached.add(name)
            waiting += [called for node in functions[name] for called in _calls(node)]
    return reached


def _calls(node: NodeDef) -> Iterator[str]:
    yield node.op
    for value in node.attr.values():
        yield value.func.name
        yield from (function.name for function in value.list.func)


def _node(tensor: str) -> str:
    return tensor.partition(":")[0]
