"""Warm start: initial weights from a SavedModel of this project, a starter, or a checkpoint of the authors."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tensorflow as tf

from data.errors import InputError
from model_code.known_weights import PRODUCTION, starter_degradation, starter_name
from model_code.network.ast_model import AdaptiveSparseTransformer
from model_code.settings import TrainSettings
from model_code.weights import reference_weights
from model_code.weights.starter.files import description
from model_code.weights.starter.weights import load_starter

_KEY = "_kept/{}/.ATTRIBUTES/VARIABLE_VALUE"  # TensorFlow's name of a variable of `export.Restorer`
_MAX_LISTED = 8  # differing keys in a message
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class InitialWeights:
    """The weights that a training started from.

    Attributes:
        parent: `PRODUCTION`, the word for a starter, or the path of a SavedModel's folder or of a checkpoint; None for random
            weights.
        words: The same in words.
    """

    parent: str | None
    words: str


RANDOM = InitialWeights(None, "random weights")


def initial_weights(
    model: AdaptiveSparseTransformer, settings: TrainSettings, production: str | None
) -> InitialWeights:
    """Sets the weights that a recipe starts from; the Trainer and each trial of the Tuner start here.

    Args:
        model: The network, with random weights.
        settings: The recipe.
        production: Folder of the production model's SavedModel; None if unknown.

    Returns:
        The weights that were set; `RANDOM` without a warm start.

    Raises:
        InputError: As `start_from`.
    """
    return RANDOM if settings.warm_start is None else start_from(model, settings.warm_start, production)


def start_digest(settings: TrainSettings, production: str | None) -> tuple[str, ...]:
    """Returns a digest of the weights that a recipe starts from, so that nothing goes on from what another start left.

    Args:
        settings: The recipe.
        production: Folder of the production model's SavedModel; None if unknown.

    Returns:
        SHA-256 in hexadecimal, in a tuple; empty without a warm start.
    """
    if settings.warm_start is None:
        return ()
    if (degradation := starter_degradation(settings.warm_start)) is not None:
        return (description(degradation).sha256,)
    source = Path((production or "") if settings.warm_start == PRODUCTION else settings.warm_start)
    digest = hashlib.sha256()
    for file in [source] if source.is_file() else sorted(source.glob("variables/variables.*")):
        with file.open("rb") as content:
            while chunk := content.read(_CHUNK_BYTES):
                digest.update(chunk)
    return (digest.hexdigest(),)


def start_from(model: AdaptiveSparseTransformer, source: str, production: str | None) -> InitialWeights:
    """Sets a network's weights to those of an earlier one.

    Args:
        model: The network.
        source: `production`, `starter`, `starter:DEGRADATION`, or the path of a SavedModel's folder or of a `.pth` checkpoint.
        production: Folder of the production model's SavedModel, which may be the identity baseline; None if unknown.

    Returns:
        The weights that were set.

    Raises:
        InputError: The file is missing, or its weights do not fit this network; the message lists the differing keys.
    """
    if source == PRODUCTION:
        if production is None:
            raise InputError(
                "train.warm_start production: no production model was handed to this training; start it with `ast-restore "
                "run`, or give the path of a model"
            )
        if not _weight_shapes(Path(production)):
            logging.info("warm start: there is no production model yet, so training starts from random weights")
            return InitialWeights(None, "random weights: there was no production model")
        _from_saved_model(model, Path(production), "the production model")
        return InitialWeights(PRODUCTION, "the production model")
    if (degradation := starter_degradation(source)) is not None:
        load_starter(model, degradation)
        return InitialWeights(starter_name(degradation), description(degradation).words)
    path = Path(source)
    if path.is_dir():
        _from_saved_model(model, path, str(path))
    elif path.is_file():
        _from_checkpoint(model, path)
    else:
        raise InputError(
            f"train.warm_start {source}: there is no such file or folder; give a SavedModel or a .pth file"
        )
    return InitialWeights(str(path), str(path))


def _from_checkpoint(model: AdaptiveSparseTransformer, path: Path) -> None:
    from model_code.weights.torch_checkpoint import read_state_dict

    try:
        reference_weights.load_reference_weights(model, read_state_dict(path))
    except InputError as error:
        raise InputError(f"train.warm_start {path}: {error}") from error


def _weight_shapes(folder: Path) -> dict[str, list[int]]:
    """Returns the shapes of the weights in a SavedModel by key; the identity baseline has none."""
    index = folder / "variables" / "variables.index"
    if not index.is_file():
        return {}
    shapes = tf.train.load_checkpoint(str(folder / "variables" / "variables")).get_variable_to_shape_map()
    return {key: shape for key, shape in shapes.items() if key.startswith("_kept/")}


def _from_saved_model(model: AdaptiveSparseTransformer, folder: Path, name: str) -> None:
    shapes = _weight_shapes(folder)
    differences = _differences(model, shapes)
    surplus = len(shapes) - len(model.variables)
    if differences or surplus > 0:
        listed = "; ".join(differences[:_MAX_LISTED])
        if len(differences) > _MAX_LISTED:
            listed += f"; and {len(differences) - _MAX_LISTED} more"
        raise InputError(
            f"train.warm_start: {name} has another network: {listed or f'{surplus} weights more'}; "
            "give the variant and img_size it was trained with, or no warm_start"
        )
    reader = tf.train.load_checkpoint(str(folder / "variables" / "variables"))
    values = [reader.get_tensor(_KEY.format(number)) for number in range(len(model.variables))]
    if not all(np.isfinite(value).all() for value in values):
        raise InputError(
            f"train.warm_start: {name} has weights that are not finite; give another model, or no warm_start"
        )
    for variable, value in zip(model.variables, values, strict=True):
        variable.assign(value)


def _differences(model: AdaptiveSparseTransformer, shapes: Mapping[str, list[int]]) -> list[str]:
    """Returns the model's variables whose shape differs from that in a SavedModel, in words, under the reference's names."""
    names = {id(variable): entry.key for entry in reference_weights.entries(model) for variable in entry.variables}
    differences = []
    for number, variable in enumerate(model.variables):
        shape = shapes.get(_KEY.format(number))
        if shape != variable.shape.as_list():
            theirs = "missing" if shape is None else f"{shape} there"
            differences.append(f"{names.get(id(variable), variable.name)} ({variable.shape.as_list()} here, {theirs})")
    return differences
