"""The one pipeline definition, the same for every runner."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from tfx import v1 as tfx

# tfx.v1 has the component base classes but not the way to name an executor.
from tfx.dsl.components.base.executor_spec import ExecutorClassSpec

from components.evaluation import extractors, restoration_quality
from components.evaluation.eval_config import MODULE, SIGNATURE, eval_config
from components.gate.component import Gate
from components.infra_check.component import InfraCheck
from components.pair_validator.component import PairValidator
from components.pair_validator.measurer import PairMeasurer
from components.production.component import ProductionModel
from components.pusher.executor import AtomicPusherExecutor
from components.span_window.component import SpanWindow
from data import features
from pipeline.config import Config
from pipeline.local.code_version import code_version
from pipeline.schemas import MEASUREMENT_SCHEMA, SCHEMA
from pipeline.source_digest import PACKAGES, file_digest, source_digest

RUN_ID = "pipeline-run-id"
"""TFX's name of the runtime parameter that each runner fills with its run's id."""
SOURCE_DIGEST = "source_digest"
"""The parameter that holds the digest of a component's sources; no executor reads it, TFX's cache key contains it."""
DATA_FINGERPRINT = "data-fingerprint"
"""The runtime parameter that changes when the data does; a runner that cannot know it switches its cache off instead."""

_MODULES_OF_TFX_COMPONENTS = {
    "Transform": ("model_code.preprocessing",),
    "Tuner": ("model_code.tuner",),
    "Trainer": ("model_code.trainer",),
    "Evaluator": (extractors.__name__, restoration_quality.__name__),
}
"""Modules of this project that TFX's own components call, by the component's id."""


def create_pipeline(config: Config, records_directory: Path, installed: bool = False) -> tfx.dsl.Pipeline:
    """Returns the pipeline from paired records to a pushed model.

    Args:
        config: The resolved configuration.
        records_directory: Folder that holds `span-N/` with one set of TFRecords per split; the newest are read.
        installed: Name the functions of Transform, Trainer and Tuner by module, as they are installed where the components
            run, such as in a container's image; otherwise by `module_file`, the path of the module on this machine.
    """
    run_id = tfx.dsl.experimental.RuntimeParameter(name=RUN_ID, ptype=str)
    spans = SpanWindow(
        records_directory=str(records_directory),
        window=config.data.window,
        evaluation=config.data.evaluation,
        fingerprint=tfx.dsl.experimental.RuntimeParameter(name=DATA_FINGERPRINT, ptype=str, default=""),
    )
    raw = spans.outputs["examples"]
    schema = tfx.components.ImportSchemaGen(schema_file=str(SCHEMA)).with_id("SchemaGen")
    statistics = tfx.components.StatisticsGen(examples=raw, schema=schema.outputs["schema"])
    anomalies = tfx.components.ExampleValidator(
        statistics=statistics.outputs["statistics"], schema=schema.outputs["schema"]
    )
    measuring, measured = _measured(config, raw)
    pairs = PairValidator(
        settings=config.pairs.model_dump_json(),
        report_directory=str(config.reports),
        statistics_directory=str(config.accepted_statistics(records_directory)),
        examples=raw,
        anomalies=anomalies.outputs["anomalies"],
        **measured,
    )
    examples = pairs.outputs["validated_examples"]
    transform = _transform(config, examples, schema.outputs["schema"], installed)
    production = ProductionModel(push_directory=str(config.models), run_id=run_id)
    tuners = [_tuner(config, examples, transform, schema.outputs["schema"], installed)] if config.tune.enabled else []
    trainer = _trainer(
        config, examples, transform, schema.outputs["schema"], production.outputs["model"], installed, *tuners
    )
    evaluator = tfx.components.Evaluator(
        examples=examples,
        example_splits=[features.EVALUATION],
        model=trainer.outputs["model"],
        baseline_model=production.outputs["model"],
        eval_config=eval_config(config.gate),
        module_path=MODULE,
    )
    gate = Gate(
        evaluation=evaluator.outputs["evaluation"],
        model=trainer.outputs["model"],
        baseline_model=production.outputs["model"],
        examples=raw,
        settings=config.gate.model_dump_json(),
        records_directory=str(records_directory),
        code=code_version(),
    )
    infra = _infra_check(config, trainer.outputs["model"], examples)
    pusher = tfx.components.Pusher(
        model=trainer.outputs["model"],
        model_blessing=gate.outputs["blessing"],
        infra_blessing=infra.outputs["blessing"],
        push_destination=tfx.proto.PushDestination(
            filesystem=tfx.proto.PushDestination.Filesystem(base_directory=str(config.models))
        ),
        custom_executor_spec=ExecutorClassSpec(AtomicPusherExecutor),
    )
    components = [
        spans, schema, statistics, anomalies, *measuring, pairs, transform, production, *tuners, trainer, evaluator,
        gate, infra, pusher,
    ]  # fmt: skip
    for component in components:
        _add_source_digest(component)
        _use_module_file_in_place(component)
    return tfx.dsl.Pipeline(
        pipeline_name=config.name,
        pipeline_root=str(config.pipeline_root),
        components=components,
        enable_cache=True,
        metadata_connection_config=tfx.orchestration.metadata.sqlite_metadata_connection_config(str(config.metadata)),
        beam_pipeline_args=list(config.beam),
    )


def source_modules(component: tfx.types.BaseComponent) -> tuple[str, ...]:
    """Returns the modules of this project that a component's executor runs; none for one that is TFX's alone.

    Args:
        component: A component of the pipeline.
    """
    modules = _MODULES_OF_TFX_COMPONENTS.get(component.id, ())
    executor = getattr(component.executor_spec, "executor_class", None)
    if executor is not None and executor.__module__.partition(".")[0] in PACKAGES:
        return (*modules, executor.__module__)
    return modules


def _add_source_digest(component: tfx.types.BaseComponent) -> None:
    """Makes the sources that a component's result depends on a part of TFX's cache key; see `pipeline.source_digest`."""
    modules = source_modules(component)
    if modules:
        component.exec_properties[SOURCE_DIGEST] = source_digest(*modules)
    elif component.exec_properties.get("schema_file"):
        component.exec_properties[SOURCE_DIGEST] = file_digest(Path(component.exec_properties["schema_file"]))


def _use_module_file_in_place(component: tfx.types.BaseComponent) -> None:
    """Keeps TFX from packing a `module_file` into a wheel, which takes seconds for each component of each run.

    The wheel would hold the module alone; the rest of the project has to be installed where the component runs anyway, and
    the source digest does for the cache what the wheel's version did. The list is private; every TFX from 1.0 to 1.21 has it.
    """
    component._pip_dependencies.clear()


def _measured(
    config: Config, examples: tfx.types.BaseChannel
) -> tuple[list[tfx.types.BaseComponent], dict[str, tfx.types.BaseChannel]]:
    """Every pair measured, and TFDV's judgement of what was measured; returns the components and what they hand on."""
    measurer = PairMeasurer(examples=examples, limits=config.pairs.limits.model_dump_json())
    schema = tfx.components.ImportSchemaGen(schema_file=str(MEASUREMENT_SCHEMA)).with_id("MeasurementSchema")
    statistics = tfx.components.StatisticsGen(
        examples=measurer.outputs["measurements"], schema=schema.outputs["schema"]
    ).with_id("MeasurementStatistics")
    validator = tfx.components.ExampleValidator(
        statistics=statistics.outputs["statistics"], schema=schema.outputs["schema"]
    ).with_id("MeasurementValidator")
    handed_on = {
        "measurements": measurer.outputs["measurements"],
        "measurement_schema": schema.outputs["schema"],
        "measurement_statistics": statistics.outputs["statistics"],
        "measurement_anomalies": validator.outputs["anomalies"],
    }
    return [measurer, schema, statistics, validator], handed_on


