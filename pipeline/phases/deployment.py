"""The third phase: evaluates the model beside the production model, judges it, tries to serve it, and pushes it."""

from __future__ import annotations

from pathlib import Path

from tfx import v1 as tfx

from components.evaluation.component import Evaluator
from components.evaluation.eval_config import MODULE, SIGNATURE, eval_config
from components.gate.component import Gate
from components.infra_check.component import InfraCheck
from components.pusher import properties as pusher_properties
from components.pusher.executor import AtomicPusherExecutor
from components.tfx_internals import ExecutorClassSpec
from data import features
from pipeline.config import Config
from pipeline.local.code_version import code_version
from pipeline.phases.data import CheckedData
from pipeline.phases.training import RUN_ID, Training


def deployment_components(
    config: Config, data: CheckedData, training: Training, records_directory: Path
) -> list[tfx.types.BaseComponent]:
    """Evaluates the model beside the production model, judges it, checks that it can be served, and pushes it."""
    evaluator = Evaluator(
        examples=data.examples,
        example_splits=[features.EVALUATION],
        model=training.model,
        baseline_model=training.production,
        eval_config=eval_config(config.gate.slices, config.gate.inference_batch_size),
        module_path=MODULE,
    )
    gate = Gate(
        evaluation=evaluator.outputs["evaluation"],
        model=training.model,
        model_run=training.model_run,
        baseline_model=training.production,
        examples=data.ingested,
        settings=config.gate.model_dump_json(),
        records_directory=str(records_directory),
        code=code_version(),
    )
    infra = _infra_check(config, training.model, data.examples)
    pusher = tfx.components.Pusher(
        model=training.model,
        model_blessing=gate.outputs["blessing"],
        infra_blessing=infra.outputs["blessing"],
        push_destination=tfx.proto.PushDestination(
            filesystem=tfx.proto.PushDestination.Filesystem(base_directory=str(config.models))
        ),
        custom_config={pusher_properties.SIGNING_KEY: str(config.signing_key)} if config.signing_key else None,
        custom_executor_spec=ExecutorClassSpec(AtomicPusherExecutor),
    )
    # A push depends on the destination and its denied models as they are then, so TFX must never reuse an earlier one's result.
    pusher.exec_properties[pusher_properties.RUN_ID] = tfx.dsl.experimental.RuntimeParameter(name=RUN_ID, ptype=str)
    return [evaluator, gate, infra, pusher]


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
