"""What Kubeflow's driver sends a task, and what ML Metadata keeps of a task's outputs, for the dry run.

It follows `backend/src/v2/driver` and `backend/src/v2/metadata` of Kubeflow Pipelines 2.5 and later: what those refuse is
refused here, and what they leave out is left out. Tests compare it with driver and launcher of 2.0.5, the newest that can be
built from Go's modules.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TypedDict

import yaml

from kubeflow.spec import RUN_ID, Spec, all_tasks
from kubeflow.task import LOGS, JsonObject

OUTPUT_FILE = "/tmp/kfp_outputs/output_metadata.json"
"""The file in a task's container that describes its outputs. Nobody makes its folder for the task."""

_NO_TYPE = {"instanceSchema": ""}
"""The type of every input: the driver does not read the schema of an artifact that a task has published."""
_LOGS_TYPE = {"schemaTitle": "system.Artifact"}


class RefusedByKubeflowError(ValueError):
    """Kubeflow's driver or launcher would end the task here."""


class RuntimeArtifact(TypedDict, total=False):
    """Kubeflow's RuntimeArtifact as JSON; `name` and `metadata` are missing until the task has ended."""

    name: str
    type: dict[str, str]
    uri: str
    metadata: JsonObject


Outputs = Mapping[str, Mapping[str, RuntimeArtifact]]
"""The published artifacts of a run, by task and key."""


def executor_input(
    spec: Spec, name: str, run_id: str, published: Outputs, output_file: str = OUTPUT_FILE
) -> JsonObject:
    """Returns Kubeflow's ExecutorInput as JSON, which replaces `{{$}}` in a task's arguments.

    Args:
        spec: The compiled pipeline.
        name: Name of the task.
        run_id: Id of the run.
        published: The artifacts of the tasks that have ended.
        output_file: The file in which the task describes its outputs.

    Raises:
        RefusedByKubeflowError: A parameter has no value, or one of another type.
    """
    task = all_tasks(spec)[name]
    component = spec["components"][task["componentRef"]["name"]]
    inputs = task.get("inputs", {})
    return {
        "inputs": {
            "artifacts": _inputs(inputs, published),
            "parameterValues": _parameters(inputs, component.get("inputDefinitions", {}).get("parameters", {}), run_id),
        },
        "outputs": {"artifacts": _outputs(spec, name, component, run_id), "outputFile": output_file},
    }


def _inputs(inputs: JsonObject, published: Outputs) -> JsonObject:
    sources = {key: value["taskOutputArtifact"] for key, value in inputs.get("artifacts", {}).items()}
    return {
        key: {"artifacts": [{**published[source["producerTask"]][source["outputArtifactKey"]], "type": _NO_TYPE}]}
        for key, source in sources.items()
    }


def _outputs(spec: Spec, name: str, component: JsonObject, run_id: str) -> JsonObject:
    definitions = component.get("outputDefinitions", {}).get("artifacts", {})
    types = {key: value["artifactType"] for key, value in definitions.items()} | {LOGS: _LOGS_TYPE}
    # The driver puts a random id between task and key, so that two attempts do not share a folder.
    folder = f"{spec['defaultPipelineRoot']}/{spec['pipelineInfo']['name']}/{run_id}/{name}/0c7e1e5a"
    return {key: {"artifacts": [{"type": kind, "uri": f"{folder}/{key}"}]} for key, kind in types.items()}


def _parameters(inputs: JsonObject, definitions: JsonObject, run_id: str) -> JsonObject:
    given = {key: value["runtimeValue"]["constant"] for key, value in inputs.get("parameters", {}).items()}
    values: JsonObject = {}
    for key, definition in definitions.items():
        if key in given:
            values[key] = _converted(key, run_id if given[key] == RUN_ID else given[key], definition["parameterType"])
        elif definition.get("isOptional"):
            values |= {key: definition["defaultValue"]} if "defaultValue" in definition else {}  # the launcher adds it
        elif "defaultValue" not in definition:
            raise RefusedByKubeflowError(f"neither value nor default value provided for non-optional parameter {key}")
        else:
            values[key] = _converted(key, None, definition["parameterType"])  # the driver forgets the default
    return values


def _converted(key: str, value: object, kind: str) -> object:
    """Returns a parameter's value as the driver hands it on: any value becomes a text, and no other changes its type."""
    kinds: dict[str, type | tuple[type, ...]] = {
        "STRING": str,
        "NUMBER_INTEGER": (int, float),
        "NUMBER_DOUBLE": (int, float),
        "BOOLEAN": bool,
        "LIST": list,
        "STRUCT": dict,
    }
    if isinstance(value, bool) != (kind == "BOOLEAN") or not isinstance(
        value, kinds[kind]
    ):  # a bool is an int to Python
        if kind != "STRING":
            raise RefusedByKubeflowError(f"input parameter {key} type mismatch: expect {kind}, got {value!r}")
        return _text(value)
    return value


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return json.dumps(value)


def recorded(key: str, number: int, requested: RuntimeArtifact, described: RuntimeArtifact) -> RuntimeArtifact:
    """Returns an output as ML Metadata keeps it, and as later tasks get it.

    Args:
        key: The output's key.
        number: The artifact's number in ML Metadata.
        requested: The artifact that the driver asked for.
        described: What the task wrote about it; empty where it wrote nothing.

    Raises:
        RefusedByKubeflowError: The type has no title, or a property is null.
    """
    schema = requested["type"]
    if not (schema.get("schemaTitle") or (yaml.safe_load(schema.get("instanceSchema", "")) or {}).get("title")):
        raise RefusedByKubeflowError(f"output {key}: No title specified")
    metadata = {name: _kept(name, value) for name, value in described.get("metadata", {}).items()}
    extra = {"display_name": key, "store_session_info": '{"Provider":"minio"}'}
    return RuntimeArtifact(
        name=str(number), type=schema, uri=described.get("uri", requested["uri"]), metadata={**extra, **metadata}
    )


def _kept(name: str, value: object) -> object:
    if value is None:
        raise RefusedByKubeflowError(f"property {name}: unknown/unsupported value type *structpb.Value_NullValue")
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, list):
        return {"list": value}
    return {"struct": value} if isinstance(value, dict) else value
