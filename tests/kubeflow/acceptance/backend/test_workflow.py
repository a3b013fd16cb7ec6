"""The API server of Kubeflow Pipelines 2.0.5 makes an Argo workflow of the compiled pipeline; what it leaves out is named here.

Its own code in Go does it, `template.New` and `RunWorkflow` with the validation that the server runs before it submits.
"""

import json
import subprocess

import pytest
import yaml

pytest.importorskip("kfp", reason="kfp is not installed, so nothing can be compiled")

from kubeflow import spec as specs
from kubeflow.notes import RUN_ID_PARAMETER
from tests.kubeflow.acceptance.backend.binaries import argo_workflow, programs
from tests.kubeflow.test_compile import IMAGE, ROOT

RUN = "0b5f7a1c-aaaa-4bbb-8ccc-123456789abc"
BODY = "exit-handler-1"
KNOWN = ("pvcMount", "secretAsEnv", "nodeSelector")
UNKNOWN = ("imagePullPolicy", "imagePullSecret", "tolerations", "enabledSharedMemory", "activeDeadlineSeconds")
"""Settings of `kubeflow:` at which the driver of 2.0.5 ends, because its protos do not have them."""

pytestmark = pytest.mark.long(minutes=2)


@pytest.fixture(scope="module")
def documents(package):
    """Returns the PipelineSpec, and the executors of the PlatformSpec."""
    pipeline, platform = yaml.safe_load_all(package.read_text())
    return pipeline, platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]


@pytest.fixture(scope="module")
def workflow(package):
    return argo_workflow(package, ROOT, RUN, "kubeflow")


def _templates(workflow):
    return {template["name"]: template for template in workflow["spec"]["templates"]}


def _dag(workflow, name):
    return {task["name"]: task for task in _templates(workflow)[name]["dag"]["tasks"]}


def _arguments(task):
    return {argument["name"]: argument.get("value") for argument in task["arguments"]["parameters"]}


def _annotation(workflow, kind, component):
    return json.loads(workflow["metadata"]["annotations"][f"pipelines.kubeflow.org/{kind}-{component}"])


def test_every_task_is_a_driver_and_a_launcher_after_those_that_it_depends_on(workflow, documents):
    pipeline, _ = documents
    tasks, dag = specs.body_tasks(pipeline), _dag(workflow, f"comp-{BODY}")
    assert dag.keys() == {f"{name}{suffix}" for name in tasks for suffix in ("", "-driver")}
    for name, task in tasks.items():
        assert dag[name]["template"] == "system-container-executor"
        assert dag[name]["depends"] == f"{name}-driver.Succeeded"
        driver = dag[f"{name}-driver"]
        assert driver["template"] == "system-container-driver"
        needs = [f"{needed}.Succeeded" for needed in task.get("dependentTasks", ())]
        assert sorted(driver.get("depends", "").split(" && ")) == sorted(needs or [""])
        assert json.loads(_arguments(driver)["task"]) == _as_json(task)


def test_containers_have_the_image_the_command_and_the_resources_of_the_file(workflow, documents):
    pipeline, _ = documents
    for name, task in specs.all_tasks(pipeline).items():
        component = task["componentRef"]["name"]
        container = pipeline["deploymentSpec"]["executors"][specs.executor_label(pipeline, name)]["container"]
        assert _annotation(workflow, "implementations", component) == _as_json(container)
        assert container["image"] == IMAGE
        assert {"command", "args"} <= container.keys()
    assert _annotation(workflow, "implementations", "Trainer")["resources"] == {
        "cpuRequest": 2,
        "cpuLimit": 4,
        "memoryLimit": 16,
        "accelerator": {"type": "nvidia.com/gpu", "count": "1"},
    }


def test_volume_secrets_and_nodes_reach_each_driver(workflow, documents):
    pipeline, platform = documents
    tasks = _dag(workflow, f"comp-{BODY}") | _dag(workflow, "root")
    for name, task in specs.all_tasks(pipeline).items():
        component = task["componentRef"]["name"]
        expected = platform[specs.executor_label(pipeline, name)]
        assert _annotation(workflow, "kubernetes", component) == _as_json(expected)
        place = f"{{{{workflow.annotations.pipelines.kubeflow.org/kubernetes-{component}}}}}"
        assert _arguments(tasks[f"{name}-driver"])["kubernetes-config"] == place


def test_the_exit_task_follows_the_others_however_they_end_but_is_no_hook_of_argos(workflow):
    """An Argo DAG whose last task succeeds has succeeded: in 2.0.5 a failed run with an exit task ends as Succeeded."""
    root = _dag(workflow, "root")
    assert root.keys() == {BODY, f"{BODY}-driver", "Notify", "Notify-driver"}
    ends = ("Succeeded", "Skipped", "Failed", "Errored")
    assert root["Notify-driver"]["depends"] == " || ".join(f"{BODY}.{end}" for end in ends)
    assert not [task for task in root.values() if "hooks" in task or "onExit" in task]


def test_the_pipeline_root_comes_with_the_run_and_not_from_the_file(workflow):
    entry = _dag(workflow, workflow["spec"]["entrypoint"])
    assert json.loads(_arguments(entry["root-driver"])["runtime-config"]) == {"gcsOutputDirectory": ROOT}


def test_annotations_are_within_the_limit_of_kubernetes(workflow):
    """An object may have 256 KiB of them; 2.0.5 writes every component, container and Kubernetes setting there."""
    assert sum(len(key) + len(value) for key, value in workflow["metadata"]["annotations"].items()) < 1 << 18


def test_retries_are_not_known(workflow, documents):
    """Later backends write Argo's `retryStrategy`; the driver of 2.0.5 gets the policy with the task, and does not read it."""
    pipeline, _ = documents
    assert specs.all_tasks(pipeline)["Trainer"]["retryPolicy"]["maxRetryCount"] == 5
    assert "retryStrategy" not in json.dumps(workflow)


def test_the_runs_id_is_not_filled_in(workflow):
    """Argo's name of it would be, by the server; the driver of 2.5 replaces Kubeflow's, and ours ends a task that gets it."""
    task = json.loads(_arguments(_dag(workflow, "root")["Notify-driver"])["task"])
    assert task["inputs"]["parameters"][RUN_ID_PARAMETER]["runtimeValue"]["constant"] == specs.RUN_ID
    assert "{{workflow.uid}}" not in json.dumps(workflow)


@pytest.mark.parametrize("setting", [*KNOWN, *UNKNOWN])
def test_settings_that_the_driver_does_not_know_end_the_task(documents, tmp_path, setting):
    """The driver reads its arguments before anything else; one that got further misses the namespace of its pod here."""
    _, platform = documents
    config = {setting: platform["Trainer_executor"][setting]}
    command = [programs() / "driver", "--type", "CONTAINER", "--kubernetes_config", json.dumps(config)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode != 0
    assert (f'unknown field "{setting}"' in done.stderr) == (setting in UNKNOWN), done.stderr
    assert ("failed to get namespace in Pod" in done.stderr) == (setting in KNOWN), done.stderr


def _as_json(value):
    """Returns a part of the file as a proto's JSON has it: without empty values, and each number as a float that is equal."""
    if isinstance(value, dict):
        return {key: _as_json(item) for key, item in value.items() if item not in ({}, [])}
    return list(map(_as_json, value)) if isinstance(value, list) else value
