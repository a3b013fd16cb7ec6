"""Submits a compiled pipeline to Kubeflow Pipelines on the node and waits for its end.

    python -m tests.kubeflow.cluster.story WORK

`node.sh` calls it. WORK/story.json says what to run; WORK/ended.json then has how Kubeflow's API server, Argo and Kubernetes
say that it ended.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import yaml

from tests.environments import ROOT
from tests.kubeflow.acceptance.backend import services

NAMESPACE = services.NAMESPACE
METADATA, STORE, STORE_PORT, SERVER = "10.96.0.10:8080", "10.96.0.11", 9000, "10.96.0.12"
HOST = f"http://{SERVER}:8888"
_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_AGENT_TOKEN = Path("/var/run/secrets/kubeflow/tokens/persistenceagent-sa-token")
_ENDED = ("SUCCEEDED", "FAILED", "SKIPPED", "CANCELED")
_WAITS = 240  # seconds for a program to answer


class Cluster:
    """The programs beside Kubernetes, each a process of this one."""

    def __init__(self, work: Path, stack: ExitStack) -> None:
        """Keeps where logs and data go.

        Args:
            work: As in the module's description.
            stack: Ends the programs.
        """
        self.work = work
        self._stack = stack

    def start(self, *command: object, **variables: str) -> None:
        """Starts a program; its log is named after it.

        Args:
            command: Program and arguments.
            variables: Added to its environment.
        """
        words = [str(word) for word in command]
        log = self._stack.enter_context((self.work / f"log/{Path(words[0]).name}.log").open("wb"))
        process = subprocess.Popen(words, stdout=log, stderr=log, env={**os.environ, **variables})
        self._stack.callback(process.wait)
        self._stack.callback(process.kill)


def kubectl(*words: object, given: str | None = None) -> str:
    """Returns what kubectl prints.

    Args:
        words: Its arguments.
        given: Its input.
    """
    command = ["kubectl", "-n", NAMESPACE, *map(str, words)]
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


def objects(kind: str) -> list[dict[str, Any]]:
    """Returns all objects of a kind in the namespace."""
    return json.loads(kubectl("get", kind, "-o", "json"))["items"]


def wait_for(what: str, is_there: Callable[[], object], seconds: float = _WAITS) -> None:
    """Waits until something returns true.

    Args:
        what: Names it in the error.
        is_there: Asked twice a second; an error counts as not yet.
        seconds: For how long.
    """
    until, error = time.monotonic() + seconds, None
    while time.monotonic() < until:
        try:
            if is_there():
                return
        except (OSError, RuntimeError, subprocess.CalledProcessError) as caught:
            error = caught
        time.sleep(0.5)
    raise TimeoutError(f"{what}: not within {seconds:.0f} s ({error})")


def answer(path: str) -> dict[str, Any]:
    """Returns what Kubeflow's API server answers to a path, JSON."""
    with urllib.request.urlopen(f"{HOST}/apis/v2beta1/{path}", timeout=10) as response:
        return json.loads(response.read())


def install(cluster: Cluster, story: Mapping[str, Any]) -> None:
    """Brings the images, the objects, Argo and Kubeflow's programs.

    Args:
        cluster: Where they run.
        story: WORK/story.json.
    """
    work = cluster.work
    for archive in story["images"]:
        subprocess.run(["ctr", "-n", "k8s.io", "images", "import", archive], check=True, stdout=subprocess.DEVNULL)
    for definition in story["definitions"]:
        kubectl("apply", "--server-side", "-f", definition)
    here = Path(__file__).parent
    kubectl("apply", "-f", "-", given=(here / "objects.yaml").read_text().replace("VOLUME", str(work / "volume")))
    kubectl("apply", "-f", ROOT / "kubeflow/manifests/volume.yaml")
    cluster.start("workflow-controller", "--configmap", "workflow-controller-configmap", "--executor-image",
                  "localhost/argoexec:1", "--namespaced", "--managed-namespace", NAMESPACE,
                  LEADER_ELECTION_IDENTITY="one")  # fmt: skip
    _start_kubeflow(cluster, Path(story["server_configuration"]))
    wait_for("the node", lambda: kubectl("wait", "--for=condition=Ready", "node/node", "--timeout=1s"))
    owner = yaml.safe_load((ROOT / "kubeflow/manifests/volume-owner.yaml").read_text())
    owner["spec"]["template"]["spec"]["containers"][0]["image"] = story["image"]
    kubectl("apply", "-f", "-", given=json.dumps(owner))
    wait_for("the volume's owner", lambda: objects("jobs")[0]["status"].get("succeeded"))


