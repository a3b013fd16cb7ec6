"""The entry point of a task's container: what Kubeflow sends becomes what TFX reads, and the other way round."""

import getpass
import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import pipeline
from components.pair_validator.judging.errors import DataRefusedError
from components.pair_validator.judging.refusal import Refusal
from kubeflow.task import (
    INPUTS_SPEC,
    INVOCATION,
    MOUNT_ROOT,
    TFX_ENTRY_POINT,
    ended,
    for_kubeflow,
    for_tfx,
    local_path,
    name_the_user,
    run_task,
)
from pipeline import exit_codes

NO_TYPE = {"instanceSchema": ""}
MODEL_TYPE = {"instanceSchema": "title: tfx.Model\ntype: object\n"}
BLESSING_TYPE = {"instanceSchema": "title: tfx.ModelBlessing\ntype: object\n"}
# As Kubeflow's driver (2.5 to 2.17) and launcher send it: an id for a name, no type of an input, names of no output, the log.
EXECUTOR_INPUT = {
    "inputs": {
        "artifacts": {
            "model": {
                "artifacts": [
                    {
                        "name": "7",
                        "type": NO_TYPE,
                        "uri": "minio://b/run/Trainer/model",
                        "metadata": {
                            "x": 1.0,
                            "display_name": "model",
                            "of_a_list": {"list": ["a", 1.0]},
                            "of_a_map": {"struct": {"list": 2.0}},
                        },
                    }
                ]
            },
            "absent": {"artifacts": []},
        },
        "parameterValues": {"schema_file": "package:pipeline/schema/pairs.pbtxt", "number": 6.0, "other": "package"},
    },
    "outputs": {
        "artifacts": {
            "blessing": {"artifacts": [{"type": BLESSING_TYPE, "uri": "s3://b/run/Gate/blessing"}]},
            "executor-logs": {
                "artifacts": [{"type": {"schemaTitle": "system.Artifact"}, "uri": "s3://b/run/Gate/executor-logs"}]
            },
        }
    },
}
SPEC = {"artifacts": {"model": {"artifactType": MODEL_TYPE}, "absent": {"artifactType": MODEL_TYPE}}}


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
        properties = {
            "blessed": 1.0,
            "model": "/minio/b/run/Trainer/model",
            "file": "/s3/b/run/Gate/blessing/x.json",
            "unset": None,
            "slices": ["a"],
            "limits": {"psnr": 1.0},
        }
        written = {"uri": "/s3/b/run/Gate/blessing", "name": "n", "metadata": properties}
        output.write_text(json.dumps({"artifacts": {"blessing": {"artifacts": [written]}}}))
        return code

    arguments = [
        "--a",
        "b",
        INVOCATION,
        json.dumps(executor_input),
        INPUTS_SPEC,
        json.dumps(SPEC),
        "--runner=DirectRunner",
    ]
    returned = run_task(arguments, execute)
    return returned, seen[0], json.loads(output.read_text())["artifacts"]["blessing"]["artifacts"][0]


def test_tfx_sees_paths_and_kubeflow_sees_its_addresses_again(tmp_path):
    code, arguments, written = _run(tmp_path)
    seen = json.loads(arguments[3])
    assert code == 0
    assert [*arguments[:3], *arguments[4:]] == [
        "--a",
        "b",
        INVOCATION,
        INPUTS_SPEC,
        json.dumps(SPEC),
        "--runner=DirectRunner",
    ]
    assert seen["inputs"]["artifacts"]["model"]["artifacts"][0]["uri"] == "/minio/b/run/Trainer/model"
    assert "absent" not in seen["inputs"]["artifacts"]
    assert seen["outputs"]["artifacts"]["blessing"]["artifacts"][0] == {
        "name": "s3://b/run/Gate/blessing", "uri": "/s3/b/run/Gate/blessing", "type": BLESSING_TYPE, "metadata": {},
    }  # fmt: skip
    assert written["uri"] == "s3://b/run/Gate/blessing"
    assert written["name"] == "n"


def test_an_input_has_the_type_of_the_components_specification(tmp_path):
    seen = json.loads(_run(tmp_path)[1][3])
    assert seen["inputs"]["artifacts"]["model"]["artifacts"][0]["type"] == MODEL_TYPE


def test_the_log_which_kubeflow_writes_itself_is_no_output_for_tfx(tmp_path):
    seen = json.loads(_run(tmp_path)[1][3])
    assert set(seen["outputs"]["artifacts"]) == {"blessing"}


def test_properties_survive_the_way_through_kubeflows_metadata(tmp_path):
    _, arguments, written = _run(tmp_path)
    assert json.loads(arguments[3])["inputs"]["artifacts"]["model"]["artifacts"][0]["metadata"] == {
        "x": 1.0, "display_name": "model", "of_a_list": ["a", 1.0], "of_a_map": {"list": 2.0},
    }  # fmt: skip
    # Kubeflow's launcher refuses a null and wraps lists and maps itself.
    assert written["metadata"] == {
        "blessed": 1.0, "slices": ["a"], "limits": {"psnr": 1.0},
        "model": "minio://b/run/Trainer/model", "file": "s3://b/run/Gate/blessing/x.json",
    }  # fmt: skip


@pytest.fixture
def entry_point():
    """TFX's parser of what a task gets."""
    pytest.importorskip("kfp", reason="kfp is not installed")
    return import_module(TFX_ENTRY_POINT.replace("run_executor", "entrypoint_utils"))


