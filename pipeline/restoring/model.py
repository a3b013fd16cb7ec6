"""The model that restores pictures: which one, and how it is asked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import tensorflow as tf

from components.production import registry
from data.errors import InputError
from data.image.arrays import ImageF32
from model_code.saved_model.export import LoadedRestorer, load_restorer, network_width
from model_code.saved_model.tiling import DEFAULT_MEMORY, Tiling, tiling_for
from pipeline.restoring.dihedral import ALL, MIRRORED, self_ensemble
from pipeline.restoring.options import Method
from pipeline.restoring.post_processing import Levels, post_process
from pipeline.restoring.tiled_restoration import restore_tiled

# A SavedModel is float32; the first is for processors, the second for GPUs.
_HALF_PRECISION = {"auto_mixed_precision_onednn_bfloat16": True, "auto_mixed_precision": True}


def newest_model(models: Path) -> Path:
    """Returns the folder of the version in production.

    Args:
        models: The push destination.

    Raises:
        InputError: Nothing was pushed there.
    """
    version = registry.production(models)
    if version is None:
        raise InputError(f"{models}: no model was pushed there; run the pipeline first, or name one with --model")
    return models / str(version.number)


def require_model(folder: Path) -> None:
    """Refuses a folder that holds no SavedModel, before anything else is done.

    Raises:
        InputError: It holds none.
    """
    if not (folder / registry.SAVED_MODEL).is_file():
        raise InputError(f"{folder}: no {registry.SAVED_MODEL} in it; name the folder of a SavedModel")


class PictureModel:
    """A SavedModel in memory that restores pictures of any size and depth."""

    def __init__(self, restorer: LoadedRestorer, tiling: Tiling) -> None:
        self.tiling = tiling
        self._restorer = restorer

    @classmethod
    def load(cls, folder: Path, memory: float = DEFAULT_MEMORY, half_precision: bool = False) -> PictureModel:
        """Reads a SavedModel.

        Args:
            folder: Where it is.
            memory: MiB that restoring a part of an image may take; larger images are restored in tiles.
            half_precision: Whether products and convolutions are computed in bfloat16, in float16 on a GPU. TensorFlow's
                graph optimizer does it, for every graph that this process runs for the first time from here on.
        """
        if half_precision:
            tf.config.optimizer.set_experimental_options(_HALF_PRECISION)
        return cls(load_restorer(folder), tiling_for(memory, network_width(folder)))

    def restore(
        self, pixels: Levels, method: Method, gray: bool = False, after_part: Callable[[], None] = lambda: None
    ) -> Levels:
        """Restores a picture.

        Args:
            pixels: uint8 or uint16 [H, W, 3].
            method: What to do besides.
            gray: Whether the channels are alike and shall stay so: the mean of the three restored ones is taken.
            after_part: Is called after each of `tiling.parts(H, W)` parts.

        Returns:
            [H, W, 3] of the same depth.

        Raises:
            InputError: It cannot be done, for want of memory mostly.
        """
        turns = ALL if method.self_ensemble else MIRRORED if method.mirror_ensemble else ()
        restore = self_ensemble(self._call, turns) if turns else self._call

        def part(image: ImageF32) -> ImageF32:
            restored = restore(image)
            if gray:
                restored = np.repeat(restored.mean(axis=2, keepdims=True), 3, axis=2)
            after_part()
            return restored

        try:
            restored = restore_tiled(part, pixels, self.tiling)
        except (tf.errors.OpError, MemoryError) as error:
            raise InputError(f"the model failed ({type(error).__name__}); try a smaller --memory") from error
        done = post_process(pixels, restored, method.guided_filter, method.transfer_colour)
        return np.repeat(done[..., :1], 3, axis=2) if gray else done

    def _call(self, image: ImageF32) -> ImageF32:
        restored: ImageF32 = self._restorer.restore_tensor(tf.constant(image[np.newaxis])).numpy()[0]
        return restored
