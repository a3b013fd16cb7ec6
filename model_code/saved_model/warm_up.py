"""The requests that TF Serving sends itself when it loads a model, so that no client waits for what the first answer takes.

TF Serving reads them from `assets.extra/tf_serving_warmup_requests` in a SavedModel's folder: a TFRecord of `PredictionLog`.
They are part of the model's digest, so the same model always gets the same bytes.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import model_pb2, predict_pb2, prediction_log_pb2

FOLDER = "assets.extra"
FILE = "tf_serving_warmup_requests"

# Two sizes, neither of which the windows divide: what a server prepares then is right for all.
_SIZES = ((64, 80), (50, 70))


def write_requests(model: Path, signature: str, name: str) -> None:
    """Writes the warm-up requests into a SavedModel's folder.

    Args:
        model: The folder.
        signature: The one to ask.
        name: Of its input, encoded images.
    """
    images = [tf.io.encode_png(_drawn(height, width)).numpy() for height, width in _SIZES]
    request = predict_pb2.PredictRequest(model_spec=model_pb2.ModelSpec(signature_name=signature))
    request.inputs[name].CopyFrom(tf.make_tensor_proto(images))
    log = prediction_log_pb2.PredictionLog(predict_log=prediction_log_pb2.PredictLog(request=request))
    (model / FOLDER).mkdir()
    with tf.io.TFRecordWriter(str(model / FOLDER / FILE)) as writer:
        writer.write(log.SerializeToString(deterministic=True))


def _drawn(height: int, width: int) -> np.ndarray:
    """Returns a slope of another direction in each channel, uint8 [height, width, 3]; integers only, the same everywhere."""
    rows, columns = np.mgrid[:height, :width]
    return np.stack([2 * rows, 2 * columns, rows + columns], axis=-1).astype(np.uint8)
