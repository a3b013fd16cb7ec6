"""The process that a model is tried in: it loads a SavedModel, asks its signatures, and writes down what happened.

    python -m components.infra_check.probe MODEL IMAGES RESULT

Of this project it imports nothing, as a server would not: TensorFlow and a SavedModel have to be enough.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# As in `model_code.saved_model.signatures`, which this process does not import.
SERVING_SIGNATURE = "serving_default"
TENSOR_SIGNATURE = "restore_tensor"


def probe(model: Path, images: list[Path]) -> dict[str, Any]:
    """Tries a model.

    Args:
        model: Folder of the SavedModel.
        images: PNG and JPEG files.

    Returns:
        `load_seconds`, `peak_memory_mb`, and of each image `name`, `height`, `width`, `seconds` of an answer once the model is
        warm, `restored` [height, width], whether all is `finite` and whether two answers are the `same`.
    """
    import tensorflow as tf

    started = time.monotonic()
    loaded = tf.saved_model.load(str(model))
    load_seconds = time.monotonic() - started
    serve, restore = loaded.signatures[SERVING_SIGNATURE], loaded.signatures[TENSOR_SIGNATURE]
    encoded = [path.read_bytes() for path in images]
    together = _only(serve(images=tf.constant(encoded))).numpy()
    found = []
    for path, data, first in zip(images, encoded, together, strict=True):
        started = time.monotonic()
        (again,) = _only(serve(images=tf.constant([data]))).numpy()
        seconds = time.monotonic() - started
        image = tf.io.decode_image(data, channels=3, expand_animations=False)
        floats = _only(restore(images=tf.cast(image, tf.float32)[tf.newaxis] / 255.0))
        found.append(
            {
                "name": path.name,
                "height": int(image.shape[0]),
                "width": int(image.shape[1]),
                "seconds": seconds,
                "restored": tf.io.decode_image(again, expand_animations=False).shape.as_list()[:2],
                "finite": bool(tf.reduce_all(tf.math.is_finite(floats))),
                "same": bool(first == again),
            }
        )
    # Linux counts in kilobytes.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"load_seconds": load_seconds, "peak_memory_mb": peak, "images": found}


def _only(outputs: Mapping[str, Any]) -> Any:
    """Returns a signature's one output; its name has changed once, and a model that is pushed keeps its own."""
    (output,) = outputs.values()
    return output


def main() -> None:
    """Probes the model that the command line names."""
    model, images, result = map(Path, sys.argv[1:])
    result.write_text(json.dumps(probe(model, sorted(images.iterdir()))), encoding="utf-8")


if __name__ == "__main__":
    main()
