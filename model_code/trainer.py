"""The Trainer component's module: TFX calls `run_fn`; what it does stands in the modules that it imports."""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import tensorflow as tf
import tensorflow_transform as tft
import tf_keras as keras

from model_code import distribution, export, history, pair_input, variants
from model_code.fit import fit
from model_code.input_check import check_input
from model_code.settings import ModelSettings, TrainSettings
from model_code.warm_start import start_from

TRAIN_KEY = "train"
MODEL_KEY = "model"
CHECKPOINTS_KEY = "checkpoints"


class FnArgs(Protocol):
    """What is used of TFX's `FnArgs`."""

    train_files: list[str]
    eval_files: list[str]
    transform_output: str
    serving_model_dir: str
    model_run_dir: str
    base_model: str | None
    custom_config: dict[str, Any]


def run_fn(fn_args: FnArgs) -> None:
    """Trains the network and writes the SavedModel and `history.json`.

    Killed at any moment, the same call goes on from the last checkpoint.

    Args:
        fn_args: TFX's. `custom_config` holds the fields of `TrainSettings` under "train", those of `ModelSettings`
            under "model", and the folder of unfinished trainings under "checkpoints"; `train_files` are the train
            split's, `eval_files` the validation split's.

    Raises:
        InputMismatchError: The input function does not treat both images of a pair alike; nothing is trained.
        InputError: The weights to start from do not fit, or a checkpoint cannot be written.
    """
    train_settings = TrainSettings(**fn_args.custom_config[TRAIN_KEY])
    model_settings = ModelSettings(**fn_args.custom_config[MODEL_KEY])
    strategy = distribution.strategy(train_settings.distribution)
    transformed = tft.TFTransformOutput(fn_args.transform_output)
    layer = transformed.transform_features_layer()
    decode = _decoder(layer, transformed.raw_feature_spec())
    train, validation = (pair_input.survey(files, decode) for files in (fn_args.train_files, fn_args.eval_files))
    checked = check_input(train, train_settings)
    logging.info("input check, %.1f s: %s", checked.seconds, checked.sentence)
    with strategy.scope():
        model = _build(model_settings, train_settings.seed, train_settings.precision)
        start = _start(model, train_settings, fn_args.base_model)
    recipe = {"model": _description(model_settings, model), "input_check": checked.sentence, "start": start}
    checkpoints = _folder(fn_args, train, validation)
    path = Path(fn_args.model_run_dir) / history.FILE_NAME
    fit(model, train, validation, train_settings, path, recipe, checkpoints=checkpoints, strategy=strategy)
    if distribution.is_chief(strategy):
        _export(model, model_settings, train_settings, fn_args.serving_model_dir, layer)
        shutil.rmtree(checkpoints, ignore_errors=True)


def _folder(fn_args: FnArgs, train: pair_input.PairFiles, validation: pair_input.PairFiles) -> Path:
    """Returns the folder of this very training: the same recipe, network and data, byte for byte."""
    digest = hashlib.sha256(json.dumps(fn_args.custom_config, sort_keys=True).encode())
    digest.update(f"{train.fingerprint} {validation.fingerprint}".encode())
    graph = f"{fn_args.transform_output}/{tft.TFTransformOutput.TRANSFORM_FN_DIR}/saved_model.pb"
    with tf.io.gfile.GFile(graph, "rb") as file:
        digest.update(file.read())
    return Path(fn_args.custom_config[CHECKPOINTS_KEY]) / digest.hexdigest()[:16]


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


def _decoder(layer: Callable[[Any], Any], spec: dict[str, Any]) -> pair_input.Decode:
    """Decodes through the Transform component's graph."""
    return lambda serialized: layer(tf.io.parse_example(serialized, spec))


def _build(settings: ModelSettings, seed: int, precision: str) -> keras.Model:
    keras.mixed_precision.set_global_policy(precision)
    return variants.build(settings.spec(), img_size=settings.img_size, seed=seed)


def _description(settings: ModelSettings, model: keras.Model) -> dict[str, Any]:
    """What the history says of the network."""
    parameters = sum(variable.shape.num_elements() for variable in model.trainable_variables)
    return {**settings.model_dump(mode="json"), "parameters": parameters}
