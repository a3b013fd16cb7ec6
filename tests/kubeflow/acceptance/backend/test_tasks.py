"""Kubeflow's driver and launcher run every task of the compiled pipeline, to the verdict and the digits of the local runner.

The programs are Kubeflow's, release 2.0.5, and what they are called with is what Kubeflow's API server made of the file. There
is no Kubernetes and no Argo: cluster.py stands for them. The tasks see the volume, and nothing else of this machine's data.
"""

import json
import os
import re

import pytest
import yaml
from ml_metadata.metadata_store import MetadataStore
from ml_metadata.proto import metadata_store_pb2
from rich.console import Console

pytest.importorskip("kfp", reason="kfp is not installed, so nothing can be compiled")

from components.production import registry
from kubeflow import driver
from kubeflow import spec as specs
from kubeflow.compile import compile_pipeline
from kubeflow.launcher import ordered
from kubeflow.spec import RUN_ID
from kubeflow.task import KUBEFLOW_TYPES, LOGS
from pipeline.config import load
from pipeline.local.first_checks import records_directory
from pipeline.local.records_source import prepare_records
from pipeline.workspace import kubeflow_in
from tests.kubeflow.acceptance.backend import cluster
from tests.kubeflow.acceptance.backend.pods import require_pods
from tests.kubeflow.acceptance.containers import IMAGE, USER
from tests.pipeline.conftest import TINY

ROOT = "minio://mlpipeline/ast"
MOUNT = "/mnt/ast"
RUN = "0b5f7a1c-aaaa-4bbb-8ccc-123456789abc"
TELL = f"import sys; open('{MOUNT}/told', 'a').write(sys.stdin.read())"
CONFIG = (
    f"workspace={MOUNT}/workspace",
    "kubeflow.volume_claim=ast-data",
    "kubeflow.secrets=[{secret: hooks, key: url, variable: WEBHOOK}]",
    "kubeflow.tasks.Trainer={cpu_request: 0.5, memory_limit: 6}",
)
HOOK = f"notify.command={json.dumps(['python', '-c', TELL])}"

pytestmark = pytest.mark.cluster