def test_tfx_reads_what_it_is_given(tmp_path, entry_point):
    """TFX's own parser, on both stacks: it fails on an empty type and on one that is not its own."""
    from google.protobuf import json_format
    from kfp.pipeline_spec import pipeline_spec_pb2

    given = pipeline_spec_pb2.ExecutorInput()
    json_format.Parse(_run(tmp_path)[1][3], given)
    (model,) = entry_point.parse_raw_artifact_dict(given.inputs.artifacts)["model"]
    assert (model.type_name, model.uri) == ("Model", "/minio/b/run/Trainer/model")
    assert model.get_json_value_custom_property("of_a_list") == ["a", 1.0]
    assert model.get_json_value_custom_property("of_a_map") == {"list": 2.0}
    assert set(entry_point.parse_raw_artifact_dict(given.outputs.artifacts)) == {"blessing"}


def test_files_of_the_project_are_found_where_the_image_has_them(tmp_path):
    values = json.loads(_run(tmp_path)[1][3])["inputs"]["parameterValues"]
    assert Path(values["schema_file"]) == Path(pipeline.__file__).parent / "schema" / "pairs.pbtxt"
    assert Path(values["schema_file"]).is_file()
    assert (values["number"], values["other"]) == (6.0, "package")


def test_a_task_that_fails_keeps_its_code(tmp_path):
    code, _, written = _run(tmp_path, code=3)
    assert code == 3
    assert written["uri"] == "/s3/b/run/Gate/blessing"


def test_an_output_that_kubeflow_shows_has_its_own_type_for_tfx(entry_point):

    page = {"type": {"schemaTitle": "system.HTML", "schemaVersion": "0.0.1"}, "uri": "minio://b/run/RunReport/page"}
    seen = for_tfx({"outputs": {"artifacts": {"page": {"artifacts": [page]}}}}, {})["outputs"]["artifacts"]
    from google.protobuf import json_format
    from kfp.pipeline_spec import pipeline_spec_pb2

    given = json_format.ParseDict({"outputs": {"artifacts": seen}}, pipeline_spec_pb2.ExecutorInput())
    (artifact,) = entry_point.parse_raw_artifact_dict(given.outputs.artifacts)["page"]
    assert (artifact.type_name, artifact.uri) == ("components.HtmlPage", "/minio/b/run/RunReport/page")
    # The artifact's address is that of the file, for Kubeflow's user interface to show it.
    written = {"artifacts": {"page": {"artifacts": [{"uri": "/minio/b/run/RunReport/page/index.html"}]}}}
    back = for_kubeflow(written, {"outputs": {"artifacts": {"page": {"artifacts": [page]}}}})
    assert back["artifacts"]["page"]["artifacts"][0]["uri"] == "minio://b/run/RunReport/page/index.html"


def test_refused_data_has_a_code_and_a_line_of_its_own(tmp_path, capsys):
    message = tmp_path / "termination-log"
    message.touch()
    refused = DataRefusedError(Refusal("9 of 9 pairs failed", "a.png:\n shifted"), tmp_path / "verdicts.jsonl")
    assert ended(refused, message) == exit_codes.DATA_REFUSED
    assert message.read_text() == "DataRefusedError: 9 of 9 pairs failed: a.png: shifted"
    assert ended(ValueError("x" * 9000), message) == exit_codes.FAILED
    assert len(message.read_bytes()) == 2000
    assert ended(OSError("no such file"), tmp_path / "absent") == exit_codes.FAILED
    assert "OSError: no such file" in capsys.readouterr().err
    assert not (tmp_path / "absent").exists()


def test_a_user_whom_the_image_does_not_know_has_a_name(monkeypatch):
    """OpenShift runs a container as a number that is in no list of users."""
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 1_000_680_000)
    with pytest.raises((KeyError, OSError)):
        getpass.getuser()
    name_the_user()
    assert getpass.getuser() == "ast"


@pytest.mark.slow(minutes=0.5)
def test_the_task_that_refuses_data_ends_with_its_code_under_tfxs_own_entry_point(tmp_path, entry_point):  # noqa: ARG001
    verdicts = tmp_path / "minio" / "b" / "verdicts"
    verdicts.mkdir(parents=True)
    DataRefusedError(Refusal("9 of 9 pairs failed", "a.png: shifted"), verdicts / "verdicts.jsonl").save()
    given = {
        "inputs": {
            "artifacts": {"verdicts": {"artifacts": [{"name": "7", "type": NO_TYPE, "uri": "minio://b/verdicts"}]}}
        },
        "outputs": {"artifacts": {}, "outputFile": str(tmp_path / "out" / "output_metadata.json")},
    }
    spec = {"artifacts": {"verdicts": {"artifactType": {"instanceSchema": "title: components.PairVerdicts"}}}}
    executor = "components.data_gate.executor.DataGateExecutor"
    words = ["--executor_class_path", executor, INVOCATION, json.dumps(given), INPUTS_SPEC, json.dumps(spec)]
    done = subprocess.run(
        [sys.executable, "-m", "kubeflow.task", *words],
        env={**os.environ, MOUNT_ROOT: str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == exit_codes.DATA_REFUSED, done.stderr
    assert "DataRefusedError: 9 of 9 pairs failed: a.png: shifted" in done.stderr
