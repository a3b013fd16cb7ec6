"""Kubeflow's own runner for one machine executes the compiled pipeline, to the verdict and the digits of the local runner.

It is Kubeflow's code that orders the tasks, fills `{{$}}`, starts the containers, hands artifacts on and reads each
ExecutorOutput. It is not what a cluster runs: that is the driver and the launcher, programs in Go, in backend/.
"""

import json
import os
import sys
from pathlib import Path

import pytest
import yaml
from rich.console import Console

pytest.importorskip("kfp", reason="kfp is not installed, so nothing can be compiled")

from components.production import registry
from kubeflow.compile import compile_pipeline
from kubeflow.launcher import ordered
from kubeflow.spec import RUN_ID
from kubeflow.task import INVOCATION
from pipeline.config import load
from pipeline.local.first_checks import records_directory
from pipeline.local.records_source import prepare_records
from tests.kubeflow.acceptance.containers import IMAGE, USER, container_settings, docker_socket, require_containers
from tests.kubeflow.acceptance.environments import NEWEST, last_line, run_script
from tests.pipeline.conftest import TINY

RELEASE = os.environ.get("AST_KFP_RELEASE", NEWEST)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Returns the compiled pipeline, how Kubeflow's runner ended it, and the push destination."""
    require_containers()
    folder = tmp_path_factory.mktemp("kfp-local")
    package, volume = folder / "pipeline.yaml", folder / "volume"
    config = load(TINY, [f"workspace={volume}"])
    prepare_records(config, Console(quiet=True))
    compile_pipeline(config, package, IMAGE, "minio://mlpipeline/ast", records_directory(config))
    return package, _run(package, folder, volume, timeout=2400), config.models


def _run(package, folder, volume, timeout):
    """Runs a package in containers and returns what run_package.py printed."""
    run = folder / "run"
    (run / "logs").mkdir(parents=True)
    (run / "artifacts").mkdir()
    for path in (volume, run / "artifacts"):
        os.chown(path, USER, USER)
    settings = json.dumps(container_settings([volume]))
    with docker_socket() as socket:
        variables = {"DOCKER_HOST": f"unix://{socket}"}
        done = run_script(RELEASE, "run_package.py", package, run, settings, timeout=timeout, variables=variables)
    return last_line(done)


def test_a_container_has_the_images_user_and_no_network_and_its_exit_code_ends_the_run(tmp_path):
    """The harness itself, on two tasks of which the first fails."""
    require_containers()
    volume, script = tmp_path / "volume", f"id -u; ls /sys/class/net; touch {tmp_path}/volume/written; exit 3"
    volume.mkdir()
    tasks = {name: {"componentRef": {"name": name}, "taskInfo": {"name": name}} for name in ("comp-a", "comp-b")}
    tasks["comp-b"]["dependentTasks"] = ["comp-a"]
    container = {"image": IMAGE, "command": ["/bin/sh", "-c", script], "args": ["{{$}}"]}
    package = {
        "pipelineInfo": {"name": "two"}, "schemaVersion": "2.1.0", "sdkVersion": "by hand", "root": {"dag": {"tasks": tasks}},
        "components": {name: {"executorLabel": "x"} for name in tasks},
        "deploymentSpec": {"executors": {"x": {"container": container}}},
    }  # fmt: skip
    (tmp_path / "pipeline.yaml").write_text(yaml.safe_dump(package))
    result = _run(tmp_path / "pipeline.yaml", tmp_path, volume, timeout=60)
    (task,) = result["tasks"]
    assert "FAILURE" in result["error"]
    assert task["code"] == 3
    assert Path(task["log"]).read_text().split()[-2:] == [str(USER), "lo"]
    assert (volume / "written").stat().st_uid == USER


@pytest.mark.cluster
@pytest.mark.long(minutes=1)
def test_a_task_that_dies_is_told_once_by_the_exit_task(tmp_path):
    """Kubeflow's code starts the failed task again, and then the exit task, whose hook is a command on the volume."""
    require_containers()
    volume = tmp_path / "volume"
    tell = [sys.executable, "-c", f"import sys; open({str(volume / 'told')!r}, 'a').write(sys.stdin.read())"]
    config = load(TINY, [f"workspace={volume}", f"notify.command={tell}", "kubeflow.default_task={retries: 1}"])
    prepare_records(config, Console(quiet=True))
    records = records_directory(config)
    shard = next((records / "span-1").glob("train-*.tfrecord"))
    damaged = bytearray(shard.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    shard.write_bytes(damaged)
    package = tmp_path / "pipeline.yaml"
    compile_pipeline(config, package, IMAGE, "minio://mlpipeline/ast", records, is_on_this_machine=True)
    result = _run(package, tmp_path, volume, timeout=1200)
    assert "SpanWindow" in result["error"]
    message = json.loads((volume / "told").read_text())
    assert message["verdict"] == "failed"
    assert message["sentence"].startswith("The run failed: SpanWindow: ")
    codes = [task["code"] for task in result["tasks"] if "SpanWindow" in task["command"]]
    assert codes
    assert 0 not in codes
    assert result["tasks"][-1]["code"] == 0


@pytest.mark.cluster
@pytest.mark.long(minutes=3)
def test_every_task_runs_to_the_verdict_and_the_digits_of_the_local_runner(finished, request):
    package, result, models = finished
    assert not result["error"], _log_of_the_last(result)
    assert [task["code"] for task in result["tasks"]] == [0] * len(
        ordered(next(yaml.safe_load_all(package.read_text())))
    )
    first_run = request.getfixturevalue("first_run")  # not an argument: another worker may be making it
    assert first_run.process.returncode == 0, first_run.process.stdout + first_run.process.stderr
    here, there = registry.production(first_run.snapshot / "models").facts, registry.production(models).facts
    assert there["verdict"] == here["verdict"]
    assert (there["images"], there["scenes"]) == (here["images"], here["scenes"])
    assert there["metrics"].keys() == here["metrics"].keys()
    for name, metric in here["metrics"].items():
        assert there["metrics"][name]["value"] == pytest.approx(metric["value"], abs=1e-3), name


@pytest.mark.cluster
@pytest.mark.long(minutes=0)
def test_parameters_reach_the_tasks_as_the_file_has_them_and_the_run_has_one_id(finished):
    package, result, _ = finished
    tasks = next(yaml.safe_load_all(package.read_text()))["root"]["dag"]["tasks"].values()
    written = [_constants(task.get("inputs", {}).get("parameters", {})) for task in tasks]
    passed = [json.loads(_after(INVOCATION, task["command"]))["inputs"]["parameterValues"] for task in result["tasks"]]
    keys = [key for values in written for key, value in values.items() if value == RUN_ID]
    (run_id,) = {values[key] for values in passed for key in values.keys() & set(keys)}
    assert keys
    assert run_id != RUN_ID
    assert sorted(map(_json, passed)) == sorted(_json(values).replace(RUN_ID, run_id) for values in written)


def _constants(parameters):
    return {key: value["runtimeValue"]["constant"] for key, value in parameters.items()}


def _after(option, command):
    return command[command.index(option) + 1]


def _json(values):
    """Returns parameters as text; the file has `1.0` for an integer, which Kubeflow passes as `1`."""
    numbers = {key: float(value) for key, value in values.items() if type(value) in (int, float)}
    return json.dumps({**values, **numbers}, sort_keys=True)


def _log_of_the_last(result):
    return Path(result["tasks"][-1]["log"]).read_text()[-4000:]
