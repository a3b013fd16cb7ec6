"""A cluster without Kubernetes: services, a node, and the workflow of Kubeflow's API server on it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from kubeflow.spec import RUN_ID
from tests.kubeflow.acceptance.backend import services
from tests.kubeflow.acceptance.backend.argo import Argo
from tests.kubeflow.acceptance.backend.binaries import argo_workflow
from tests.kubeflow.acceptance.backend.pods import Ended, Node

_ARGOS_RUN_ID = "{{workflow.uid}}"


@dataclass(frozen=True)
class Finished:
    """A run that has ended.

    Attributes:
        run_id: Its id.
        phase: Argo's word for how it ended.
        phases: The same of each task of the workflow, by its path.
        containers: The containers, in the order in which they ended.
        kubernetes_paths: Paths that were asked for at Kubernetes' API.
        cache_calls: Calls of Kubeflow's cache.
        metadata: The SQLite file of ML Metadata.
    """

    run_id: str
    phase: str
    phases: Mapping[str, str]
    containers: tuple[Ended, ...]
    kubernetes_paths: tuple[str, ...]
    cache_calls: tuple[str, ...]
    metadata: Path

    def launched(self) -> dict[str, Ended]:
        """Returns the containers that Kubeflow's launcher ran, by task."""
        launched = [ended for ended in self.containers if "--executor_input" in ended.spec["command"]]
        return {ended.name.split(".")[-2]: ended for ended in launched}


def run(
    package: Path, folder: Path, claims: Mapping[str, Path], run_id: str, root: str, fill_run_id: bool = True
) -> Finished:
    """Runs a compiled pipeline once.

    Args:
        package: The compiled pipeline.
        folder: Folder for the services' data and the logs.
        claims: Folders of persistent volume claims by name.
        run_id: Kubeflow's id of the run.
        root: Address of the artifacts, in a bucket of MinIO.
        fill_run_id: Whether the run's id is filled in.
    """
    text = package.read_text(encoding="utf-8")
    if fill_run_id:
        # The only change to what is compiled: the driver of 2.0.5 does not know Kubeflow's name of the run's id, that of 2.5
        # does. Argo's name of it is filled in by every API server.
        text = text.replace(RUN_ID, _ARGOS_RUN_ID)
    folder.mkdir(parents=True, exist_ok=True)
    submitted = folder / "pipeline.yaml"
    submitted.write_text(text, encoding="utf-8")
    workflow = argo_workflow(submitted, root, run_id, services.NAMESPACE)
    account, metadata = folder / "serviceaccount", folder / "metadata.sqlite"
    with ExitStack() as stack:
        mlmd = stack.enter_context(services.ml_metadata(metadata))
        cache, cache_calls = stack.enter_context(services.empty_cache())
        kubernetes, paths = stack.enter_context(services.kubernetes(account))
        bucket = root.removeprefix("minio://").partition("/")[0]
        s3 = stack.enter_context(services.object_store(bucket, folder / "s3.log"))
        names = {
            "KUBERNETES": ("KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT", kubernetes),
            "cache": ("ML_PIPELINE_SERVICE_HOST", "ML_PIPELINE_SERVICE_PORT_GRPC", cache),
            "store": ("MINIO_SERVICE_SERVICE_HOST", "MINIO_SERVICE_SERVICE_PORT", s3),
            "mlmd": ("METADATA_GRPC_SERVICE_SERVICE_HOST", "METADATA_GRPC_SERVICE_SERVICE_PORT", mlmd),
        }
        variables = {
            name: value for host, port, at in names.values() for name, value in ((host, services.HOST), (port, str(at)))
        }
        grpc = {"METADATA_GRPC_SERVICE_HOST": services.HOST, "METADATA_GRPC_SERVICE_PORT": str(mlmd)}
        config_maps, secrets = {"metadata-grpc-configmap": grpc}, {"hooks": {"url": "https://hooks.example/t0ken"}}
        node = Node(folder / "pods", account, variables, config_maps, secrets, claims)
        argo = Argo(workflow, node)
        phase = argo.run()
    return Finished(run_id, phase, argo.phases, tuple(node.ended), tuple(paths), tuple(cache_calls), metadata)
