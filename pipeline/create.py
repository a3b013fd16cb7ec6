"""The one pipeline definition, the same for every runner."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from tfx import v1 as tfx

# tfx.v1 has the component base classes but not the way to name an executor.
from tfx.dsl.components.base.executor_spec import ExecutorClassSpec

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

RUN_ID = "pipeline-run-id"
"""TFX's name of the runtime parameter that each runner fills with its run's id."""
DATA_FINGERPRINT = "data-fingerprint"
"""The runtime parameter that changes when the data does; a runner that cannot know it switches its cache off instead."""


def create_pipeline(config: Config, records_directory: Path, installed: bool = False) -> tfx.dsl.Pipeline:
    """Returns the pipeline from paired records to a pushed model.

    Args:
        config: The resolved configuration.
        records_directory: Folder that holds `span-N/` with one set of TFRecords per split; the newest are read.
        installed: Take the code of Transform and Trainer as it is installed where they run, such as in a container's image;
            else it is taken from here, as a wheel that TFX makes of it, so that an edit invalidates the cache.
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
    return tfx.dsl.Pipeline(
        pipeline_name=config.name,
        pipeline_root=str(config.pipeline_root),
        components=[
            spans, schema, statistics, anomalies, *measuring, pairs, transform, production, *tuners, trainer, evaluator,
            gate, infra, pusher,
        ],
        enable_cache=True,
        metadata_connection_config=tfx.orchestration.metadata.sqlite_metadata_connection_config(str(config.metadata)),
        beam_pipeline_args=list(config.beam),
    )  # fmt: skip


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
