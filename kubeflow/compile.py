"""Compiles the pipeline for Kubeflow Pipelines v2 (and Vertex) to a PipelineSpec in YAML."""

from __future__ import annotations

import importlib.util
import tempfile
from pathlib import Path, PurePosixPath

import yaml
from tfx import v1 as tfx

import pipeline
from data.errors import InputError
from data.storage.files import write_whole
from kubeflow import spec as specs
from kubeflow.settings import KFP_MISSING
from kubeflow.task import local_path
from pipeline.config import Config
from pipeline.config_sections.beam_options import workers_share_the_machine
from pipeline.create import create_pipeline
from pipeline.local.first_checks import records_directory
from pipeline.screen.library_logs import quiet

_COMMAND = ["python", "-m", "kubeflow.task"]


def compile_pipeline(
    config: Config,
    output: Path,
    image: str,
    pipeline_root: str,
    records: Path | None = None,
    is_on_this_machine: bool = False,
) -> None:
    """Writes the pipeline as a PipelineSpec that `kfp` loads, with a PlatformSpec if the configuration needs one.

    The tasks use the paths of the configuration, so its workspace and records must be on a volume that every task mounts at
    the same path.

    Args:
        config: The resolved configuration. Without `data.records` a task draws pairs, on the volume.
        output: The file to write, `.yaml`.
        image: Container image of the tasks, with this project installed.
        pipeline_root: Address of the artifacts, `minio://`, `s3://` or `gs://`.
        records: Folder that replaces `data.records`.
        is_on_this_machine: Whether the tasks are processes of this machine, which see its folders without a volume.

    Raises:
        InputError: kfp is not installed, the pipeline root is not the address of an object store, the configuration names
            neither records nor a volume, a path is outside the volume, a task is unknown or one that Kubeflow does not run, or
            the output is not a YAML file or cannot be written.
    """
    _require_kfp()
    _require_object_store(pipeline_root)
    records = records or config.data.records
    if records is None and config.kubeflow.volume_claim is None:
        raise InputError(
            "data.records: a cluster needs converted data, a folder that every task sees; or a volume (kubeflow.volume_claim), "
            "on which a task then draws pairs"
        )
    records = records or records_directory(config)
    if output.suffix != ".yaml":
        raise InputError(f"{output}: the compiled pipeline is YAML; its name must end in .yaml")
    _require_mounted(config, records)
    _require_tasks_that_kubeflow_runs(config)
    # Only what all tasks see can tell the exit task how the run ended; without it the reports notify, and no crash is told.
    has_exit_task = config.notify.is_wanted and (is_on_this_machine or config.kubeflow.volume_claim is not None)
    spec = _compiled(config, records, image, pipeline_root, reports_notify=not has_exit_task)
    specs.require_containers(spec)
    specs.fill_runtime_parameters(spec)
    specs.name_shown_types(spec)
    specs.make_package_paths_portable(spec, Path(pipeline.__file__).parents[1])
    if has_exit_task:
        specs.add_exit_task(spec, image, config.workspace, config.to_yaml())
    specs.set_resources(spec, config.kubeflow)
    specs.set_retries(spec, config.kubeflow)
    platform = specs.platform_spec(spec, config.kubeflow)
    text = yaml.safe_dump_all([spec, platform] if platform else [spec], sort_keys=True)
    try:
        write_whole(output, text)
    except OSError as error:
        raise InputError(f"{output}: cannot be written ({error.strerror}); name another file by --output") from error


def _compiled(config: Config, records: Path, image: str, pipeline_root: str, reports_notify: bool) -> specs.Spec:
    with tempfile.TemporaryDirectory() as scratch:
        runner = tfx.orchestration.experimental.KubeflowV2DagRunner(
            config=tfx.orchestration.experimental.KubeflowV2DagRunnerConfig(
                default_image=image, default_commands=_COMMAND, use_pipeline_spec_2_1=True
            ),
            output_dir=scratch,
            output_filename="pipeline.yaml",
        )
        with quiet():
            runner.run(create_pipeline(config, records, installed=True, reports_notify=reports_notify))
        spec: specs.Spec = yaml.safe_load((Path(scratch) / "pipeline.yaml").read_text(encoding="utf-8"))
    spec["defaultPipelineRoot"] = pipeline_root
    return spec


def _require_kfp() -> None:
    if importlib.util.find_spec("kfp") is None:
        raise InputError(KFP_MISSING)


def _require_object_store(pipeline_root: str) -> None:
    """Checks the address of the artifacts; Kubeflow's launcher would end the first task of a run with another one."""
    bucket = pipeline_root.partition("://")[2].partition("/")[0]
    if local_path(pipeline_root) == pipeline_root or not bucket:
        raise InputError(
            f"--pipeline-root: {pipeline_root!r} is not the address of a bucket; Kubeflow copies artifacts to minio://, s3:// "
            "or gs://: take one such as minio://mlpipeline/ast"
        )


def _require_tasks_that_kubeflow_runs(config: Config) -> None:
    """Checks what works on one machine and not in a task's container."""
    if config.infra.docker:
        raise InputError(
            "infra.docker: a task on Kubeflow starts no docker; set infra.docker to false, and the model is tried in a process"
        )
    if config.notify.webhook and not config.notify.webhook_variable:
        raise InputError(
            "notify.webhook: its URL may hold a secret and would stand in the compiled file; give the tasks a variable by "
            "kubeflow.secrets, and name it in notify.webhook_variable"
        )
    if config.mlflow.is_wanted:
        raise InputError(
            "mlflow: the image holds no MLflow client; set mlflow.tracking_uri and mlflow.tracking_uri_variable to null, and "
            "export runs where the volume is mounted, with `ast-restore mlflow export`"
        )
    if config.signing_key is not None:
        raise InputError(
            "signing_key: the image holds neither a private key nor the program that signs; set signing_key to null, and sign "
            "versions where the key is, with `ast-restore models sign`"
        )
    if not workers_share_the_machine(config.beam):
        raise InputError(
            "beam: the artifacts of a task lie in its own container, where workers of another machine do not see them; take "
            "--runner=DirectRunner for Kubeflow, with --direct_running_mode=multi_processing for several processes"
        )


def _require_mounted(config: Config, records: Path) -> None:
    """Checks that the paths which the tasks share are on the volume; without a volume nothing can be checked."""
    if config.kubeflow.volume_claim is None:
        return
    mount = config.kubeflow.mount_path
    for key, path in (("workspace", config.workspace), ("push_directory", config.models), ("data.records", records)):
        if mount not in (PurePosixPath(path), *PurePosixPath(path).parents):
            raise InputError(f"{key}: {path} is not below {mount}, where kubeflow.volume_claim is mounted")
