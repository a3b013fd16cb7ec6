"""Named variants of the Adaptive Sparse Transformer, and the one way to build a network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tf_keras as keras

from data.errors import InputError
from model_code.network.ast_model import AdaptiveSparseTransformer
from model_code.network.initial_values import InitialValues
from model_code.network.spec import VARIANTS, NetworkSpec, resolve

__all__ = ["VARIANTS", "NetworkSpec", "build", "resolve"]

SMALLEST_IMG_SIZE = 16  # one pixel at the bottleneck


def build(
    variant_or_spec: str | Mapping[str, Any] | NetworkSpec | object, img_size: int = 128, seed: int | None = None
) -> keras.Model:
    """Build a network with fresh weights.

    Args:
        variant_or_spec: A name in VARIANTS, or the fields of NetworkSpec as a mapping or dataclass.
        img_size: The nominal side in pixels: it sets windows and shifts (see `windows.window_at`), not the size of the
            images, which may be any. The authors train and test with 128.
        seed: Seed of the weights; without one they follow `keras.utils.set_random_seed`.

    Returns:
        A model of float32 images [B, H, W, 3] in [0, 1] to restored images of that shape, not clipped.

    Raises:
        InputError: No network can be built from the spec or the size.
    """
    if img_size < SMALLEST_IMG_SIZE:
        raise InputError(f"img_size is {img_size}; give at least {SMALLEST_IMG_SIZE}")
    return AdaptiveSparseTransformer(resolve(variant_or_spec), img_size, InitialValues(seed))
