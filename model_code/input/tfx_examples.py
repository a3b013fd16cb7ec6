"""The pairs that TFX hands to Trainer and Tuner, decoded through the Transform component's graph."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import tensorflow as tf
import tensorflow_transform as tft

from model_code.input import pair_input


@dataclass(frozen=True)
class TransformedPairs:
    """Both splits, and what decodes them.

    Attributes:
        train: What to learn from.
        validation: Other scenes, by which weights are chosen.
        layer: Transform's graph as a layer, which a served model carries with it.
        fingerprint: Of the records and the graph, byte for byte.
    """

    train: pair_input.PairFiles
    validation: pair_input.PairFiles
    layer: Callable[[Any], Any]
    fingerprint: str

    def digest(self, *told: Any) -> str:
        """Returns a name for this data together with plain JSON values."""
        text = json.dumps([self.fingerprint, *told], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def read(train_files: list[str], validation_files: list[str], transform_output: str) -> TransformedPairs:
    """Surveys the records.

    Args:
        train_files: Patterns of the train split's files.
        validation_files: Of the validation split's.
        transform_output: Folder of the Transform component's graph.
    """
    transformed = tft.TFTransformOutput(transform_output)
    layer, spec = transformed.transform_features_layer(), transformed.raw_feature_spec()

    def decode(serialized: tf.Tensor) -> Mapping[str, Any]:
        return layer(tf.io.parse_example(serialized, spec))

    train, validation = (pair_input.survey(files, decode) for files in (train_files, validation_files))
    with tf.io.gfile.GFile(f"{transform_output}/{tft.TFTransformOutput.TRANSFORM_FN_DIR}/saved_model.pb", "rb") as file:
        graph = hashlib.sha256(file.read()).hexdigest()
    return TransformedPairs(train, validation, layer, f"{train.fingerprint} {validation.fingerprint} {graph}")
