"""Names of a restorer's SavedModel signatures, their inputs and outputs. Imports nothing.

- `serving_default(images)`: strings [B], PNG or JPEG, sizes may differ -> `restored_bytes`, PNG strings [B] of the same sizes.
  TF Serving's REST interface takes an output for binary, and writes base64, only if its name ends so.
- `restore_tensor(images)`: float32 [B, H, W, 3] in [0, 1] -> `restored`, float32 of that shape, not clipped.
- `restore_examples(examples)`: serialised paired records [B] -> `restored`, PNG strings [B]; the pipeline's Evaluator calls it.
- `transform_features(examples)`: serialised paired records [B] -> the two images as training saw them, float32
  [B, H, W, 3], padded with zeros at the bottom and right to the largest of the batch. Only models trained by the pipeline.
"""

from __future__ import annotations

SERVING_DEFAULT = "serving_default"
RESTORE_TENSOR = "restore_tensor"
RESTORE_EXAMPLES = "restore_examples"
TRANSFORM_FEATURES = "transform_features"

IMAGES = "images"
EXAMPLES = "examples"
RESTORED = "restored"
RESTORED_BYTES = "restored_bytes"
