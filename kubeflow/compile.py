"""Compiles the pipeline for Kubeflow Pipelines v2 (and Vertex): a PipelineSpec in YAML."""

from __future__ import annotations

from pathlib import Path

from tfx import v1 as tfx

from data.errors import InputError
from pipeline.config import Config
from pipeline.create import create_pipeline


def compile_pipeline(config: Config, output: Path, image: str) -> None:
    """Writes the pipeline as a PipelineSpec that `kfp` loads.

    The cluster's tasks read and write what the configuration names, so its workspace and records must lie on a volume that
    every task has mounted under the same path.

    Args:
        config: The resolved configuration; `data.records` must name converted data, nothing is synthesised on a cluster.
        output: The file to write, `.yaml`.
        image: The container image that the tasks run in, with this project installed.

    Raises:
        InputError: The configuration names no records, or the output is not a YAML file.
    """
    if config.data.records is None:
        raise InputError("data.records: a cluster needs converted data; name a folder on the mounted volume")
    if output.suffix != ".yaml":
        raise InputError(f"{output}: the compiled pipeline is YAML; end its name in .yaml")
    runner = tfx.orchestration.experimental.KubeflowV2DagRunner(
        config=tfx.orchestration.experimental.KubeflowV2DagRunnerConfig(
            default_image=image, use_pipeline_spec_2_1=True
        ),
        output_dir=str(output.parent),
        output_filename=output.name,
    )
    named = config.model_copy(update={"name": config.name.replace("_", "-")})  # Kubeflow admits no underscore
    runner.run(create_pipeline(named, config.data.records))
