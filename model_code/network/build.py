"""Builds a network from the name of a variant or from its numbers."""

from __future__ import annotations

from collections.abc import Mapping

from data.errors import InputError
from model_code.network.ast_model import AdaptiveSparseTransformer
from model_code.network.layers import Initializer
from model_code.network.spec import VARIANTS, NetworkSpec, resolve

__all__ = ["VARIANTS", "NetworkSpec", "build", "resolve"]

SMALLEST_IMG_SIZE = 16  # one pixel at the bottleneck


def build(
    variant_or_spec: str | Mapping[str, object] | NetworkSpec, img_size: int = 128, seed: int | None = None
) -> AdaptiveSparseTransformer:
    """Builds a network with fresh weights.

    Args:
        variant_or_spec: A name in `VARIANTS`, a `NetworkSpec`, or its fields as a mapping or a dataclass.
        img_size: Nominal side in pixels, which sets the attention windows (see `windows.window_at`). Images may have any
            size. The authors train and test with 128.
        seed: Seed of the weights; None follows `keras.utils.set_random_seed`.

    Returns:
        A Keras model from images, float32 [B, H, W, 3] in [0, 1], to restored images of the same shape, not clipped.

    Raises:
        InputError: No network can be built from the spec or the size.

    Example:
        >>> import tensorflow as tf
        >>> model = build("micro8", img_size=64, seed=1)
        >>> rainy = tf.random.stateless_uniform([1, 50, 70, 3], seed=[0, 1])
        >>> restored = model(rainy, training=False)
        >>> restored.shape
        TensorShape([1, 50, 70, 3])
        >>> sum(variable.shape.num_elements() for variable in model.trainable_variables)
        964111
    """
    if img_size < SMALLEST_IMG_SIZE:
        raise InputError(f"img_size is {img_size}; give at least {SMALLEST_IMG_SIZE}")
    return AdaptiveSparseTransformer(resolve(variant_or_spec), img_size, Initializer(seed))
