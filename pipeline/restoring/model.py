"""The model that restores images: finding, loading and calling it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np
import tensorflow as tf

from components.production import registry
from data.errors import InputError
from data.image.arrays import ImageF32
from model_code.known_weights import RAIN, STARTER, starter_degradation
from model_code.saved_model.loading import damage_named, load_restorer, network_width
from model_code.saved_model.precision import computing_in_half, may_gain, try_both
from model_code.saved_model.precision_names import InferencePrecision
from model_code.saved_model.tiling import DEFAULT_MEMORY, Tiling, tiling_for
from model_code.weights.starter.files import weights_bytes
from model_code.weights.starter.weights import StarterRestorer
from pipeline.restoring.dihedral import ALL, MIRRORED, self_ensemble
from pipeline.restoring.finite import require_finite
from pipeline.restoring.options import Method
from pipeline.restoring.post_processing import Levels, post_process
from pipeline.restoring.tiled_restoration import restore_tiled

STARTER_MODEL = Path(STARTER)
"""Value of `--model`: the starter weights for rain, which come with the project, instead of a folder."""


def newest_model(models: Path) -> Path:
    """Returns the folder of the production model.

    Args:
        models: The push destination.

    Raises:
        InputError: No model was pushed there.
    """
    version = registry.production(models)
    if version is None:
        raise InputError(f"{models}: no model was pushed there; run the pipeline first, or name one with --model")
    return models / str(version.number)


def newest_model_or_starter(models: Path) -> Path:
    """Returns the folder of the production model, or `STARTER_MODEL` where no model was pushed yet.

    Args:
        models: The push destination; it may be missing.
    """
    return newest_model(models) if registry.production(models) is not None else STARTER_MODEL


def starter_of(model: Path) -> str | None:
    """Returns what the starter that a value of `--model` stands for removes; None for a folder.

    Args:
        model: The value.
    """
    return starter_degradation(str(model))


def require_model(folder: Path) -> None:
    """Checks that a folder holds a SavedModel, or that a starter is whole.

    Args:
        folder: The folder, or the word for a starter, such as `STARTER_MODEL`.

    Raises:
        InputError: It holds none, or there is no such starter, or it is damaged.
    """
    if (degradation := starter_of(folder)) is not None:
        weights_bytes(degradation)
    elif not (folder / registry.SAVED_MODEL).is_file():
        raise InputError(f"{folder}: no {registry.SAVED_MODEL} in it; name the folder of a SavedModel")


class _Restorer(Protocol):
    """What `ImageRestorer` calls."""

    def restore_tensor(self, images: tf.Tensor) -> tf.Tensor:
        """Restores images of one size, float32 [B, H, W, 3] in [0, 1]."""
        ...


class ImageRestorer:
    """A SavedModel in memory that restores images of any size, of 8 or 16 bits.

    Attributes:
        tiling: How large images are cut into tiles.
        precision: The precision that a trial has chosen, and why; empty where none was asked for.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from model_code.saved_model.export import identity_restorer, save_restorer
        >>> folder = Path(tempfile.mkdtemp()) / "identity"
        >>> save_restorer(identity_restorer(), folder)
        >>> restorer = ImageRestorer.load(folder)
        >>> image = np.full((48, 64, 3), 100, np.uint8)
        >>> bool((restorer.restore(image) == image).all())
        True
    """

    def __init__(self, restorer: _Restorer, tiling: Tiling, precision: InferencePrecision = "float32") -> None:
        self.tiling = tiling
        self.precision = ""
        self._restorer = restorer
        self._is_half = precision == "half"
        if precision == "auto":
            self._try_precisions()

    @classmethod
    def load(
        cls,
        folder: Path,
        memory: float = DEFAULT_MEMORY,
        precision: InferencePrecision = "float32",
        is_trusted: bool = False,
    ) -> ImageRestorer:
        """Loads a SavedModel or a starter.

        Args:
            folder: Folder of the SavedModel, or the word for a starter.
            memory: MiB that restoring a part of an image may take; larger images are restored in tiles.
            precision: What it computes in; `auto` tries both on a machine with instructions for half precision, which takes
                some seconds.
            is_trusted: Whether the model's operations may touch files.

        Raises:
            InputError: The SavedModel is damaged, or not one of a restorer, or not to be trusted.
        """
        if (degradation := starter_of(folder)) is not None:
            starter = StarterRestorer(degradation)
            return cls(starter, tiling_for(memory, starter.width), precision)
        with damage_named(folder):
            restorer, width = load_restorer(folder, is_trusted), network_width(folder)
        return cls(restorer, tiling_for(memory, width), precision)

    def restore(
        self,
        pixels: Levels,
        method: Method | None = None,
        is_gray: bool = False,
        after_part: Callable[[], None] = lambda: None,
    ) -> Levels:
        """Restores an image.

        Args:
            pixels: RGB, uint8 or uint16 [H, W, 3].
            method: Steps beside one pass through the network; None for none.
            is_gray: Whether the channels are equal and have to stay so; the mean of the restored channels is then taken.
            after_part: Called after each of the `tiling.parts(H, W)` parts.

        Returns:
            [H, W, 3] of the same depth.

        Raises:
            InputError: The model failed, usually because memory ran out, or answers with NaN.
        """
        method = method or Method()
        restore = self._restore_function(method)

        def restore_part(part: ImageF32) -> ImageF32:
            restored = restore(part)
            if is_gray:
                restored = np.repeat(restored.mean(axis=2, keepdims=True), 3, axis=2)
            after_part()
            return require_finite(restored)

        try:
            restored = restore_tiled(restore_part, pixels, self.tiling)
        except (tf.errors.OpError, MemoryError) as error:
            raise InputError(f"the model failed ({type(error).__name__}); try a smaller --memory") from error
        is_tone_limited = self._is_rain_starter() if method.limit_tone is None else method.limit_tone
        processed = post_process(pixels, restored, method.guided_filter, method.transfer_colour, is_tone_limited)
        return np.repeat(processed[..., :1], 3, axis=2) if is_gray else processed

    def _is_rain_starter(self) -> bool:
        """Whether the tone is limited by default: the removal of other degradations, such as haze, is a change of tone."""
        return isinstance(self._restorer, StarterRestorer) and self._restorer.degradation == RAIN

    def _restore_function(self, method: Method) -> Callable[[ImageF32], ImageF32]:
        if method.self_ensemble:
            return self_ensemble(self._call, ALL)
        return self_ensemble(self._call, MIRRORED) if method.mirror_ensemble else self._call

    def _try_precisions(self) -> None:
        if not may_gain():
            self.precision = "float32: this machine has no instructions for half precision"
            return
        trial = try_both(partial(self._batch, is_half=False), partial(self._batch, is_half=True))
        self._is_half, self.precision = trial.is_half, str(trial)

    def _call(self, image: ImageF32) -> ImageF32:
        return require_finite(self._batch(image[np.newaxis], self._is_half)[0])

    def _batch(self, images: ImageF32, is_half: bool) -> ImageF32:
        with computing_in_half(is_half):
            restored: ImageF32 = self._restorer.restore_tensor(tf.constant(images)).numpy()
        return restored
