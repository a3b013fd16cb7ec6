"""Warm-up requests, which TF Serving sends itself when it loads a model, so that no client waits for the first answer.

TF Serving reads them from `assets.extra/tf_serving_warmup_requests` in a SavedModel's folder, a TFRecord of `PredictionLog`.
They are part of the model's digest, so the same model always gets the same bytes.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import model_pb2, predict_pb2, prediction_log_pb2

from data.image.arrays import ImageU8

FOLDER = "assets.extra"
FILE = "tf_serving_warmup_requests"

# Two sizes, neither of them a multiple of the windows, so that what the server prepares holds for any size.
_SIZES = ((64, 80), (50, 70))


def write_requests(model: Path, signature: str, input_name: str) -> None:
    """Writes the warm-up requests into a SavedModel's folder.

    Args:
        model: The SavedModel's folder.
        signature: Name of the signature to call.
        input_name: Name of its input, which takes encoded images.
    """
    images = [tf.io.encode_png(_gradient_image(height, width)).numpy() for height, width in _SIZES]
    request = predict_pb2.PredictRequest(model_spec=model_pb2.ModelSpec(signature_name=signature))
    request.inputs[input_name].CopyFrom(tf.make_tensor_proto(images))
    log = prediction_log_pb2.PredictionLog(predict_log=prediction_log_pb2.PredictLog(request=request))
    (model / FOLDER).mkdir()
    with tf.io.TFRecordWriter(str(model / FOLDER / FILE)) as writer:
        writer.write(log.SerializeToString(deterministic=True))


def _gradient_image(height: int, width: int) -> ImageU8:
    """Returns a gradient in another direction in each channel, from integers alone, so that it is the same everywhere."""
    rows, columns = np.mgrid[:height, :width]
    return np.stack([2 * rows, 2 * columns, rows + columns], axis=-1).astype(np.uint8)
