"""The compiled pipeline: `kfp` loads it, and it has nothing that a cluster would refuse."""

import importlib
import json
import re
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from data.errors import InputError
from kubeflow import spec as specs
from kubeflow.compile import compile_pipeline
from kubeflow.settings import KubeflowSettings, TaskSettings
from kubeflow.task import KUBEFLOW_TYPES
from pipeline.commands.kubeflow import kubeflow
from pipeline.config import load

ROOT = "minio://mlpipeline/ast"
IMAGE = "registry.example/ast-restoration:1"
CLUSTER = """
workspace: /mnt/ast/workspace
data: {records: /mnt/ast/records}
kubeflow:
  volume_claim: ast-data
  image_pull_policy: Always
  image_pull_secrets: [registry]
  secrets: [{secret: hooks, key: url, variable: WEBHOOK}]
  default_task: {memory_limit: 4}
  tasks:
    Trainer:
      {cpu_request: 2, cpu_limit: 4, memory_limit: 16, gpus: 1, node_selector: {pool: gpu}, shared_memory: 1.5,
       deadline_minutes: 90, retries: 5, tolerations: [{key: nvidia.com/gpu, operator: Exists, effect: NoExecute, seconds: 60}]}
    Gate: {memory_limit: 4, retries: 0}
"""


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("compiled")
    (folder / "cluster.yaml").write_text(CLUSTER)
    compile_pipeline(load(folder / "cluster.yaml"), folder / "pipeline.yaml", IMAGE, ROOT)
    return folder / "pipeline.yaml"


@pytest.fixture
def spec(compiled):
    return next(yaml.safe_load_all(compiled.read_text()))


@pytest.fixture
def platform(compiled):
    (_, document) = yaml.safe_load_all(compiled.read_text())
    return document["platforms"]["kubernetes"]["deploymentSpec"]["executors"]


def _parameters(spec):
    for name, task in spec["root"]["dag"]["tasks"].items():
        for key, value in task.get("inputs", {}).get("parameters", {}).items():
            yield f"{name}.{key}", value


def test_every_component_of_the_local_pipeline_is_in_it(spec):
    assert set(spec["root"]["dag"]["tasks"]) >= {
        "SpanWindow", "SchemaGen", "StatisticsGen", "ExampleValidator", "PairMeasurer", "MeasurementSchema",
        "MeasurementStatistics", "MeasurementValidator", "PairValidator", "Transform", "Trainer", "ProductionModel",
        "Evaluator", "Gate", "InfraCheck", "Pusher", "DataReport", "DataGate", "RunReport",
    }  # fmt: skip


def test_it_has_nothing_that_open_source_kubeflow_refuses(spec):
    specs.require_containers(spec)
    for executor in spec["deploymentSpec"]["executors"].values():
        assert executor["container"]["image"] == IMAGE
        assert "lifecycle" not in executor["container"], "a hook before the cache is asked, which only Vertex calls"
    assert all("trigger" not in task or not task["trigger"] for task in spec["root"]["dag"]["tasks"].values())


def test_artifact_types_of_this_project_are_imported_by_the_name_in_the_spec(spec):
    titles = set(re.findall(r"title: ([\w.]+)", json.dumps(spec)))
    own = {title for title in titles if not title.startswith("tfx.")}
    assert own == {"components.PairVerdicts"}
    for title in own | KUBEFLOW_TYPES.keys():
        module, name = title.rsplit(".", 1)
        assert title == getattr(importlib.import_module(module), name).TYPE_NAME


def test_kubeflow_recognizes_what_it_shows(spec):
    shown = {
        f"{name}.{key}": output["artifactType"]["schemaTitle"]
        for name, component in spec["components"].items()
        for key, output in component.get("outputDefinitions", {}).get("artifacts", {}).items()
        if "schemaTitle" in output["artifactType"]
    }
    assert shown == {
        "DataReport.page": "system.HTML",
        "RunReport.page": "system.HTML",
        "Gate.metrics": "system.Metrics",
    }


def test_nothing_is_trained_on_refused_data_and_its_page_is_written_before(spec):
    tasks = spec["root"]["dag"]["tasks"]
    assert "DataReport" in tasks["DataGate"]["dependentTasks"]
    assert "DataGate" in tasks["Transform"]["dependentTasks"]
    assert "Transform" in tasks["Trainer"]["dependentTasks"]


def test_an_executor_other_than_a_container_is_refused(spec):
    spec["deploymentSpec"]["executors"]["Latest_executor"] = {"resolver": {}}
    with pytest.raises(InputError, match="Latest_executor: not a container"):
        specs.require_containers(spec)


