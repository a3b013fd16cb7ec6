"""Where a training's first weights come from, if not from a draw: a SavedModel of ours, or a checkpoint of the authors."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import tensorflow as tf

from data.errors import InputError
from model_code.weights import reference_weights

PRODUCTION = "production"
_KEY = "_kept/{}/.ATTRIBUTES/VARIABLE_VALUE"  # how TensorFlow names what `export.Restorer` keeps
_SHOWN = 8  # differing keys that a message lists


def start_from(model: Any, source: str, production: str | None) -> str:
    """Sets a network's weights to those of an earlier one.

    Args:
        model: An `AdaptiveSparseTransformer`.
        source: `production`, or the path of a SavedModel's folder or of a `.pth` checkpoint.
        production: Folder of the SavedModel in production, which may be the one that does nothing.

    Returns:
        What it was started from, for the history.

    Raises:
        InputError: There is no such file, or its weights do not fit this network; the differing keys are named.
    """
    if source == PRODUCTION:
        if production is None:
            raise InputError("train.warm_start production: this Trainer was given no model in production")
        if not _kept(Path(production)):
            logging.info("warm start: nothing is in production yet, so training starts from drawn weights")
            return "drawn weights: nothing was in production"
        _from_saved_model(model, Path(production), "the model in production")
        return "the model in production"
    path = Path(source)
    if path.is_dir():
        _from_saved_model(model, path, str(path))
    elif path.is_file():
        _from_checkpoint(model, path)
    else:
        raise InputError(
            f"train.warm_start {source}: there is no such file or folder; give a SavedModel or a .pth file"
        )
    return str(path)


def _from_checkpoint(model: Any, path: Path) -> None:
    from model_code.weights.torch_checkpoint import read_state_dict

    try:
        reference_weights.load_reference_weights(model, read_state_dict(path))
    except InputError as error:
        raise InputError(f"train.warm_start {path}: {error}") from error


def _kept(folder: Path) -> dict[str, list[int]]:
    """Returns the shapes of the weights in a SavedModel by their key; none in the one that does nothing."""
    index = folder / "variables" / "variables.index"
    if not index.is_file():
        return {}
    shapes = tf.train.load_checkpoint(str(folder / "variables" / "variables")).get_variable_to_shape_map()
    return {key: shape for key, shape in shapes.items() if key.startswith("_kept/")}


def _from_saved_model(model: Any, folder: Path, name: str) -> None:
    shapes = _kept(folder)
    names = {id(variable): entry.key for entry in reference_weights.entries(model) for variable in entry.variables}
    wrong = []
    for number, variable in enumerate(model.variables):
        shape = shapes.get(_KEY.format(number))
        if shape != variable.shape.as_list():
            theirs = "missing" if shape is None else f"{shape} there"
            wrong.append(f"{names.get(id(variable), variable.name)} ({variable.shape.as_list()} here, {theirs})")
    more = len(shapes) - len(model.variables)
    if wrong or more > 0:
        listed = "; ".join(wrong[:_SHOWN]) + (f"; and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else "")
        raise InputError(
            f"train.warm_start: {name} has another network: {listed or f'{more} weights more'}; "
            "give the variant and img_size it was trained with, or no warm_start"
        )
    reader = tf.train.load_checkpoint(str(folder / "variables" / "variables"))
    for number, variable in enumerate(model.variables):
        variable.assign(reader.get_tensor(_KEY.format(number)))
