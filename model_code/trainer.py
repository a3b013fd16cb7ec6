"""Entry module of the Trainer component: TFX calls `run_fn`."""

from __future__ import annotations

import logging
import shutil
import sys
from pathlib import Path
from typing import Any, Protocol

import tf_keras as keras

from model_code.input import tfx_examples
from model_code.input.input_check import check_input
from model_code.network.settings import ModelSettings
from model_code.saved_model import export
from model_code.settings import TrainSettings
from model_code.training import distribution, precision
from model_code.training.fit import fit
from model_code.training.records import history
from model_code.training.records.progress import tensorboard_command
from model_code.tuning import search_space
from model_code.weights.warm_start import initial_weights, start_digest

TRAIN_KEY = "train"
MODEL_KEY = "model"
CHECKPOINTS_KEY = "checkpoints"
_VALUES_KEY = "values"  # in KerasTuner's form of hyperparameters, which the Tuner component passes on


class FnArgs(Protocol):
    """The part of TFX's `FnArgs` that the Trainer uses."""

    train_files: list[str]
    eval_files: list[str]
    transform_output: str
    serving_model_dir: str
    model_run_dir: str
    base_model: str | None
    hyperparameters: dict[str, Any] | None
    custom_config: dict[str, Any]


def run_fn(fn_args: FnArgs) -> None:
    """Trains the network and writes its SavedModel and `history.json`.

    A killed call resumes from the last checkpoint when it is repeated.

    Args:
        fn_args: From TFX. `train_files` are the train split's, `eval_files` the validation split's. `custom_config` holds the
            fields of `TrainSettings` under "train", those of `ModelSettings` under "model", and the folder of checkpoints
            under "checkpoints". `hyperparameters` are the Tuner's best values; they replace the configured ones.

    Raises:
        InputMismatchError: The input pipeline treats the images of a pair differently; nothing is trained.
        InputError: The initial weights do not fit, or a checkpoint cannot be written.
        TrainingDivergedError: Too many steps in a row were non-finite.
    """
    config, tuned_values = fn_args.custom_config, (fn_args.hyperparameters or {}).get(_VALUES_KEY, {})
    model_settings, train_settings = search_space.tuned(
        ModelSettings(**config[MODEL_KEY]), TrainSettings(**config[TRAIN_KEY]), tuned_values
    )
    strategy = distribution.strategy(train_settings.distribution)
    pairs = tfx_examples.read(fn_args.train_files, fn_args.eval_files, fn_args.transform_output)
    input_check = check_input(pairs.train, train_settings)
    logging.info("input check, %.1f s: %s", input_check.seconds, input_check.sentence)
    started_from = start_digest(train_settings, fn_args.base_model)
    checkpoints = Path(config[CHECKPOINTS_KEY]) / pairs.digest(config, tuned_values, *started_from)
    train_settings = precision.resolved(train_settings, checkpoints)
    with strategy.scope():
        model = precision.built(model_settings, train_settings.precision, train_settings.seed)
        start = initial_weights(model, train_settings, fn_args.base_model)
    recipe = {
        "model": {**model_settings.model_dump(mode="json"), "parameters": _parameter_count(model)},
        "input_check": input_check.sentence,
        "start": start.words,
        history.PARENT: start.parent,
        "tuned": tuned_values,
    }
    history_path = Path(fn_args.model_run_dir) / history.FILE_NAME
    splits = (pairs.train, pairs.validation)
    if train_settings.tensorboard.enabled and distribution.is_chief(strategy):
        print(tensorboard_command(history_path.parent), file=sys.stderr)
    fit(model, *splits, train_settings, history_path, recipe, checkpoints=checkpoints, strategy=strategy)
    if distribution.is_chief(strategy):
        served = precision.in_float32(model, model_settings)
        directory, variables = fn_args.serving_model_dir, served.variables
        export.save_restorer(lambda images: served(images, training=False), directory, variables, pairs.layer)
        shutil.rmtree(checkpoints, ignore_errors=True)


def _parameter_count(model: keras.Model) -> int:
    return sum(variable.shape.num_elements() for variable in model.trainable_variables)
