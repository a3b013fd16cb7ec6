"""A loss in the features of a network that the user gives: restored and target should look alike to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import tensorflow as tf

from data.errors import InputError
from model_code.training.losses import Loss

_SIGNATURE = "serving_default"


def perceptual(directory: Path) -> Loss:
    """Returns the mean absolute difference of features, averaged over the feature maps.

    Args:
        directory: A SavedModel, callable or with a signature `serving_default`, of one float32 input [B, H, W, 3] in [0, 1]
            to one or several float tensors. Its weights are left as they are.

    Raises:
        InputError: There is no such SavedModel, or it does not take images.
    """
    if not tf.saved_model.contains_saved_model(str(directory)):
        raise InputError(
            f"{directory}: no SavedModel for the loss `perceptual`; give its folder as train.perceptual_model"
        )
    features = _Features(directory)
    try:
        maps = features(tf.zeros([1, 64, 64, 3]))
    except Exception as error:  # a SavedModel may fail in any way its author's code can
        raise InputError(
            f"{directory}: it does not map float32 images [B, H, W, 3] to features: {' '.join(str(error).split())[:200]}"
        ) from error
    if not maps:
        raise InputError(f"{directory}: it returns no feature map of floats")

    def loss(restored: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
        pairs = zip(features(restored), features(target), strict=True)
        return tf.add_n([tf.reduce_mean(tf.abs(one - tf.stop_gradient(other))) for one, other in pairs]) / len(maps)

    return loss


class _Features:
    """The feature maps of a SavedModel, in a fixed order."""

    def __init__(self, directory: Path) -> None:
        self._loaded: Any = tf.saved_model.load(str(directory))  # its variables live as long as it does
        signature = self._loaded.signatures.get(_SIGNATURE)
        self._call: Callable[[tf.Tensor], Any] = self._loaded
        if signature is not None:
            argument = next(iter(signature.structured_input_signature[1]))
            self._call = lambda images: signature(**{argument: images})

    def __call__(self, images: tf.Tensor) -> list[tf.Tensor]:
        maps = self._call(images)
        flat = [maps[name] for name in sorted(maps)] if isinstance(maps, Mapping) else tf.nest.flatten(maps)
        return [tf.cast(feature, tf.float32) for feature in flat if feature.dtype.is_floating]
