"""The launcher of the dry run, on pipelines of a few lines whose tasks are real processes."""

import sys

import pytest

from kubeflow.driver import RefusedByKubeflowError, executor_input, recorded
from kubeflow.launcher import RunFolder, execute, ordered
from kubeflow.spec import RUN_ID

COPY = """
import json, os, sys, pathlib
given = json.loads(sys.argv[1])
root = os.environ["AST_MOUNT_ROOT"]
local = lambda artifact: pathlib.Path(root + artifact["uri"].replace("minio://", "/minio/"))
assert os.listdir() == [], os.listdir()
assert "SECRET_OF_THE_CALLER" not in os.environ
inputs = [a for v in given["inputs"].get("artifacts", {}).values() for a in v["artifacts"]]
assert all(a["type"] == {"instanceSchema": ""} and a["name"].isdigit() for a in inputs), inputs
assert all(a["metadata"]["display_name"] == "out" and a["metadata"]["of_a_list"] == {"list": [1, "a"]} for a in inputs)
assert all((local(a) / "text").read_text() == "run-1" and not (local(a) / "empty").exists() for a in inputs)
assert given["outputs"]["artifacts"]["executor-logs"]["artifacts"][0]["type"] == {"schemaTitle": "system.Artifact"}
(out,) = given["outputs"]["artifacts"]["out"]["artifacts"]
assert "name" not in out and local(out).parent.is_dir() and not local(out).exists()
(local(out) / "empty").mkdir(parents=True)
(local(out) / "text").write_text(given["inputs"]["parameterValues"]["id"])
properties = {"sum": sum(a["metadata"]["sum"] for a in inputs) + 1, "of_a_list": [1, "a"]}
written = {"uri": out["uri"], "metadata": properties}
output = pathlib.Path(given["outputs"]["outputFile"])
assert not output.parent.exists()
output.parent.mkdir(parents=True)
output.write_text(json.dumps({"artifacts": {"out": {"artifacts": [written]}}}))
"""
DIE = "import sys; print('the disk is full'); sys.exit(7)"


def _spec(edges, codes=None):
    """Returns a pipeline of tasks named by letters.

    Args:
        edges: By task, the tasks whose artifacts it reads.
        codes: By task, the Python code that it runs instead of COPY.
    """
    tasks = {
        name: {
            "componentRef": {"name": name},
            "dependentTasks": list(sources),
            "inputs": {
                "artifacts": {
                    s: {"taskOutputArtifact": {"producerTask": s, "outputArtifactKey": "out"}} for s in sources
                },
                "parameters": {"id": {"runtimeValue": {"constant": RUN_ID}}},
            },
        }
        for name, sources in edges.items()
    }
    components = {
        name: {
            "executorLabel": f"{name}_x",
            "inputDefinitions": {"parameters": {"id": {"parameterType": "STRING"}}},
            "outputDefinitions": {"artifacts": {"out": {"artifactType": {"instanceSchema": "title: T"}}}},
        }
        for name in edges
    }
    return {
        "pipelineInfo": {"name": "ast"},
        "defaultPipelineRoot": "minio://bucket/root",
        "root": {"dag": {"tasks": tasks}},
        "components": components,
        "deploymentSpec": {
            "executors": {
                f"{name}_x": {
                    "container": {"command": [sys.executable, "-c", (codes or {}).get(name, COPY)], "args": ["{{$}}"]}
                }
                for name in edges
            }
        },
    }


DIAMOND = {"d": "bc", "c": "a", "b": "a", "a": ""}


def test_tasks_come_after_their_dependencies():
    assert ordered(_spec(DIAMOND)) == ["a", "b", "c", "d"]


def test_outputs_of_a_task_reach_the_next_one_as_files_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET_OF_THE_CALLER", "1")
    for parallel in (1, 3):
        run = RunFolder("run-1", tmp_path / str(parallel))
        results = {done.name: done for done in execute(_spec(DIAMOND), run, parallel)}
        assert not [done.log.read_text() for done in results.values() if done.has_failed]
        assert {name: done.artifacts["out"]["metadata"]["sum"] for name, done in results.items()} == {
            "a": 1, "b": 2, "c": 2, "d": 5,
        }  # fmt: skip
        assert len({done.artifacts["out"]["name"] for done in results.values()}) == 4
        stored = run.store.path(results["d"].artifacts["out"]["uri"])
        assert (stored / "text").read_text() == "run-1"
        assert stored.is_relative_to(
            tmp_path / str(parallel) / "artifacts" / "minio" / "bucket" / "root" / "ast" / "run-1"
        )


def test_a_task_that_dies_ends_the_run_with_its_log(tmp_path):
    *_, last = execute(_spec(DIAMOND, {"b": DIE}), RunFolder("run-1", tmp_path), 1)
    assert (last.name, last.code) == ("b", 7)
    assert "the disk is full" in last.log.read_text()
    assert not list((tmp_path / "artifacts").rglob("d"))


def test_a_property_that_kubeflow_refuses_ends_the_task(tmp_path):
    null = COPY.replace('"of_a_list": [1, "a"]}', '"of_a_list": None}')
    (failed,) = execute(_spec({"a": ""}, {"a": null}), RunFolder("run-1", tmp_path))
    assert failed.code == 1
    assert "of_a_list: unknown/unsupported value type" in failed.log.read_text()


def test_a_type_without_a_title_is_refused():
    with pytest.raises(RefusedByKubeflowError, match="out: No title specified"):
        recorded("out", 1, {"type": {"instanceSchema": "type: object"}, "uri": "minio://b/k"}, {})


@pytest.mark.parametrize(
    ("constant", "kind", "expected"),
    [
        (1.0, "STRING", "1"),
        (True, "STRING", "true"),
        (None, "STRING", ""),
        (True, "BOOLEAN", True),
        (2, "NUMBER_INTEGER", 2),
        ("2", "NUMBER_INTEGER", None),
        (None, "NUMBER_DOUBLE", None),
        (True, "NUMBER_DOUBLE", None),
        ({"a": 1}, "LIST", None),
        ([1], "LIST", [1]),
    ],
)
def test_a_parameter_of_another_type_ends_the_task(constant, kind, expected):
    spec = _spec({"a": ""})
    spec["root"]["dag"]["tasks"]["a"]["inputs"]["parameters"]["p"] = {"runtimeValue": {"constant": constant}}
    spec["components"]["a"]["inputDefinitions"]["parameters"]["p"] = {"parameterType": kind}
    if expected is None:
        with pytest.raises(RefusedByKubeflowError, match=f"p type mismatch: expect {kind}"):
            executor_input(spec, "a", "run-1", {})
        return
    assert executor_input(spec, "a", "run-1", {})["inputs"]["parameterValues"] == {"id": "run-1", "p": expected}


def test_a_parameter_without_a_value_ends_the_task():
    spec = _spec({"a": ""})
    del spec["root"]["dag"]["tasks"]["a"]["inputs"]["parameters"]["id"]
    with pytest.raises(RefusedByKubeflowError, match="non-optional parameter id"):
        executor_input(spec, "a", "run-1", {})
