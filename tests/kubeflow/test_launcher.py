"""The launcher of the dry run, on pipelines of a few lines whose tasks are real processes."""

import json
import sys

from kubeflow.launcher import RunFolder, execute, executor_input, ordered
from kubeflow.spec import RUN_ID

COPY = """
import json, os, sys, pathlib
given = json.loads(sys.argv[1])
assert os.listdir() == [], os.listdir()
assert "SECRET_OF_THE_CALLER" not in os.environ
before = [a["metadata"]["sum"] for v in given["inputs"].get("artifacts", {}).values() for a in v["artifacts"]]
(out,) = given["outputs"]["artifacts"]["out"]["artifacts"]
pathlib.Path(out["uri"]).write_text(given["inputs"]["parameterValues"]["id"])
assert [a["type"] for v in given["inputs"].get("artifacts", {}).values() for a in v["artifacts"]] == [
    {"instanceSchema": ""} for _ in before
]
assert given["outputs"]["artifacts"]["executor-logs"]["artifacts"][0]["type"] == {"schemaTitle": "system.Artifact"}
assert "name" not in out
written = {"uri": out["uri"], "metadata": {"sum": sum(before) + 1}}
pathlib.Path(given["outputs"]["outputFile"]).write_text(json.dumps({"artifacts": {"out": {"artifacts": [written]}}}))
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
    output = {"artifacts": {"out": {"artifactType": {"instanceSchema": "title: T"}}}}
    return {
        "root": {"dag": {"tasks": tasks}},
        "components": {name: {"executorLabel": f"{name}_x", "outputDefinitions": output} for name in edges},
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


def test_outputs_of_a_task_reach_the_next_one(tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET_OF_THE_CALLER", "1")
    for parallel in (1, 3):
        results = {done.name: done for done in execute(_spec(DIAMOND), "run-1", tmp_path / str(parallel), parallel)}
        assert {name: done.artifacts["out"]["metadata"]["sum"] for name, done in results.items()} == {
            "a": 1, "b": 2, "c": 2, "d": 5,
        }  # fmt: skip
        assert (tmp_path / str(parallel) / "artifacts" / "d" / "out").read_text() == "run-1"


def test_a_task_that_dies_ends_the_run_with_its_log(tmp_path):
    *_, last = execute(_spec(DIAMOND, {"b": DIE}), "run-1", tmp_path, 1)
    assert (last.name, last.code) == ("b", 7)
    assert "the disk is full" in last.log.read_text()
    assert not (tmp_path / "artifacts" / "d").exists()


def test_the_placeholder_is_replaced_by_an_executor_input(tmp_path):
    filled = executor_input(_spec(DIAMOND), "a", RunFolder("run-1", tmp_path), {})
    assert filled["inputs"]["parameterValues"] == {"id": "run-1"}
    assert filled["outputs"]["artifacts"]["out"]["artifacts"][0]["type"] == {"instanceSchema": "title: T"}
    assert json.loads(json.dumps(filled)) == filled
