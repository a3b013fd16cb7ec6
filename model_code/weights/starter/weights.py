"""Writes the weights of a starter, sets a network to them, and restores with them."""

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
from model_code.known_weights import RAIN
from model_code.network.ast_model import AdaptiveSparseTransformer
from model_code.network.build import build
from model_code.network.settings import ModelSettings
from model_code.saved_model.export import Restorer
from model_code.weights.reference_weights import Arrays, load_reference_weights, to_reference
from model_code.weights.starter.files import FOLDER, description, description_name, weights_bytes, weights_name
from model_code.weights.starter.growth import grown


def read_weights(degradation: str = RAIN, folder: Path | None = None) -> dict[str, Arrays]:
    """Reads the weights.

    Args:
        degradation: What the starter removes.
        folder: Where the files lie; None for `files.FOLDER`.

    Returns:
        float16 arrays under the names of the authors' state dict.

    Raises:
        InputError: There is no such starter, or a file is missing or damaged.
    """
    content = weights_bytes(degradation, folder)
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            return dict(archive)
    except (ValueError, OSError, zipfile.BadZipFile) as error:
        path = (folder or FOLDER) / weights_name(degradation)
        raise InputError(f"{path}: no archive of arrays; install the project anew") from error


def write_weights(
    model: AdaptiveSparseTransformer, settings: ModelSettings, degradation: str, steps: int, folder: Path = FOLDER
) -> None:
    """Writes a network's weights as a starter, in float16.

    Args:
        model: The trained network.
        settings: Its settings.
        degradation: What it removes.
        steps: Training steps.
        folder: The folder to write.
    """
    content = io.BytesIO()
    arrays = {key: value.astype(np.float16) for key, value in to_reference(model).items()}
    np.savez_compressed(content, **arrays)
    about = {
        "degradation": degradation,
        "model": settings.model_dump(mode="json", exclude_none=True),
        "sha256": hashlib.sha256(content.getvalue()).hexdigest(),
        "trained": datetime.now(timezone.utc).date().isoformat(),
        "steps": steps,
    }
    write_whole_bytes(folder / weights_name(degradation), content.getvalue())
    write_whole(folder / description_name(degradation), json.dumps(about, indent=2) + "\n")


def load_starter(model: AdaptiveSparseTransformer, degradation: str = RAIN, folder: Path | None = None) -> None:
    """Sets a network's weights to those of a starter.

    Args:
        model: A network as `files.description().model` says, or a larger one (see `growth`), with fresh weights.
        degradation: What the starter removes.
        folder: Where the files lie; None for `files.FOLDER`.

    Raises:
        InputError: There is no such starter, a file is missing or damaged, or the network is another.
    """
    load_reference_weights(model, grown(read_weights(degradation, folder), to_reference(model)))


class StarterRestorer:
    """A starter as a restorer in memory.

    Attributes:
        degradation: What it removes.
        width: Channels at full resolution, from which tile sizes follow.
    """

    def __init__(self, degradation: str = RAIN, folder: Path | None = None) -> None:
        """Builds the network and reads the weights.

        Args:
            degradation: What the starter removes.
            folder: Where the files lie; None for `files.FOLDER`.

        Raises:
            InputError: There is no such starter, or a file is missing or damaged.
        """
        settings = description(degradation, folder).model
        model = build(settings.spec(), img_size=settings.img_size, seed=0)
        load_starter(model, degradation, folder)
        self.degradation = degradation
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
