"""The compiled pipeline on Kubernetes: submitted to Kubeflow's API server, run by Argo, in pods of the image that is shipped.

Kubernetes 1.34, Argo Workflows 3.3 and Kubeflow Pipelines 2.0.5 are built from their own sources; node.sh says what the node
has and has not. The tasks are those of the tiny configuration, in the image of `make image-test`.
"""

import json
import shutil
import subprocess

import pytest

pytest.importorskip("kfp", reason="kfp is not installed, so nothing can be compiled")

from components.production import registry
from kubeflow.compile import compile_pipeline
from kubeflow.spec import RUN_ID
from pipeline.config import load
from tests.environments import ROOT, skip
from tests.kubeflow.cluster import programs
from tests.pipeline.conftest import TINY

IMAGE = "localhost/ast-restoration:1"
SETTINGS = (
    "workspace=/mnt/ast/workspace",
    "kubeflow.volume_claim=ast-data",
    "kubeflow.default_task={cpu_request: 0.1, memory_request: 0.5, memory_limit: 8}",
)
_LACKS = 75
_SECONDS = 2400

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def ended(tmp_path_factory):
    """Returns how the run ended, and the volume."""
    work = tmp_path_factory.mktemp("kubernetes")
    folders = programs.program_folders()
    package = work / "pipeline.yaml"
    compile_pipeline(load(TINY, SETTINGS), package, IMAGE, "minio://mlpipeline/ast")
    # Kubeflow 2.0.5 does not fill in its name of the run's id, Argo fills in this one.
    package.write_text(package.read_text().replace(RUN_ID, "{{workflow.uid}}"))
    images = [*programs.program_images(folders, work), programs.project_image(work, IMAGE)]
    story = {
        "package": str(package), "image": IMAGE, "images": list(map(str, images)), "seconds": _SECONDS,
        "definitions": list(map(str, programs.definitions())),
        "server_configuration": str(programs.server_configuration()),
    }  # fmt: skip
    (work / "story.json").write_text(json.dumps(story))
    command = [programs.HERE / "node.sh", work, ":".join(map(str, folders.values())),
               "python", "-m", "tests.kubeflow.cluster.story", work]  # fmt: skip
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=_SECONDS + 900, check=False)
    if done.returncode == _LACKS:
        skip(programs.SKIPPED, done.stderr.strip().splitlines()[-1])
    assert done.returncode == 0, done.stderr[-4000:]
    yield json.loads((work / "ended.json").read_text()), work / "volume"
    for folder in ("containerd", "store", "run"):
        shutil.rmtree(work / folder, ignore_errors=True)


@pytest.mark.long(minutes=15)
def test_every_task_runs_in_a_pod_to_the_verdict_of_the_local_runner(ended, request):
    story, volume = ended
    assert story["run"]["state"] == "SUCCEEDED"
    assert story["workflow"]["phase"] == "Succeeded"
    assert {pod["status"]["phase"] for pod in story["pods"]} == {"Succeeded"}
    first_run = request.getfixturevalue("first_run")  # not an argument: another worker may be making it
    here = registry.production(first_run.snapshot / "models").facts
    there = registry.production(volume / "workspace/models").facts
    assert there["verdict"] == here["verdict"]
    assert (there["images"], there["scenes"]) == (here["images"], here["scenes"])
    assert there["metrics"].keys() == here["metrics"].keys()
    for name, metric in here["metrics"].items():  # the image has the newer TFX
        assert there["metrics"][name]["value"] == pytest.approx(metric["value"], abs=5e-3), name


@pytest.mark.long(minutes=0)
def test_the_tasks_have_the_image_its_user_and_the_volume(ended):
    story, volume = ended
    found = [(pod, main) for pod in story["pods"] for main in pod["spec"]["containers"] if main["image"] == IMAGE]
    tasks = [(pod, main) for pod, main in found if main["name"] == "main"]
    assert len(tasks) == 20
    for pod, main in tasks:
        claims = [each.get("persistentVolumeClaim", {}).get("claimName") for each in pod["spec"]["volumes"]]
        assert "ast-data" in claims
        assert main["resources"]["limits"]["memory"] == "8G"
    assert {path.stat().st_uid for path in (volume / "workspace/models").iterdir()} == {10001}


@pytest.mark.long(minutes=0)
def test_kubeflow_keeps_the_schedule_that_our_command_makes_and_loses_it(ended):
    scheduled = ended[0]["scheduled"]
    assert scheduled["object"]["trigger"]["cronSchedule"]["cron"] == "0 0 3 * * *"
    assert scheduled["object"]["maxConcurrency"] in (1, "1")
    assert "ast-restoration" in scheduled["printed"]["--list"]
    assert not scheduled["left"]
