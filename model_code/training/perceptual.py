"""The perceptual loss: the difference of features of a network that the user provides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import tensorflow as tf

from data.errors import InputError
from data.plain_text import one_line
from model_code.saved_model.signatures import SERVING_DEFAULT
from model_code.training.losses import Loss


def perceptual(directory: Path) -> Loss:
    """Returns the perceptual loss: the mean absolute difference of features, averaged over the feature maps.

    Johnson et al., "Perceptual Losses for Real-Time Style Transfer and Super-Resolution", 2016, arXiv:1603.08155.

    Args:
        directory: A SavedModel, callable or with a signature `serving_default`, from one float32 input [B, H, W, 3] in [0, 1]
            to one or several float tensors. Its weights do not change.

    Raises:
        InputError: The folder holds no SavedModel, or the SavedModel does not accept images.
    """
    if not tf.saved_model.contains_saved_model(str(directory)):
        raise InputError(
            f"train.perceptual_model {directory}: no SavedModel in it, and the loss `perceptual` needs one; name its folder"
        )
    features = _Features(directory)
    try:
        maps = features(tf.zeros([1, 64, 64, 3]))
    except Exception as error:  # a SavedModel may fail in any way its author's code can
        raise InputError(
            f"train.perceptual_model {directory}: it does not map float32 images [B, H, W, 3] to features ({one_line(error)}); "
            "name a SavedModel that does"
        ) from error
    if not maps:
        raise InputError(
            f"train.perceptual_model {directory}: it returns no float tensor; name a SavedModel that returns features"
        )

    def loss(restored: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
        pairs = zip(features(restored), features(target), strict=True)
        differences = [tf.reduce_mean(tf.abs(ours - tf.stop_gradient(theirs))) for ours, theirs in pairs]
        return tf.add_n(differences) / len(maps)

    return loss


class _Features:
    """The feature maps of a SavedModel, in a fixed order."""

    def __init__(self, directory: Path) -> None:
        self._loaded: Any = tf.saved_model.load(str(directory))  # its variables live as long as it does
        signature = self._loaded.signatures.get(SERVING_DEFAULT)
        self._call: Callable[[tf.Tensor], Any] = self._loaded
        if signature is not None:
            argument = next(iter(signature.structured_input_signature[1]))
            self._call = lambda images: signature(**{argument: images})

    def __call__(self, images: tf.Tensor) -> list[tf.Tensor]:
        maps = self._call(images)
        flat = [maps[name] for name in sorted(maps)] if isinstance(maps, Mapping) else tf.nest.flatten(maps)
        return [tf.cast(feature, tf.float32) for feature in flat if feature.dtype.is_floating]
