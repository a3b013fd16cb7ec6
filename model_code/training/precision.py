"""The precision of a training: chosen by the machine's instructions, and kept when the training moves to another machine."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import tensorflow as tf
import tf_keras as keras

from data.errors import InputError
from data.plain_text import one_line
from data.storage.files import write_whole
from model_code.network import build
from model_code.network.ast_model import AdaptiveSparseTransformer
from model_code.network.settings import ModelSettings
from model_code.processor import CPU_FLAGS, cpu_flags
from model_code.settings import Precision, TrainSettings

FILE_NAME = "precision.json"
"""Lies beside the checkpoints of a training whose precision was chosen by the machine."""

GPU_CAPABILITY = (8, 0)
"""Least compute capability of an NVIDIA GPU with products in bfloat16."""


def resolved(settings: TrainSettings, checkpoints: Path) -> TrainSettings:
    """Replaces the precision `auto` by that of the machine, or by that which the training began with.

    Args:
        settings: The recipe.
        checkpoints: Folder of this training's checkpoints; the choice is stored there.

    Returns:
        The recipe with a precision that Keras knows.

    Raises:
        InputError: The choice cannot be stored.
    """
    if settings.precision != "auto":
        return settings
    precision = _stored(checkpoints / FILE_NAME)
    if precision is None:
        precision, reason = machine_precision(settings)
        logging.info("training computes in %s: %s", precision, reason)
        _store(checkpoints / FILE_NAME, precision)
    else:
        logging.info("training goes on in %s, as it began", precision)
    return settings.model_copy(update={"precision": precision})


@contextmanager
def computing_in(precision: Precision) -> Iterator[None]:
    """Makes Keras build layers that compute in a precision; restores its global setting at the end.

    Args:
        precision: A precision that Keras knows, so not `auto`.

    Yields:
        Nothing; layers that are built within keep the precision.
    """
    before = keras.mixed_precision.global_policy()
    keras.mixed_precision.set_global_policy(precision)
    try:
        yield
    finally:
        keras.mixed_precision.set_global_policy(before)


def built(model: ModelSettings, precision: Precision, seed: int | None) -> AdaptiveSparseTransformer:
    """Returns a network with fresh weights that computes in a precision.

    Args:
        model: The network.
        precision: A precision that Keras knows, so not `auto`.
        seed: Seed of the weights.
    """
    with computing_in(precision):
        return build.build(model.spec(), img_size=model.img_size, seed=seed)


def in_float32(trained: AdaptiveSparseTransformer, model: ModelSettings) -> AdaptiveSparseTransformer:
    """Returns a network with the same weights that computes in float32, as every SavedModel does.

    Args:
        trained: The network, which is returned itself if it computes in float32.
        model: Its settings.
    """
    if trained.compute_dtype == "float32":
        return trained
    served = built(model, "float32", seed=0)
    for variable, value in zip(served.variables, trained.variables, strict=True):
        variable.assign(value.numpy())
    return served


def machine_precision(settings: TrainSettings) -> tuple[Precision, str]:
    """Returns the precision that `auto` stands for on this machine, and the reason.

    Args:
        settings: The recipe. Workers of a cluster may differ, so several workers compute in float32.
    """
    if settings.distribution == "multi_worker":
        return "float32", "several workers, whose processors may differ"
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        weakest = min(_compute_capability(gpu) for gpu in gpus)
        name = f"a GPU of compute capability {weakest[0]}.{weakest[1]}"
        return ("mixed_bfloat16", name) if weakest >= GPU_CAPABILITY else ("float32", name)
    flags = sorted(CPU_FLAGS & cpu_flags())
    if flags:
        return "mixed_bfloat16", f"the processor has {', '.join(flags)}"
    return "float32", "the processor has no instructions for bfloat16"


def _compute_capability(gpu: tf.config.PhysicalDevice) -> tuple[int, int]:
    return tf.config.experimental.get_device_details(gpu).get("compute_capability", (0, 0))


def _stored(file: Path) -> Precision | None:
    """Returns the stored choice; None where there is none."""
    try:
        return TrainSettings(precision=json.loads(file.read_text(encoding="utf-8"))["precision"]).precision
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{file}: the precision that this training began with cannot be read ({one_line(error, 120)}); "
            "remove the folder to train from the beginning"
        ) from error


def _store(file: Path, precision: Precision) -> None:
    try:
        write_whole(file, json.dumps({"precision": precision}) + "\n")
    except OSError as error:
        raise InputError(f"{file}: cannot be written ({error.strerror or error}); make room and run again") from error
