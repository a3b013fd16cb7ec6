"""Each rule of the dry run beside Kubeflow's driver and launcher of 2.0.5, on tasks of a few lines.

What a task was given, and whether Kubeflow ended it, must be the same in both.
"""

import json
import sys

import pytest
import yaml

from kubeflow.launcher import RunFolder, execute
from tests.kubeflow.acceptance.backend import cluster
from tests.kubeflow.acceptance.backend.pods import require_pods
from tests.kubeflow.acceptance.containers import IMAGE

ROOT = "minio://mlpipeline/ast"
RUN = "run-1"
NAME = "rules"
_COMMON = """
import json, os, pathlib, sys
given = json.loads(sys.argv[1])
def local(uri):
    return pathlib.Path(os.environ.get("AST_MOUNT_ROOT", "") + "/minio/" + uri.removeprefix("minio://"))
def out(below=""):
    uri = given["outputs"]["artifacts"]["out"]["artifacts"][0]["uri"] + below
    return uri, local(uri)
def write(**artifact):
    file = pathlib.Path(given["outputs"]["outputFile"])
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"artifacts": {"out": {"artifacts": [artifact]}}}))
"""
_READ = """
inputs = given.get("inputs", {})
artifacts = [value["artifacts"][0] for value in inputs.get("artifacts", {}).values()]
folders = [local(artifact["uri"]) for artifact in artifacts]
found = [(folder, file) for folder in folders for file in sorted(folder.rglob("*"))]
files = {str(file.relative_to(folder)): file.is_file() and file.read_text() for folder, file in found}
files |= {".": folder.read_text() for folder in folders if folder.is_file()}
print("FOUND " + json.dumps({"parameters": inputs.get("parameterValues", {}), "artifacts": artifacts, "files": files}))
"""
_FILL = "uri, path = out(); path.mkdir(); (path / 'file').write_text('text')\n"
PARAMETERS = {
    "text": ({"parameterType": "STRING"}, "a b"),
    "text-null": ({"parameterType": "STRING"}, None),
    "text-flag": ({"parameterType": "STRING"}, True),
    "text-integer": ({"parameterType": "STRING"}, 1.0),
    "text-number": ({"parameterType": "STRING"}, 0.25),
    "text-list": ({"parameterType": "STRING"}, [1, "a"]),
    "integer": ({"parameterType": "NUMBER_INTEGER"}, 2),
    "integer-text": ({"parameterType": "NUMBER_INTEGER"}, "2"),
    "number": ({"parameterType": "NUMBER_DOUBLE"}, 0.5),
    "number-null": ({"parameterType": "NUMBER_DOUBLE"}, None),
    "number-flag": ({"parameterType": "NUMBER_DOUBLE"}, True),
    "flag": ({"parameterType": "BOOLEAN"}, True),
    "flag-number": ({"parameterType": "BOOLEAN"}, 1),
    "list": ({"parameterType": "LIST"}, [1, "a"]),
    "list-map": ({"parameterType": "LIST"}, {"a": 1}),
    "map": ({"parameterType": "STRUCT"}, {"a": [1]}),
    "missing": ({"parameterType": "STRING"}, ...),
    "optional": ({"parameterType": "STRING", "isOptional": True}, ...),
    "default": ({"parameterType": "STRING", "isOptional": True, "defaultValue": "d"}, ...),
    "default-text": ({"parameterType": "STRING", "defaultValue": "d"}, ...),
    "default-number": ({"parameterType": "NUMBER_INTEGER", "defaultValue": 3}, ...),
}
"""By task: a parameter's definition and its value; none where it is `...`."""
OUTPUTS = {
    "properties": _FILL
    + "write(uri=uri, metadata={'t': 'a', 'n': 1.5, 'i': 2, 'f': True, 'l': [1, 'a'], 'm': {'a': 1}})",
    "null": _FILL + "write(uri=uri, metadata={'p': None})",
    "untitled": _FILL,
    "silent": _FILL,
    "no-uri": _FILL + "write(metadata={'p': 1})",
    "below": _FILL + "write(uri=out('/file')[0])",
    "nothing": "",
    "one-file": "uri, path = out(); path.write_text('text')",
    "folders": _FILL
    + "(path / 'a/b').mkdir(parents=True); (path / 'a/file').write_text('deep'); (path / 'empty').mkdir()",
}
"""By task: what it does with its output; another task reads it."""
REFUSED = {
    "integer-text", "number-null", "number-flag", "flag-number", "list-map", "missing", "default-number", "null", "untitled",
}  # fmt: skip

