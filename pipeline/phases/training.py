"""The second phase: decodes, searches for a recipe where the configuration says so, and trains."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from typing import Any

from tfx import v1 as tfx

from components.production.component import ProductionModel
from data import features
from model_code.known_weights import PRODUCTION, starter_degradation
from model_code.weights.starter.files import description
from pipeline.config import Config
from pipeline.phases.data import CheckedData

RUN_ID = "pipeline-run-id"
"""TFX's name of the runtime parameter that each runner fills with its run's id."""
PRODUCTION_FINGERPRINT = "production-fingerprint"
"""The runtime parameter that changes when the production model does; a runner that cannot know it fills in its run's id."""


@dataclass(frozen=True)
class Training:
    """The components that train, the trained model with its history, and the production model that it is compared with."""

    components: list[tfx.types.BaseComponent]
    model: tfx.types.BaseChannel
    model_run: tfx.types.BaseChannel
    production: tfx.types.BaseChannel


def training_components(config: Config, data: CheckedData, installed: bool) -> Training:
    """Decodes, searches for a recipe where the configuration says so, and trains."""
    fingerprint = tfx.dsl.experimental.RuntimeParameter(name=PRODUCTION_FINGERPRINT, ptype=str, default="")
    production = ProductionModel(push_directory=str(config.models), fingerprint=fingerprint)
    transform = _transform(config, data, installed)
    transform.add_upstream_node(data.gate)
    # The production model is an input only of what starts from it; else a push would train anew.
    start = production.outputs["model"] if config.train.warm_start == PRODUCTION else None
    inputs = _TrainingInputs(data.examples, transform, data.schema, start)
    tuners = [_tuner(config, inputs, installed)] if config.tune.enabled else []
    trainer = _trainer(config, inputs, installed, *tuners)
    return Training(
        components=[transform, production, *tuners, trainer],
        model=trainer.outputs["model"],
        model_run=trainer.outputs["model_run"],
        production=production.outputs["model"],
    )


def _transform(config: Config, data: CheckedData, installed: bool) -> tfx.components.Transform:
    """Returns the Transform, which decodes within the graph: it writes no pixels and takes no statistics of them."""
    return tfx.components.Transform(
        examples=data.examples,
        schema=data.schema,
        **_code("preprocessing", "preprocessing_fn", installed),
        custom_config=config.transform.model_dump(mode="json"),
        splits_config=tfx.proto.SplitsConfig(analyze=[features.TRAIN], transform=[features.TRAIN]),
        materialize=False,
        disable_statistics=True,
    )


@dataclass(frozen=True)
class _TrainingInputs:
    """What the Trainer and the Tuner read alike."""

    examples: tfx.types.BaseChannel
    transform: tfx.components.Transform
    schema: tfx.types.BaseChannel
    start: tfx.types.BaseChannel | None

    def arguments(self) -> dict[str, Any]:
        """Returns them as arguments of either component."""
        return {
            "examples": self.examples,
            "transform_graph": self.transform.outputs["transform_graph"],
            "schema": self.schema,
            "base_model": self.start,
            "train_args": tfx.proto.TrainArgs(splits=[features.TRAIN]),
            "eval_args": tfx.proto.EvalArgs(splits=[features.VALIDATION]),
        }


def _trainer(
    config: Config,
    inputs: _TrainingInputs,
    installed: bool,
    tuner: tfx.components.Tuner | None = None,
) -> tfx.components.Trainer:
    """Returns the Trainer."""
    return tfx.components.Trainer(
        **_code("trainer", "run_fn", installed),
        **inputs.arguments(),
        custom_config={**_recipe(config), "checkpoints": str(config.workspace / "checkpoints")},
        hyperparameters=tuner.outputs["best_hyperparameters"] if tuner else None,
    )


def _tuner(config: Config, inputs: _TrainingInputs, installed: bool) -> tfx.components.Tuner:
    """Returns the Tuner, which searches for the recipe that the Trainer then trains."""
    return tfx.components.Tuner(
        **_code("tuner", "tuner_fn", installed),
        **inputs.arguments(),
        custom_config={
            **_recipe(config),
            "tune": config.tune.model_dump(mode="json"),
            "tuning": str(config.workspace / "tuning"),
        },
    )


def _recipe(config: Config) -> dict[str, Any]:
    """Returns what the training depends on beside data and code; of a starter its digest, for it is a file of the package."""
    recipe = {"model": config.model.model_dump(mode="json"), "train": config.train.model_dump(mode="json")}
    degradation = starter_degradation(config.train.warm_start)
    return recipe | ({} if degradation is None else {"starter": description(degradation).sha256})


def _code(module: str, function: str, installed: bool) -> dict[str, Any]:
    """Returns the argument that tells a component of TFX where its function is."""
    return {function: f"model_code.{module}.{function}"} if installed else {"module_file": _module_file(module)}


def _module_file(name: str) -> str:
    """Finds a module of `model_code` without importing it: that would load TensorFlow's model code into every runner."""
    spec = importlib.util.find_spec(f"model_code.{name}")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"model_code.{name} is not installed")
    return spec.origin