def test_kfp_loads_it_and_it_parses_as_pipeline_spec(compiled, spec):
    components = pytest.importorskip("kfp.components", reason="kfp is not installed")
    from google.protobuf import json_format
    from kfp.pipeline_spec import pipeline_spec_pb2

    assert components.load_component_from_file(str(compiled)).name.startswith("ast")
    parsed = json_format.ParseDict(spec, pipeline_spec_pb2.PipelineSpec())
    assert parsed.default_pipeline_root == ROOT
    assert len(parsed.root.dag.tasks) == len(spec["root"]["dag"]["tasks"])


def test_a_run_needs_no_parameters_and_has_the_clusters_id(spec):
    values = dict(_parameters(spec))
    assert "inputDefinitions" not in spec["root"]
    assert values["Pusher.run_id"] == values["RunReport.run_id"] == {"runtimeValue": {"constant": specs.RUN_ID}}
    assert values["ProductionModel.fingerprint"] == {"runtimeValue": {"constant": specs.RUN_ID}}
    assert not [key for key, value in values.items() if "componentInputParameter" in value]


def test_it_has_no_path_of_the_machine_that_compiled_it(compiled):
    text = compiled.read_text()
    assert str(Path(__file__).parents[2]) not in text
    assert ".whl" not in text
    assert "package:pipeline/schema/pairs.pbtxt" in text


def test_tasks_have_the_resources_of_the_configuration(spec):
    executors = spec["deploymentSpec"]["executors"]
    assert executors[specs.executor_label(spec, "Trainer")]["container"]["resources"] == {
        "cpuRequest": 2, "cpuLimit": 4, "memoryLimit": 16, "accelerator": {"type": "nvidia.com/gpu", "count": "1"},
    }  # fmt: skip
    assert executors[specs.executor_label(spec, "Gate")]["container"]["resources"] == {"memoryLimit": 4}


def test_every_task_has_the_volume_and_the_secret_by_reference(spec, platform):
    assert len(platform) == len(spec["root"]["dag"]["tasks"])
    for config in platform.values():
        assert config["pvcMount"] == [{"constant": "ast-data", "mountPath": "/mnt/ast"}]
        assert config["secretAsEnv"] == [
            {"secretName": "hooks", "keyToEnv": [{"secretKey": "url", "envVar": "WEBHOOK"}]}
        ]
    assert platform[specs.executor_label(spec, "Trainer")]["nodeSelector"] == {"labels": {"pool": "gpu"}}
    assert json.dumps(platform).count("nodeSelector") == 1