pytestmark = [pytest.mark.cluster, pytest.mark.long(minutes=0.05)]


def _pipeline(names):
    """Returns a pipeline of the tasks of these names, and of one that reads, for each that has an output."""
    pipeline = {
        "pipelineInfo": {"name": NAME}, "schemaVersion": "2.1.0", "sdkVersion": "by hand", "defaultPipelineRoot": ROOT,
        "root": {"dag": {"tasks": {}}}, "components": {}, "deploymentSpec": {"executors": {}},
    }  # fmt: skip
    for name in names:
        if name in PARAMETERS:
            definition, value = PARAMETERS[name]
            given = {} if value is ... else {"parameters": {"p": {"runtimeValue": {"constant": value}}}}
            _add(pipeline, name, _READ, {"inputDefinitions": {"parameters": {"p": definition}}}, {"inputs": given})
        else:
            kind = {"instanceSchema": "type: object" if name == "untitled" else "title: T\ntype: object"}
            artifact = {"out": {"artifactType": kind}}
            _add(pipeline, name, OUTPUTS[name], {"outputDefinitions": {"artifacts": artifact}}, {})
            source = {"out": {"taskOutputArtifact": {"producerTask": name, "outputArtifactKey": "out"}}}
            task = {"inputs": {"artifacts": source}, "dependentTasks": [name]}
            _add(pipeline, f"{name}-reader", _READ, {"inputDefinitions": {"artifacts": artifact}}, task)
    return pipeline


def _add(pipeline, name, code, component, task):
    container = {"image": IMAGE, "command": [sys.executable, "-c", _COMMON + code], "args": ["{{$}}"]}
    pipeline["root"]["dag"]["tasks"][name] = {"componentRef": {"name": name}, "taskInfo": {"name": name}, **task}
    pipeline["components"][name] = {"executorLabel": name, **component}
    pipeline["deploymentSpec"]["executors"][name] = {"container": container}


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """Returns by task what Kubeflow gave it, and the log of each that Kubeflow ended.

    The driver of 2.0.5 looks for a producer among the first 20 tasks of a DAG alone, so there are two runs.
    """
    require_pods()
    given, errors = {}, {}
    for names in (PARAMETERS, OUTPUTS):
        folder = tmp_path_factory.mktemp("rules")
        package = folder / "pipeline.yaml"
        package.write_text(yaml.safe_dump(_pipeline(names)))
        ended = cluster.run(package, folder / "cluster", {}, RUN, ROOT)
        given |= {name: _found(launched.log) for name, launched in ended.launched().items() if not launched.code}
        failed = [container for container in ended.containers if container.code]
        errors |= {container.name.split(".")[2].removesuffix("-driver"): container.log for container in failed}
    return given, errors


def _found(log):
    """Returns what a task printed that reads; None for another."""
    _, found, rest = log.partition("FOUND ")
    return json.JSONDecoder().raw_decode(rest)[0] if found else None


@pytest.mark.parametrize("name", [*PARAMETERS, *OUTPUTS])
def test_the_dry_run_gives_and_refuses_what_kubeflow_does(real, tmp_path, name):
    given, errors = real
    results = list(execute(_pipeline([name]), RunFolder(RUN, tmp_path)))
    logs = {result.name: result.log.read_text() for result in results}
    refused = {result.name for result in results if result.has_failed}
    assert (name in REFUSED) == (name in errors) == bool(refused), (errors.get(name, "")[-1000:], logs)
    if refused:
        assert "Kubeflow would end the task" in logs[name], logs[name]
        assert f"{name}-reader" not in given
        return
    reader = f"{name}-reader" if name in OUTPUTS else name
    assert reader not in errors, errors[reader][-2000:]
    assert _comparable(_found(logs[reader])) == _comparable(given[reader])


def _comparable(found):
    """Returns what a task was given, without the number of an artifact and what is newer than 2.0.5."""
    for artifact in found["artifacts"]:
        assert artifact.pop("name").isdigit()
        artifact["uri"] = artifact["uri"].replace("/0c7e1e5a/", "/")
        artifact["metadata"].pop("store_session_info", None)
    value = found["parameters"].get("p")
    if isinstance(value, str) and value.startswith("["):
        found["parameters"]["p"] = json.loads(value)  # Go's JSON has other spaces
    return found