def _transform(
    config: Config, examples: tfx.types.BaseChannel, schema: tfx.types.BaseChannel, installed: bool
) -> tfx.components.Transform:
    """Decoding as a graph: no pixel is written, and no statistics are taken of pixels."""
    return tfx.components.Transform(
        examples=examples,
        schema=schema,
        **_code("preprocessing", "preprocessing_fn", installed),
        custom_config=config.transform.model_dump(mode="json"),
        splits_config=tfx.proto.SplitsConfig(analyze=[features.TRAIN], transform=[features.TRAIN]),
        materialize=False,
        disable_statistics=True,
    )


def _trainer(
    config: Config,
    examples: tfx.types.BaseChannel,
    transform: tfx.components.Transform,
    schema: tfx.types.BaseChannel,
    production: tfx.types.BaseChannel,
    installed: bool,
    tuner: tfx.components.Tuner | None = None,
) -> tfx.components.Trainer:
    """Trains; a Trainer that starts from production is given it, and any other is not trained anew when it changes."""
    return tfx.components.Trainer(
        **_code("trainer", "run_fn", installed),
        examples=examples,
        transform_graph=transform.outputs["transform_graph"],
        schema=schema,
        train_args=tfx.proto.TrainArgs(splits=[features.TRAIN]),
        eval_args=tfx.proto.EvalArgs(splits=[features.VALIDATION]),
        custom_config={
            "model": config.model.model_dump(mode="json"),
            "train": config.train.model_dump(mode="json"),
            "checkpoints": str(config.workspace / "checkpoints"),
        },
        base_model=production if config.train.warm_start == "production" else None,
        hyperparameters=tuner.outputs["best_hyperparameters"] if tuner else None,
    )


