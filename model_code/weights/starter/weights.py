"""Writes the starter's weights, sets a network to them, and restores with them."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path

import numpy as np
import tensorflow as tf

from data.errors import InputError
from data.storage.files import write_whole, write_whole_bytes
from model_code.network.ast_model import AdaptiveSparseTransformer
from model_code.network.build import build
from model_code.network.settings import ModelSettings
from model_code.saved_model.export import Restorer
from model_code.weights.reference_weights import Arrays, load_reference_weights, to_reference
from model_code.weights.starter.files import DESCRIPTION_NAME, FOLDER, WEIGHTS_NAME, description, weights_bytes
from model_code.weights.starter.growth import grown


def read_weights(folder: Path = FOLDER) -> dict[str, Arrays]:
    """Reads the weights.

    Args:
        folder: Where the starter's files lie.

    Returns:
        float16 arrays under the names of the authors' state dict.

    Raises:
        InputError: A file is missing or damaged.
    """
    try:
        with np.load(io.BytesIO(weights_bytes(folder)), allow_pickle=False) as archive:
            return dict(archive)
    except (ValueError, OSError, zipfile.BadZipFile) as error:
        raise InputError(f"{folder / WEIGHTS_NAME}: no archive of arrays; install the project anew") from error


def write_weights(model: AdaptiveSparseTransformer, settings: ModelSettings, steps: int, folder: Path = FOLDER) -> None:
    """Writes a network's weights as the starter, in float16.

    Args:
        model: The trained network.
        settings: Its settings.
        steps: Training steps.
        folder: The folder to write.
    """
    content = io.BytesIO()
    arrays = {key: value.astype(np.float16) for key, value in to_reference(model).items()}
    np.savez_compressed(content, **arrays)
    about = {
        "model": settings.model_dump(mode="json", exclude_none=True),
        "sha256": hashlib.sha256(content.getvalue()).hexdigest(),
        "trained": datetime.now(timezone.utc).date().isoformat(),
        "steps": steps,
    }
    write_whole_bytes(folder / WEIGHTS_NAME, content.getvalue())
    write_whole(folder / DESCRIPTION_NAME, json.dumps(about, indent=2) + "\n")


def load_starter(model: AdaptiveSparseTransformer, folder: Path = FOLDER) -> None:
    """Sets a network's weights to the starter's.

    Args:
        model: A network as `files.description().model` says, or a larger one (see `growth`), with fresh weights.
        folder: Where the starter's files lie.

    Raises:
        InputError: A file is missing or damaged, or the network is another.
    """
    load_reference_weights(model, grown(read_weights(folder), to_reference(model)))


class StarterRestorer:
    """The starter as a restorer in memory.

    Attributes:
        width: Channels at full resolution, from which tile sizes follow.
    """

    def __init__(self, folder: Path = FOLDER) -> None:
        """Builds the network and reads the weights.

        Args:
            folder: Where the starter's files lie.

        Raises:
            InputError: A file is missing or damaged.
        """
        settings = description(folder).model
        model = build(settings.spec(), img_size=settings.img_size, seed=0)
        load_starter(model, folder)
        self.width = settings.spec().embed_dim
        self._restore: Callable[[tf.Tensor], tf.Tensor] = Restorer(
            lambda images: model(images, training=False), model.variables
        ).restore

    def restore_tensor(self, images: tf.Tensor) -> tf.Tensor:
        """Restores images of one size.

        Args:
            images: float32 [B, H, W, 3] in [0, 1].

        Returns:
            The restored images, float32 [B, H, W, 3], not clipped.
        """
        return self._restore(images)
