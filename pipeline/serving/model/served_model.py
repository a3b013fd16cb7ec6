"""One version of the model in memory, as the server uses it."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf

from data.errors import InputError
from data.image.arrays import ImageF32, ImageU8
from model_code.input import pixels
from model_code.saved_model.loading import network_width
from model_code.saved_model.precision import may_gain, try_both
from model_code.saved_model.precision_names import InferencePrecision
from model_code.saved_model.tiling import Tiling, tiling_for
from pipeline.restoring.tiled_restoration import restore_tiled
from pipeline.serving.model.saved_model_session import SavedModelSession

_PROBE_SIDE = 64

_log = logging.getLogger("ast-restore serve")


class ServedModel:
    """A SavedModel in memory, with its version and its signatures.

    Attributes:
        number: The version.
        signatures: Its signatures, as TF Serving describes them.
        tiling: How large images are cut into tiles.
    """

    def __init__(self, number: int, session: SavedModelSession, tiling: Tiling) -> None:
        self.number = number
        self.signatures = session.signatures
        self.tiling = tiling
        self._session = session

    def restore(self, image: ImageU8, between: Callable[[], None]) -> ImageU8:
        """Restores one image, in tiles if it is large.

        Args:
            image: uint8 [H, W, 3].
            between: Called before each tile but the first, for work that shall not wait for the whole image.

        Returns:
            uint8 [H, W, 3].
        """
        parts = itertools.count()

        def restore_part(part: ImageF32) -> ImageF32:
            if next(parts):
                between()
            return self._session.restore(part[np.newaxis])[0]

        return restore_tiled(restore_part, image, self.tiling)

    def restore_together(self, images: Sequence[ImageU8]) -> list[ImageU8]:
        """Restores small images of one size, uint8 [H, W, 3] each, in one call; returns the same type and size."""
        restored = self._session.restore(pixels.to_unit(tf.constant(np.stack(images))).numpy())
        return list(pixels.to_uint8(restored).numpy())

    def restore_floats(self, images: Sequence[ImageF32]) -> list[ImageF32]:
        """Restores images of one size, float32 [H, W, 3] in [0, 1] each, in one call; the results are not clipped."""
        return list(self._session.restore(np.stack(images)))


def load(
    folder: Path, number: int, memory: float, is_trusted: bool = False, precision: InferencePrecision = "float32"
) -> ServedModel:
    """Loads a version and restores two images with it: it is tried, and the first client does not wait for the slow first call.

    Args:
        folder: Folder of the SavedModel.
        number: The version.
        memory: MiB that restoring a part of an image may take.
        is_trusted: Whether the model's operations may touch files.
        precision: What it computes in; `auto` tries both on a machine with instructions for half precision.

    Raises:
        InputError: The folder holds no SavedModel of a restorer, or one that answers with NaN or with another size.
    """
    session = _session(folder, number, is_trusted, precision)
    model = ServedModel(number, session, tiling_for(memory, network_width(folder)))
    probes = np.zeros((2, _PROBE_SIDE, _PROBE_SIDE, 3), np.float32)
    probes[1] = np.random.default_rng(0).random(probes.shape[1:], np.float32)
    restored = model.restore_floats(list(probes))
    if np.shape(restored) != probes.shape:
        raise InputError(
            f"{folder}: answers two images of {_PROBE_SIDE} x {_PROBE_SIDE} pixels with the shape {np.shape(restored)}, not "
            "with their size; name a model that restores images"
        )
    return model


def _session(folder: Path, number: int, is_trusted: bool, precision: InferencePrecision) -> SavedModelSession:
    if precision != "auto":
        return SavedModelSession(folder, is_trusted, is_half=precision == "half")
    exact = SavedModelSession(folder, is_trusted)
    if not may_gain():
        _log.info("version %d computes in float32: this machine has no instructions for half precision", number)
        return exact
    halved = SavedModelSession(folder, is_trusted, is_half=True)
    trial = try_both(exact.restore, halved.restore)
    _log.info("version %d computes in %s", number, trial)
    return halved if trial.is_half else exact