def _tuner(
    config: Config,
    examples: tfx.types.BaseChannel,
    transform: tfx.components.Transform,
    schema: tfx.types.BaseChannel,
    installed: bool,
) -> tfx.components.Tuner:
    """Searches for the recipe that the Trainer then trains."""
    return tfx.components.Tuner(
        **_code("tuner", "tuner_fn", installed),
        examples=examples,
        transform_graph=transform.outputs["transform_graph"],
        schema=schema,
        train_args=tfx.proto.TrainArgs(splits=[features.TRAIN]),
        eval_args=tfx.proto.EvalArgs(splits=[features.VALIDATION]),
        custom_config={
            "tune": config.tune.model_dump(mode="json"),
            "model": config.model.model_dump(mode="json"),
            "train": config.train.model_dump(mode="json"),
            "tuning": str(config.workspace / "tuning"),
        },
    )


def _infra_check(
    config: Config, model: tfx.types.BaseChannel, examples: tfx.types.BaseChannel
) -> tfx.types.BaseComponent:
    """Tries the model as it will be served: in TF Serving where there is docker, else in a process of its own."""
    if not config.infra.docker:
        return InfraCheck(model=model, examples=examples, settings=config.infra.model_dump_json())
    proto = tfx.proto
    return tfx.components.InfraValidator(
        model=model,
        examples=examples,
        serving_spec=proto.ServingSpec(
            tensorflow_serving=proto.TensorFlowServing(tags=[config.infra.image_tag]),
            local_docker=proto.LocalDockerConfig(),
        ),
        request_spec=proto.RequestSpec(
            tensorflow_serving=proto.TensorFlowServingRequestSpec(signature_names=[SIGNATURE]),
            split_name=features.EVALUATION,
            num_examples=2,
        ),
        validation_spec=proto.ValidationSpec(max_loading_time_seconds=config.infra.timeout_seconds),
    )


def _code(module: str, function: str, installed: bool) -> dict[str, Any]:
    """Returns the argument that tells a component of TFX where its function is."""
    return {function: f"model_code.{module}.{function}"} if installed else {"module_file": _module_file(module)}


def _module_file(name: str) -> str:
    """Finds a module of `model_code` without importing it: that would load TensorFlow's model code into every runner."""
    spec = importlib.util.find_spec(f"model_code.{name}")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"model_code.{name} is not installed")
    return spec.origin
