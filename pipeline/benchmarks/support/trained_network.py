"""Trains a network without the pipeline, in a folder from which a killed training goes on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, cast

from data import features
from pipeline.benchmarks.support.decoded_split import decoded_split
from pipeline.config import Config

if TYPE_CHECKING:
    from model_code.training.records.history_content import HistoryContent

MODEL = "model"
"""Name of the folder with the SavedModel."""


def train_network(config: Config, spans: Path, folder: Path) -> HistoryContent:
    """Trains by the recipe and writes the SavedModel; returns at once where a call before has finished.

    Args:
        config: Configuration; its sections `model`, `transform` and `train` are used.
        spans: Folder of the spans, or a pattern of several.
        folder: Folder of this training alone. It gets `checkpoints/`, `history.json` and `model/`.

    Returns:
        The content of `history.json`.

    Raises:
        InputError: The initial weights do not fit, or a checkpoint cannot be written.
        TrainingDivergedError: Too many steps in a row were non-finite.
    """
    from model_code.saved_model.export import save_restorer
    from model_code.training import precision
    from model_code.training.fit import fit
    from model_code.training.records import history
    from model_code.weights.warm_start import initial_weights

    history_path, checkpoints = folder / history.FILE_NAME, folder / "checkpoints"
    if (folder / MODEL).exists():
        return cast("HistoryContent", json.loads(history_path.read_text(encoding="utf-8")))
    train, validation = (decoded_split(spans, name, config) for name in (features.TRAIN, features.VALIDATION))
    settings = precision.resolved(config.train, checkpoints)
    model = precision.built(config.model, settings.precision, settings.seed)
    start = initial_weights(model, settings, None)
    recipe = {"model": config.model.model_dump(mode="json"), "start": start.words, history.PARENT: start.parent}
    content = fit(model, train, validation, settings, history_path, recipe, checkpoints=checkpoints)
    served = precision.in_float32(model, config.model)
    save_restorer(lambda images: served(images, training=False), folder / MODEL, served.variables)
    return content