def _compiled(folder, *settings):
    """Returns the compiled pipeline and an empty volume."""
    require_pods()
    volume, package = folder / "volume", folder / "pipeline.yaml"
    volume.mkdir()
    os.chown(volume, USER, USER)
    compile_pipeline(load(TINY, [*CONFIG, *settings]), package, IMAGE, ROOT)
    return package, volume


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Returns the PipelineSpec, how the run ended, and the volume."""
    folder = tmp_path_factory.mktemp("backend")
    package, volume = _compiled(folder, HOOK)
    ended = cluster.run(package, folder / "cluster", {"ast-data": volume}, RUN, ROOT)
    return next(yaml.safe_load_all(package.read_text())), ended, volume


def _option(ended, name):
    command = ended.spec["command"]
    return command[command.index(name) + 1]


def _inputs(finished):
    """Returns by task the ExecutorInput that the driver made; to Kubeflow every number is a float."""
    given = {name: _option(ended, "--executor_input") for name, ended in finished.launched().items()}
    return {name: json.loads(text, parse_int=float) for name, text in given.items()}


def _written(ended):
    """Returns the ExecutorOutput that the launcher read, from its log; None for a task that wrote none."""
    _, found, rest = ended.log.partition("] ExecutorOutput: ")
    return json.JSONDecoder().raw_decode(rest)[0] if found else None


@pytest.mark.long(minutes=4)
def test_every_task_runs_to_the_verdict_and_the_digits_of_the_local_runner(finished, request):
    spec, ended, volume = finished
    failed = [container.log[-4000:] for container in ended.containers if container.code]
    assert not failed, failed[0]
    assert ended.phase == "Succeeded"
    assert sorted(ended.launched()) == sorted(ordered(spec))
    first_run = request.getfixturevalue("first_run")  # not an argument: another worker may be making it
    assert first_run.process.returncode == 0, first_run.process.stdout + first_run.process.stderr
    here = registry.production(first_run.snapshot / "models").facts
    there = registry.production(volume / "workspace/models").facts
    assert there["verdict"] == here["verdict"]
    assert (there["images"], there["scenes"]) == (here["images"], here["scenes"])
    assert there["metrics"].keys() == here["metrics"].keys()
    for name, metric in here["metrics"].items():
        assert there["metrics"][name]["value"] == pytest.approx(metric["value"], abs=1e-3), name
    message = json.loads((volume / "told").read_text())
    local = json.loads(max(first_run.snapshot.glob("reports/*/run.json")).read_text())
    assert message["verdict"] == local["verdict"] == "pushed"
    for name in ("gain_psnr", "gain_ssim"):
        assert message[name] == pytest.approx(local[name], abs=1e-3)
    assert registry.production(volume / "workspace/models").run_id == RUN
    assert not list((kubeflow_in(volume / "workspace") / RUN / "notes").glob("*.json"))


@pytest.mark.long(minutes=0)
def test_the_dry_run_sends_each_task_what_the_driver_does(finished):
    """Each ExecutorInput is equal but for what is newer than 2.0.5, which is named here.

    Since then a random id stands in the addresses of outputs, the log is an output, and a property names the object store.
    """
    spec, ended, _ = finished
    real, published = _inputs(ended), {}
    for task, launched in ended.launched().items():
        dry = driver.executor_input(spec, task, RUN, published)
        del dry["outputs"]["artifacts"][LOGS]
        if not dry["outputs"]["artifacts"]:
            assert real[task]["outputs"].pop("artifacts", {}) == {}  # a proto's JSON leaves an empty map out
            del dry["outputs"]["artifacts"]
        if not dry["inputs"]["artifacts"]:
            assert real[task]["inputs"].pop("artifacts", {}) == {}
            del dry["inputs"]["artifacts"]
        for value in dry["outputs"].get("artifacts", {}).values():
            (artifact,) = value["artifacts"]
            artifact["uri"] = artifact["uri"].replace(f"/{task}/0c7e1e5a/", f"/{task}/")
        assert dry == real[task], task
        described = (_written(launched) or {}).get("artifacts", {})
        published[task] = {
            key: _recorded(ended, key, value["artifacts"][0], described.get(key, {}).get("artifacts", [{}])[0])
            for key, value in dry["outputs"].get("artifacts", {}).items()
        }


def _recorded(ended, key, requested, described):
    """Returns an output as the dry run keeps it, under the number that ML Metadata gave it."""
    artifact = driver.recorded(key, 0, requested, described)
    del artifact["metadata"]["store_session_info"]
    for name, value in artifact["metadata"].items():
        if isinstance(value, float):
            artifact["metadata"][name] = float(f"{value:.15g}")  # as ML Metadata writes it into SQLite
    (number,) = (kept.id for kept in _store(ended).get_artifacts_by_uri(artifact["uri"]))
    return {**artifact, "name": str(number)}


def _store(ended):
    config = metadata_store_pb2.ConnectionConfig()
    config.sqlite.filename_uri = str(ended.metadata)
    return MetadataStore(config)


@pytest.mark.long(minutes=0)
def test_every_output_is_in_ml_metadata_under_the_type_of_its_component(finished):
    spec, ended, _ = finished
    store = _store(ended)
    types = {kind.id: kind.name for kind in store.get_artifact_types()}
    kept = {artifact.uri: types[artifact.type_id] for artifact in store.get_artifacts()}
    shown = set()
    for task in ended.launched():
        component = spec["components"][specs.all_tasks(spec)[task]["componentRef"]["name"]]
        for key, output in component.get("outputDefinitions", {}).get("artifacts", {}).items():
            kind = output["artifactType"]
            title = kind.get("schemaTitle") or yaml.safe_load(kind["instanceSchema"])["title"]
            (own,) = (
                name
                for uri, name in kept.items()
                if f"/{task}/{key}" in uri and uri.split(f"/{task}/{key}")[1] in ("", "/index.html")
            )
            assert own == title, f"{task}.{key}"
            shown |= {title} & set(KUBEFLOW_TYPES.values())
    assert shown == set(KUBEFLOW_TYPES.values())
    assert {run.last_known_state for run in store.get_executions_by_type("system.ContainerExecution")} == {
        metadata_store_pb2.Execution.COMPLETE
    }


@pytest.mark.long(minutes=0)
def test_the_pods_have_the_volume_the_secret_and_the_resources(finished):
    _, ended, _ = finished
    for name, launched in ended.launched().items():
        container = launched.spec
        assert container["image"] == IMAGE
        assert {"name": "ast-data", "mountPath": MOUNT} in container["volumeMounts"], name
        secret = {"name": "WEBHOOK", "valueFrom": {"secretKeyRef": {"name": "hooks", "key": "url"}}}
        assert secret in container["env"], name
    assert ended.launched()["Trainer"].spec["resources"] == {"limits": {"memory": "6G"}, "requests": {"cpu": "500m"}}


@pytest.mark.long(minutes=0)
def test_what_the_driver_and_the_launcher_ask_the_cluster(finished):
    """The harness itself: the cache was asked and filled; of Kubernetes, nothing but the object store's secret was wanted."""
    _, ended, _ = finished
    assert set(ended.cache_calls) == {"ListTasksV1", "CreateTaskV1"}
    assert set(ended.kubernetes_paths) == {"/api/v1/namespaces/kubeflow/secrets/mlpipeline-minio-artifact"}


