"""The Trainer component's module: TFX calls `run_fn`; what it does stands in the modules that it imports."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import tensorflow as tf
import tensorflow_transform as tft
import tf_keras as keras

from model_code import export, history, pair_input, variants
from model_code.fit import fit
from model_code.input_check import check_input
from model_code.settings import ModelSettings, TrainSettings

TRAIN_KEY = "train"
MODEL_KEY = "model"


class FnArgs(Protocol):
    """What is used of TFX's `FnArgs`."""

    train_files: list[str]
    eval_files: list[str]
    transform_output: str
    serving_model_dir: str
    model_run_dir: str
    custom_config: dict[str, Any]


def run_fn(fn_args: FnArgs) -> None:
    """Trains the network and writes the SavedModel and `history.json`.

    Args:
        fn_args: TFX's. `custom_config` holds the fields of `TrainSettings` under "train" and those of `ModelSettings`
            under "model"; `train_files` are the train split's, `eval_files` the validation split's.

    Raises:
        InputMismatchError: The input function does not treat both images of a pair alike; nothing is trained.
    """
    train_settings = TrainSettings(**fn_args.custom_config[TRAIN_KEY])
    model_settings = ModelSettings(**fn_args.custom_config[MODEL_KEY])
    transformed = tft.TFTransformOutput(fn_args.transform_output)
    layer = transformed.transform_features_layer()
    decode = _decoder(layer, transformed.raw_feature_spec())
    train, validation = (pair_input.survey(files, decode) for files in (fn_args.train_files, fn_args.eval_files))
    checked = check_input(train, train_settings)
    logging.info("input check, %.1f s: %s", checked.seconds, checked.sentence)
    model = _build(model_settings, train_settings.seed)
    recipe = {"model": _description(model_settings, model), "input_check": checked.sentence}
    fit(model, train, validation, train_settings, Path(fn_args.model_run_dir) / history.FILE_NAME, recipe)
    export.save_restorer(
        lambda images: model(images, training=False), fn_args.serving_model_dir, model.variables, layer
    )


def _decoder(layer: Callable[[Any], Any], spec: dict[str, Any]) -> pair_input.Decode:
    """Decodes through the Transform component's graph."""
    return lambda serialized: layer(tf.io.parse_example(serialized, spec))


def _build(settings: ModelSettings, seed: int) -> keras.Model:
    return variants.build(settings.spec(), img_size=settings.img_size, seed=seed)


def _description(settings: ModelSettings, model: keras.Model) -> dict[str, Any]:
    """What the history says of the network."""
    parameters = sum(variable.shape.num_elements() for variable in model.trainable_variables)
    return {**settings.model_dump(mode="json"), "parameters": parameters}
