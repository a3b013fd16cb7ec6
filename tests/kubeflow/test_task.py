"""The entry point of a task's container: Kubeflow's addresses become paths for TFX and addresses again."""

import json
from pathlib import Path

import pipeline
from kubeflow.task import INVOCATION, local_path, run_task

EXECUTOR_INPUT = {
    "inputs": {
        "artifacts": {
            "model": {
                "artifacts": [{"name": "7", "type": {}, "uri": "minio://b/run/Trainer/model", "metadata": {"x": 1.0}}]
            },
            "absent": {"artifacts": []},
        },
        "parameterValues": {"schema_file": "package:pipeline/schema/pairs.pbtxt", "number": 6.0, "other": "package"},
    },
    "outputs": {"artifacts": {"blessing": {"artifacts": [{"uri": "s3://b/run/Gate/blessing"}]}}},
}


def test_an_address_becomes_the_path_at_which_the_launcher_mounts_it():
    assert local_path("minio://b/k") == "/minio/b/k"
    assert local_path("s3://b/k") == "/s3/b/k"
    assert local_path("gs://b/k") == "/gcs/b/k"
    assert local_path("/mnt/ast/k") == "/mnt/ast/k"


def _run(tmp_path, code=0):
    output = tmp_path / "executor_output.json"
    executor_input = json.loads(json.dumps(EXECUTOR_INPUT))
    executor_input["outputs"]["outputFile"] = str(output)
    seen = []

    def execute(arguments):
        seen.append(arguments)
        written = {"uri": "/s3/b/run/Gate/blessing", "name": "n", "metadata": {"blessed": 1.0}}
        output.write_text(json.dumps({"artifacts": {"blessing": {"artifacts": [written]}}}))
        return code

    returned = run_task(["--a", "b", INVOCATION, json.dumps(executor_input), "--runner=DirectRunner"], execute)
    return returned, seen[0], json.loads(output.read_text())["artifacts"]["blessing"]["artifacts"][0]


def test_tfx_sees_paths_and_kubeflow_sees_its_addresses_again(tmp_path):
    code, arguments, written = _run(tmp_path)
    seen = json.loads(arguments[3])
    assert code == 0
    assert [*arguments[:3], *arguments[4:]] == ["--a", "b", INVOCATION, "--runner=DirectRunner"]
    assert seen["inputs"]["artifacts"]["model"]["artifacts"][0]["uri"] == "/minio/b/run/Trainer/model"
    assert seen["inputs"]["artifacts"]["model"]["artifacts"][0]["metadata"] == {"x": 1.0}
    assert "absent" not in seen["inputs"]["artifacts"]
    assert seen["outputs"]["artifacts"]["blessing"]["artifacts"][0] == {
        "name": "s3://b/run/Gate/blessing", "uri": "/s3/b/run/Gate/blessing",
    }  # fmt: skip
    assert written == {"uri": "s3://b/run/Gate/blessing", "name": "n", "metadata": {"blessed": 1.0}}


def test_files_of_the_project_are_found_where_the_image_has_them(tmp_path):
    values = json.loads(_run(tmp_path)[1][3])["inputs"]["parameterValues"]
    assert Path(values["schema_file"]) == Path(pipeline.__file__).parent / "schema" / "pairs.pbtxt"
    assert Path(values["schema_file"]).is_file()
    assert (values["number"], values["other"]) == (6.0, "package")


def test_a_task_that_fails_keeps_its_code(tmp_path):
    code, _, written = _run(tmp_path, code=3)
    assert code == 3
    assert written["uri"] == "/s3/b/run/Gate/blessing"