def _start_kubeflow(cluster: Cluster, configuration: Path) -> None:
    """Starts the database, Kubeflow's API server and the agent that tells it how workflows go."""
    password = secrets.token_hex(8)
    database = _start_database(cluster, password)
    # As a pod has them: both programs look for the account of their own pod.
    _ACCOUNT.mkdir(parents=True)
    shutil.copy(cluster.work / "pki/ca.crt", _ACCOUNT)
    (_ACCOUNT / "namespace").write_text(NAMESPACE)
    wait_for("the account", lambda: kubectl("get", "serviceaccount", "pipeline-runner"))
    (_ACCOUNT / "token").write_text(kubectl("create", "token", "pipeline-runner", "--duration", "24h"))
    _AGENT_TOKEN.parent.mkdir(parents=True)
    _AGENT_TOKEN.write_text(kubectl("create", "token", "pipeline-runner", "--audience", "pipelines.kubeflow.org"))
    folder = cluster.work / "server"
    folder.mkdir()
    shutil.copyfile(configuration, folder / "config.json")
    (folder / "samples.json").write_text("[]")
    kubernetes = {"KUBERNETES_SERVICE_HOST": "10.96.0.1", "KUBERNETES_SERVICE_PORT": "443"}
    store = {"HOST": STORE, "PORT": str(STORE_PORT), "SECURE": "false", "BUCKETNAME": "mlpipeline"}
    variables = {
        **kubernetes,
        **{f"DBCONFIG_MYSQLCONFIG_{name}": value for name, value in database.items()},
        **{f"OBJECTSTORECONFIG_{name}": value for name, value in store.items()},
        "MINIO_SERVICE_SERVICE_HOST": STORE,
        "MINIO_SERVICE_SERVICE_PORT": str(STORE_PORT),
        "POD_NAMESPACE": NAMESPACE,
        "V2_DRIVER_IMAGE": "localhost/kfp-driver:1",
        "V2_LAUNCHER_IMAGE": "localhost/kfp-launcher:1",
        # A service that draws plots of version 1; nothing calls it.
        "ML_PIPELINE_VISUALIZATIONSERVER_SERVICE_HOST": "127.0.0.1",
        "ML_PIPELINE_VISUALIZATIONSERVER_SERVICE_PORT": "8889",
    }
    cluster.start(
        "apiserver", f"--config={folder}", f"--sampleconfig={folder / 'samples.json'}", "-logtostderr=true", **variables
    )
    wait_for("Kubeflow's API server", lambda: answer("healthz"))
    cluster.start("persistence", "--kubeconfig", os.environ["KUBECONFIG"], "--namespace", NAMESPACE,
                  "--mlPipelineAPIServerName", SERVER, **kubernetes)  # fmt: skip


def _start_database(cluster: Cluster, password: str) -> dict[str, str]:
    """Starts an empty database and returns how Kubeflow's API server finds it."""
    # In this host's own /run: its user may not enter a test's folder.
    home = Path("/run/mysqld")
    home.mkdir()
    shutil.chown(home, "mysql")
    data, socket = home / "data", home / "mysqld.sock"
    made = ["mariadb-install-db", "--no-defaults", "--user=mysql", f"--datadir={data}", "--skip-test-db"]
    subprocess.run(made, check=True, stdout=subprocess.DEVNULL)
    # MySQL takes some statements of Kubeflow's that MariaDB takes in this mode only.
    cluster.start("mariadbd", "--no-defaults", "--user=mysql", f"--datadir={data}", "--bind-address=127.0.0.1",
                  f"--socket={socket}", "--sql-mode=", "--innodb-flush-log-at-trx-commit=0")  # fmt: skip
    users = "".join(
        f"CREATE USER kfp@'{host}' IDENTIFIED BY '{password}'; GRANT ALL ON mlpipeline.* TO kfp@'{host}';"
        for host in ("127.0.0.1", "localhost")
    )
    client = ["mariadb", "--no-defaults", "-uroot", f"--socket={socket}", "-e"]

    def statement(text: str) -> bool:
        return subprocess.run([*client, text], capture_output=True, check=True).returncode == 0

    wait_for("the database", lambda: statement("SELECT 1"))
    statement(f"CREATE DATABASE mlpipeline; {users}")
    return {"USER": "kfp", "PASSWORD": password, "HOST": "127.0.0.1", "PORT": "3306", "DBNAME": "mlpipeline"}


def run(story: Mapping[str, Any]) -> dict[str, Any]:
    """Submits the pipeline by the project's own command and returns how it ended.

    Args:
        story: WORK/story.json.
    """
    submitted = _kubeflow("submit", "--package", story["package"])

    def state() -> str:
        (one,) = answer("runs")["runs"]
        return one.get("state", "")

    wait_for("the end of the run", lambda: state() in _ENDED, story["seconds"])
    (ended,) = answer("runs")["runs"]
    (workflow,) = objects("workflows.argoproj.io")
    return {"submitted": submitted, "run": ended, "workflow": workflow["status"], "pods": objects("pods")}


def schedule(package: str) -> dict[str, Any]:
    """Returns what `kubeflow schedule` prints by option, and the object that Kubernetes has after its first call.

    Args:
        package: The compiled pipeline.
    """
    printed = {"--cron": _kubeflow("schedule", "--package", package, "--cron", "0 3 * * *")}
    (made,) = objects("scheduledworkflows.kubeflow.org")
    for option in ("--list", "--pause", "--resume", "--delete"):
        printed[option] = _kubeflow("schedule", option)
    return {"printed": printed, "object": made["spec"], "left": objects("scheduledworkflows.kubeflow.org")}


def _kubeflow(*words: str) -> str:
    """Returns what a command of `ast-restore kubeflow` prints."""
    command = ["ast-restore", "kubeflow", words[0], "--host", HOST, *words[1:]]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stdout}{done.stderr}")
    return done.stdout


def main(work: Path) -> None:
    """Installs, runs, and writes how it ended."""
    story = json.loads((work / "story.json").read_text())
    with ExitStack() as stack:
        stack.enter_context(services.ml_metadata(work / "metadata.sqlite", METADATA))
        stack.enter_context(services.object_store("mlpipeline", work / "log/s3.log", STORE, STORE_PORT))
        install(Cluster(work, stack), story)
        scheduled = schedule(story["package"])
        for folder in ("serving", "schedule"):
            kubectl("apply", "--dry-run=server", "-f", ROOT / "kubeflow/manifests" / folder)
        (work / "ended.json").write_text(json.dumps({**run(story), "scheduled": scheduled}, indent=1))


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
