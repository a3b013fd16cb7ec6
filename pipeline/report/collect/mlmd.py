"""Reads a run from ML Metadata: state, time and outputs of each component."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ml_metadata.metadata_store import MetadataStore
from ml_metadata.proto import metadata_store_pb2 as mlmd

from pipeline.metadata_store.store import opened
from pipeline.metadata_store.unfinished import LAST_SEEN
from pipeline.report.facts.component_timing import ComponentState

# TFX's names for the types of its contexts.
_RUN_CONTEXT = "pipeline_run"
_NODE_CONTEXT = "node"

_STATES: dict[int, ComponentState] = {mlmd.Execution.COMPLETE: "ran", mlmd.Execution.CACHED: "cached"}


@dataclass(frozen=True, slots=True)
class Output:
    """One output artifact of a component.

    Attributes:
        uri: Its folder.
        properties: Its custom properties.
        id: Its id in ML Metadata.
        type: Its type in ML Metadata.
    """

    uri: Path
    properties: dict[str, str | int | float]
    id: int = 0
    type: str = ""


@dataclass(frozen=True, slots=True)
class Execution:
    """The execution of one component in a run.

    Attributes:
        component: Name of the component.
        state: How it ended.
        seconds: Time that it took.
        outputs: Its output artifacts by key.
        parameters: Its execution properties that are plain values.
    """

    component: str
    state: ComponentState
    seconds: float
    outputs: dict[str, Output] = field(default_factory=dict)
    parameters: dict[str, str | int | float] = field(default_factory=dict)


def read_run(metadata: Path, pipeline: str, run_id: str) -> dict[str, Execution]:
    """Returns the executions of a run by component, in the order they ran.

    Args:
        metadata: ML Metadata's SQLite file.
        pipeline: The pipeline's name.
        run_id: The run's id.

    Raises:
        InputError: Another process holds the file, or it is not a database of ML Metadata.
    """
    with opened(metadata) as store:
        context = store.get_context_by_type_and_name(_RUN_CONTEXT, run_id)
        if context is None:
            return {}
        executions = sorted(store.get_executions_by_context(context.id), key=lambda execution: execution.id)
        described = [_describe(store, pipeline, execution) for execution in executions]
    return {execution.component: execution for execution in described}


def completed(executions: Mapping[str, Execution], component: str) -> Execution | None:
    """Returns the execution of a component; None where it failed or was not reached."""
    execution = executions.get(component)
    return None if execution is None or execution.state == "failed" else execution


def _describe(store: MetadataStore, pipeline: str, execution: mlmd.Execution) -> Execution:
    component = next(
        context.name.removeprefix(f"{pipeline}.")
        for context in store.get_contexts_by_execution(execution.id)
        if context.type == _NODE_CONTEXT
    )
    parameters = properties_of(execution)
    # The next run closes what a killed one left; the time until then is not the component's.
    ended = int(parameters.get(LAST_SEEN, execution.last_update_time_since_epoch))
    return Execution(
        component=component,
        state=_STATES.get(execution.last_known_state, "failed"),
        seconds=(ended - execution.create_time_since_epoch) / 1000.0,
        outputs=_outputs(store, execution.id),
        parameters=parameters,
    )


def _outputs(store: MetadataStore, execution_id: int) -> dict[str, Output]:
    outputs = {}
    for event in store.get_events_by_execution_ids([execution_id]):
        if event.type == mlmd.Event.OUTPUT:
            key = next(step.key for step in event.path.steps if step.HasField("key"))
            (artifact,) = store.get_artifacts_by_id([event.artifact_id])
            outputs[key] = Output(Path(artifact.uri), properties_of(artifact), artifact.id, artifact.type)
    return outputs


def properties_of(node: mlmd.Artifact | mlmd.Execution) -> dict[str, str | int | float]:
    """Returns the custom properties of an artifact or an execution."""
    return {
        name: getattr(value, value.WhichOneof("value"))
        for name, value in node.custom_properties.items()
        if value.WhichOneof("value") in ("string_value", "int_value", "double_value")
    }