def test_nodes_image_and_limits_of_time_are_those_of_the_configuration(spec, platform):
    trainer = platform[specs.executor_label(spec, "Trainer")]
    assert trainer["tolerations"] == [
        {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": "60"}
    ]
    assert trainer["enabledSharedMemory"] == {"volumeName": "shm", "size": "1500000000"}
    assert trainer["activeDeadlineSeconds"] == "5400"
    others = json.dumps({label: config for label, config in platform.items() if config is not trainer})
    assert not re.search("tolerations|SharedMemory|activeDeadline", others)
    for config in platform.values():
        assert config["imagePullPolicy"] == "Always"
        assert config["imagePullSecret"] == [{"secretName": "registry"}]


def test_a_task_that_loses_its_node_is_started_again(spec):
    tasks = spec["root"]["dag"]["tasks"]
    assert tasks["Trainer"]["retryPolicy"]["maxRetryCount"] == 5
    assert tasks["Evaluator"]["retryPolicy"]["maxRetryCount"] == 2
    assert "retryPolicy" not in tasks["Gate"]
    assert "retryPolicy" not in tasks["DataGate"]  # it fails on purpose


@pytest.mark.parametrize(
    ("toleration", "problem"),
    [
        ({"operator": "Exists", "value": "x"}, "admits no value"),
        ({"value": "x"}, "needs a key"),
        ({"key": "gpu", "effect": "NoSchedule", "seconds": 5}, "seconds need effect NoExecute"),
    ],
)
def test_a_toleration_that_kubernetes_would_refuse_is_refused(toleration, problem):
    with pytest.raises(ValueError, match=problem):
        TaskSettings(tolerations=[toleration])


def test_compiling_makes_no_folder_of_the_cluster_here(tmp_path):
    there = tmp_path / "of" / "the" / "cluster"
    config = load(None, (f"workspace={there}", f"data.records={there / 'records'}"))
    compile_pipeline(config, tmp_path / "pipeline.yaml", IMAGE, ROOT)
    assert not (tmp_path / "of").exists()


@pytest.mark.parametrize(
    ("setting", "problem"),
    [
        ("infra.docker=true", "infra.docker: .* starts no docker"),
        ("signing_key=/keys/key.pem", "signing_key: the image holds neither a private key nor the program"),
        ("notify.webhook=https://hooks.example/t0ken", "notify.webhook: its URL may hold a secret"),
        ("mlflow.tracking_uri_variable=MLFLOW_TRACKING_URI", "mlflow: the image holds no MLflow client"),
        (
            "beam=[--runner=FlinkRunner, --flink_master=f:8081, --environment_type=EXTERNAL, --environment_config=f:50000]",
            "beam: .* workers of another machine",
        ),
    ],
)
def test_what_a_task_on_a_cluster_cannot_do_is_refused_in_one_line(tmp_path, setting, problem):
    config = load(None, (f"workspace={tmp_path}", f"data.records={tmp_path}", setting))
    with pytest.raises(InputError, match=problem):
        compile_pipeline(config, tmp_path / "pipeline.yaml", IMAGE, ROOT)


@pytest.mark.parametrize(
    "root", ["", "mlpipeline/ast", "/mnt/ast", "https://store.example/ast", "minio://", "s3:///ast", "gs:/ast"]
)
def test_artifacts_of_a_cluster_lie_in_an_object_store(tmp_path, root):
    config = load(None, (f"workspace={tmp_path}", f"data.records={tmp_path}"))
    with pytest.raises(InputError, match="--pipeline-root: .* is not the address of a bucket"):
        compile_pipeline(config, tmp_path / "pipeline.yaml", IMAGE, root)


def test_a_pipeline_without_a_volume_is_warned_of(tmp_path):
    output = tmp_path / "pipeline.yaml"
    sets = [word for name in ("workspace", "data.records") for word in ("--set", f"{name}={tmp_path / name}")]
    arguments = ["compile", "--output", str(output), "--image", IMAGE, "--pipeline-root", ROOT, *sets]
    done = CliRunner().invoke(kubeflow, arguments)
    assert done.exit_code == 0, done.output
    assert "warning: kubeflow.volume_claim is null" in done.output


def test_an_unknown_task_is_an_error_with_its_name(spec):
    with pytest.raises(InputError, match=r"no component Trainr; the components are .*Trainer"):
        specs.set_resources(spec, KubeflowSettings(tasks={"Trainr": TaskSettings(gpus=1)}))


def test_a_request_above_its_limit_is_refused():
    with pytest.raises(ValueError, match="memory_request 8 is above memory_limit 4"):
        TaskSettings(memory_request=8, memory_limit=4)


def test_shared_paths_must_be_on_the_volume(tmp_path):
    sets = (f"workspace={tmp_path}", "data.records=/mnt/ast/records", "kubeflow.volume_claim=ast-data")
    with pytest.raises(InputError, match="workspace: .* is not below /mnt/ast"):
        compile_pipeline(load(None, sets), tmp_path / "pipeline.yaml", IMAGE, ROOT)


def test_a_first_run_on_a_cluster_draws_its_data_on_the_volume(tmp_path):
    config = load(None, ("workspace=/mnt/ast/workspace", "kubeflow.volume_claim=ast-data"))
    compile_pipeline(config, tmp_path / "pipeline.yaml", IMAGE, ROOT)
    tasks = next(yaml.safe_load_all((tmp_path / "pipeline.yaml").read_text()))["root"]["dag"]["tasks"]
    assert tasks["SpanWindow"]["dependentTasks"] == ["DrawRecords"]
    (drawn, read) = (tasks[name]["inputs"]["parameters"]["records_directory"] for name in ("DrawRecords", "SpanWindow"))
    assert drawn == read
    assert drawn["runtimeValue"]["constant"].startswith("/mnt/ast/workspace/records/synthetic-")


def test_without_a_volume_there_is_no_place_to_draw_data(tmp_path):
    with pytest.raises(InputError, match=r"data\.records: .* or a volume"):
        compile_pipeline(load(None, (f"workspace={tmp_path}",)), tmp_path / "pipeline.yaml", "i", ROOT)


def test_the_output_is_yaml(tmp_path):
    config = load(None, (f"workspace={tmp_path}", f"data.records={tmp_path}"))
    with pytest.raises(InputError, match=r"pipeline\.json.*\.yaml"):
        compile_pipeline(config, tmp_path / "pipeline.json", "i", ROOT)


def test_an_output_that_cannot_be_written_is_an_error_with_its_path(tmp_path):
    (tmp_path / "pipeline.yaml").mkdir()
    config = load(None, (f"workspace={tmp_path}", f"data.records={tmp_path}"))
    with pytest.raises(InputError, match=r"pipeline.yaml: cannot be written \(Is a directory\)"):
        compile_pipeline(config, tmp_path / "pipeline.yaml", IMAGE, ROOT)


def test_without_kfp_the_error_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(InputError, match="kfp is not installed; use the .venv"):
        compile_pipeline(load(None, (f"workspace={tmp_path}",)), tmp_path / "pipeline.yaml", "i", ROOT)
