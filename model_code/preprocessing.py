"""Entry module of the Transform component: decodes, optionally shrinks and scales the images, inside the graph alone.

Transform writes no pixel to the disk. The Trainer applies the graph to each record when it reads it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from data import features
from model_code.input import pixels
from model_code.preprocess_settings import PreprocessSettings


def preprocessing_fn(
    inputs: Mapping[str, tf.Tensor], custom_config: Mapping[str, Any] | None = None
) -> dict[str, tf.RaggedTensor]:
    """Decodes and scales both images of each pair.

    Images of a batch may differ in size, and TFT refuses dense features of unknown size, so the images are ragged. The
    Trainer applies the graph to one record at a time, where `to_tensor()` pads nothing.

    Args:
        inputs: Features of records, under the names of `data.features`; strings [B] or [B, 1].
        custom_config: Fields of `PreprocessSettings`.

    Returns:
        `input_image` and `target_image`: ragged float32 [B, (H), (W), 3] in [0, 1].
    """
    settings = PreprocessSettings(**(custom_config or {}))
    names = (features.INPUT_IMAGE, features.TARGET_IMAGE)
    return {name: _images(inputs[name], settings.max_side) for name in names}


def _images(encoded: tf.Tensor, max_side: int) -> tf.RaggedTensor:
    """Decodes strings [B] to ragged float32 [B, (H), (W), 3]."""

    def decode(blob: tf.Tensor) -> tf.RaggedTensor:
        image = pixels.shrink(pixels.to_unit(pixels.decode_image(blob)), max_side)
        return tf.RaggedTensor.from_tensor(image, ragged_rank=1)

    spec = tf.RaggedTensorSpec(shape=[None, None, 3], dtype=tf.float32, ragged_rank=1)
    return tf.map_fn(decode, tf.reshape(encoded, [-1]), fn_output_signature=spec)
