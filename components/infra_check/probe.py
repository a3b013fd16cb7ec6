"""The process that checks a model: it loads a SavedModel, calls its signatures and writes the measurements.

    echo '["MODEL", "IMAGES", "RESULT"]' | python -m components.infra_check.probe

It loads TensorFlow before it reads the paths, so that it can be started ahead of the check. It imports nothing of this
project, like a server: TensorFlow and the SavedModel must suffice.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

# As in `model_code.saved_model.signatures`, which this process does not import.
SERVING_SIGNATURE = "serving_default"
TENSOR_SIGNATURE = "restore_tensor"


def probe(model: Path, images: list[Path]) -> dict[str, Any]:
    """Loads a model and calls it.

    Args:
        model: Folder of the SavedModel.
        images: Test images, PNG and JPEG files.

    Returns:
        `load_seconds`, `peak_memory_mb`, and `images`: for each image its `name`, `height`, `width`, the `seconds` of a second
        call, the size `restored` [height, width], whether all values are `finite`, and whether two answers are the `same`.
    """
    import tensorflow as tf

    started = time.monotonic()
    loaded = tf.saved_model.load(str(model))
    load_seconds = time.monotonic() - started
    serve, restore = loaded.signatures[SERVING_SIGNATURE], loaded.signatures[TENSOR_SIGNATURE]
    encoded = [path.read_bytes() for path in images]
    decoded = [tf.io.decode_image(data, channels=3, expand_animations=False) for data in encoded]
    with ThreadPoolExecutor(1) as thread:
        # At a signature's first call one core optimizes its graph for a second or two: both at once. The smaller image adds
        # little to the memory, and nothing is timed meanwhile.
        prepared = thread.submit(_restored, restore, min(decoded, key=tf.size))
        together = _only(serve(images=tf.constant(encoded))).numpy()
        prepared.result()
    measured = []
    for path, data, image, first in zip(images, encoded, decoded, together, strict=True):
        started = time.monotonic()
        (again,) = _only(serve(images=tf.constant([data]))).numpy()
        seconds = time.monotonic() - started
        floats = _restored(restore, image)
        measured.append(
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
    # Linux reports kilobytes.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"load_seconds": load_seconds, "peak_memory_mb": peak, "images": measured}


def _restored(restore: Callable[..., Mapping[str, Any]], image: Any) -> Any:
    """Returns the restored image of the signature that takes floats, [1, H, W, 3]."""
    import tensorflow as tf

    return _only(restore(images=tf.cast(image, tf.float32)[tf.newaxis] / 255.0))


def _only(outputs: Mapping[str, Any]) -> Any:
    """Returns the single output of a signature, whose name differs between releases."""
    (output,) = outputs.values()
    return output


def main() -> None:
    """Probes the model that the line on the standard input names, and writes the result as JSON; without a line it ends."""
    import tensorflow  # noqa: F401 - takes seconds, in which the line may be on its way

    line = sys.stdin.readline()
    if not line:
        return
    model, images, result = map(Path, json.loads(line))
    result.write_text(json.dumps(probe(model, sorted(images.iterdir()))), encoding="utf-8")


if __name__ == "__main__":
    main()
