"""The Trainer component's module: TFX calls `run_fn`; what it does stands in the modules that it imports."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import tf_keras as keras

from model_code.input import tfx_examples
from model_code.input.input_check import check_input
from model_code.network import build
from model_code.saved_model import export
from model_code.settings import ModelSettings, TrainSettings
from model_code.training import distribution, history
from model_code.training.fit import fit
from model_code.tuning import search_space
from model_code.weights.warm_start import start_from

TRAIN_KEY = "train"
MODEL_KEY = "model"
CHECKPOINTS_KEY = "checkpoints"
_VALUES_KEY = "values"  # of KerasTuner's form of hyperparameters, which the Tuner component hands on


class FnArgs(Protocol):
    """What is used of TFX's `FnArgs`."""

    train_files: list[str]
    eval_files: list[str]
    transform_output: str
    serving_model_dir: str
    model_run_dir: str
    base_model: str | None
    hyperparameters: dict[str, Any] | None
    custom_config: dict[str, Any]


def run_fn(fn_args: FnArgs) -> None:
    """Trains the network and writes the SavedModel and `history.json`.

    Killed at any moment, the same call goes on from the last checkpoint.

    Args:
        fn_args: TFX's. `custom_config` holds the fields of `TrainSettings` under "train", those of `ModelSettings`
            under "model", and the folder of unfinished trainings under "checkpoints"; `train_files` are the train
            split's, `eval_files` the validation split's. What a Tuner found best, in `hyperparameters`, is put in place.

    Raises:
        InputMismatchError: The input function does not treat both images of a pair alike; nothing is trained.
        InputError: The weights to start from do not fit, or a checkpoint cannot be written.
    """
    told, found = fn_args.custom_config, (fn_args.hyperparameters or {}).get(_VALUES_KEY, {})
    model_settings, train_settings = search_space.tuned(
        ModelSettings(**told[MODEL_KEY]), TrainSettings(**told[TRAIN_KEY]), found
    )
    strategy = distribution.strategy(train_settings.distribution)
    pairs = tfx_examples.read(fn_args.train_files, fn_args.eval_files, fn_args.transform_output)
    checked = check_input(pairs.train, train_settings)
    logging.info("input check, %.1f s: %s", checked.seconds, checked.sentence)
    with strategy.scope():
        model = _build(model_settings, train_settings.seed, train_settings.precision)
        start = _start(model, train_settings, fn_args.base_model)
    recipe = {
        "model": _description(model_settings, model), "input_check": checked.sentence, "start": start, "tuned": found,
    }  # fmt: skip
    checkpoints = Path(told[CHECKPOINTS_KEY]) / pairs.digest(told, found)
    path = Path(fn_args.model_run_dir) / history.FILE_NAME
    fit(
        model, pairs.train, pairs.validation, train_settings, path, recipe, checkpoints=checkpoints, strategy=strategy
    )  # fmt: skip
    if distribution.is_chief(strategy):
        _export(model, model_settings, train_settings, fn_args.serving_model_dir, pairs.layer)
        shutil.rmtree(checkpoints, ignore_errors=True)


def _start(model: keras.Model, settings: TrainSettings, production: str | None) -> str:
    """Sets the first weights and returns where they come from."""
    if settings.warm_start is None:
        return "drawn weights"
    return start_from(model, settings.warm_start, production)


def _export(
    model: keras.Model,
    model_settings: ModelSettings,
    train_settings: TrainSettings,
    directory: str,
    layer: Callable[[Any], Any],
) -> None:
    """Writes the SavedModel, which computes in float32 whatever it was trained in."""
    served = model
    if train_settings.precision != "float32":
        served = _build(model_settings, train_settings.seed, "float32")
        for ours, trained in zip(served.variables, model.variables, strict=True):
            ours.assign(trained.numpy())
    export.save_restorer(lambda images: served(images, training=False), directory, served.variables, layer)


def _build(settings: ModelSettings, seed: int, precision: str) -> keras.Model:
    keras.mixed_precision.set_global_policy(precision)
    return build.build(settings.spec(), img_size=settings.img_size, seed=seed)


def _description(settings: ModelSettings, model: keras.Model) -> dict[str, Any]:
    """What the history says of the network."""
    parameters = sum(variable.shape.num_elements() for variable in model.trainable_variables)
    return {**settings.model_dump(mode="json"), "parameters": parameters}
