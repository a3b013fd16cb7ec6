"""The whole pipeline, assembled from its phases; the same for every runner."""

from __future__ import annotations

from pathlib import Path

from ml_metadata.proto import metadata_store_pb2
from tfx import v1 as tfx

from components.evaluation import extractors, restoration_quality
from components.tfx_internals import keep_module_file
from pipeline.config import Config
from pipeline.config_sections import beam_options
from pipeline.phases.data import checked_data
from pipeline.phases.deployment import deployment_components
from pipeline.phases.reporting import reports
from pipeline.phases.training import training_components
from pipeline.source_digest import PACKAGES, file_digest, source_digest

SOURCE_DIGEST = "source_digest"
"""The parameter that holds the digest of a component's sources; no executor reads it, TFX's cache key contains it."""

_MODULES_OF_TFX_COMPONENTS = {
    "Transform": ("model_code.preprocessing",),
    "Tuner": ("model_code.tuner",),
    "Trainer": ("model_code.trainer",),
    "Evaluator": (extractors.__name__, restoration_quality.__name__),
}
"""Modules of this project that TFX's own components call, by the component's id."""


def create_pipeline(
    config: Config, records_directory: Path, installed: bool = False, reports_notify: bool | None = None
) -> tfx.dsl.Pipeline:
    """Returns the pipeline from paired records to a pushed model.

    Args:
        config: The resolved configuration.
        records_directory: Folder that holds `span-N/` with one set of TFRecords per split; the newest are read.
        installed: Name the functions of Transform, Trainer and Tuner by module, as they are installed where the components
            run, such as in a container's image; otherwise by `module_file`, the path of the module on this machine.
        reports_notify: Whether the reports notify the hooks; None: where the components are installed, as the local runner
            does it itself.
    """
    data = checked_data(config, records_directory, draw=installed)
    training = training_components(config, data, installed)
    components = [
        *data.components,
        *training.components,
        *deployment_components(config, data, training, records_directory),
    ]
    hooks = installed if reports_notify is None else reports_notify
    components += reports(config, data, components, records_directory, hooks)
    for component in components:
        _add_source_digest(component)
        keep_module_file(component)
    return tfx.dsl.Pipeline(
        pipeline_name=config.name.replace("_", "-") if installed else config.name,  # Kubeflow admits no underscore
        pipeline_root=str(config.pipeline_root),
        components=components,
        enable_cache=True,
        metadata_connection_config=None if installed else _metadata(config.metadata),
        beam_pipeline_args=[*beam_options.for_tfx(config.beam)],
    )


def component_names(config: Config) -> tuple[str, ...]:
    """Returns the names of a local run's components in the order in which they run, whatever records they read.

    Args:
        config: The resolved configuration.
    """
    pipeline = create_pipeline(config, config.data.records or config.workspace)
    return tuple(component.id for component in pipeline.components)


def _metadata(file: Path) -> metadata_store_pb2.ConnectionConfig:
    """Returns the connection to ML Metadata's file; unlike TFX's own function, it makes no folder before anything runs."""
    config = metadata_store_pb2.ConnectionConfig()
    config.sqlite.filename_uri = str(file)
    config.sqlite.connection_mode = metadata_store_pb2.SqliteMetadataSourceConfig.READWRITE_OPENCREATE
    return config


def source_modules(component: tfx.types.BaseComponent) -> tuple[str, ...]:
    """Returns the modules of this project that a component's executor runs; none for one whose result is not cached for them.

    Those are TFX's own, and tasks of the pipeline itself, such as its reports, which run every time.

    Args:
        component: A component of the pipeline.
    """
    modules = _MODULES_OF_TFX_COMPONENTS.get(component.id, ())
    executor = getattr(component.executor_spec, "executor_class", None)
    package = executor.__module__.partition(".")[0] if executor is not None else ""
    if executor is not None and package in PACKAGES and package != "pipeline":
        return (*modules, executor.__module__)
    return modules


def _add_source_digest(component: tfx.types.BaseComponent) -> None:
    """Makes the sources that a component's result depends on a part of TFX's cache key; see `pipeline.source_digest`."""
    modules = source_modules(component)
    if modules:
        component.exec_properties[SOURCE_DIGEST] = source_digest(*modules)
    elif component.exec_properties.get("schema_file"):
        component.exec_properties[SOURCE_DIGEST] = file_digest(Path(component.exec_properties["schema_file"]))