@pytest.mark.long(minutes=2)
def test_a_task_that_dies_is_told_by_the_exit_task_and_2_0_5_calls_the_run_succeeded(tmp_path):
    """Later backends leave it failed, by an exit hook of Argo's; and they would have started the failed task again."""
    package, volume = _compiled(tmp_path, HOOK, f"data.records={MOUNT}/records")
    local = load(TINY, [f"workspace={tmp_path}/local"])
    prepare_records(local, Console(quiet=True))
    records_directory(local).rename(volume / "records")
    shard = next((volume / "records/span-1").glob("train-*.tfrecord"))
    damaged = bytearray(shard.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    shard.write_bytes(damaged)
    ended = cluster.run(package, tmp_path / "cluster", {"ast-data": volume}, RUN, ROOT)
    phases = {path.split(".", 2)[-1]: phase for path, phase in ended.phases.items()}
    assert phases["exit-handler-1.SpanWindow"] == phases["exit-handler-1"] == "Failed"
    assert phases["Notify"] == ended.phase == "Succeeded"
    failed = ended.launched()["SpanWindow"]
    assert failed.code == 1
    assert failed.message.startswith("ValueError: Not a valid TFRecord"), failed.log[-2000:]
    assert "failed to execute component: exit status 1" in failed.log
    message = json.loads((volume / "told").read_text())
    assert message["verdict"] == "failed"
    assert message["sentence"].startswith("The run failed: SpanWindow: ")


@pytest.mark.long(minutes=1)
def test_a_run_whose_id_is_not_filled_in_ends_at_once_and_says_what_it_needs(tmp_path):
    """2.0.5 as it is: nothing is written under a name that all runs would share."""
    package, volume = _compiled(tmp_path, HOOK)
    ended = cluster.run(package, tmp_path / "cluster", {"ast-data": volume}, RUN, ROOT, fill_run_id=False)
    assert ended.phase == "Failed"
    launched = ended.launched()
    assert {"DrawRecords", "Notify"} <= launched.keys()
    line = rf"InputError: \w+: this Kubeflow has not filled in {re.escape(RUN_ID)}; .* 2\.5 or later"
    for name, container in launched.items():
        assert container.code == 1, name
        assert re.match(line, container.message), container.log[-2000:]
    assert not list(volume.iterdir())
