"""The pairs that TFX gives to Trainer and Tuner, decoded by the Transform component's graph."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import tensorflow as tf
import tensorflow_transform as tft

from model_code.input import pair_input


@dataclass(frozen=True)
class TransformedPairs:
    """The train and the validation split.

    Attributes:
        train: Pairs to train on.
        validation: Pairs of other scenes, which choose the best weights.
        layer: The Transform component's graph as a layer, which the SavedModel includes.
        fingerprint: Hash of the records' and the graph's bytes.
    """

    train: pair_input.PairSplit
    validation: pair_input.PairSplit
    layer: Callable[[Mapping[str, tf.Tensor]], Mapping[str, tf.RaggedTensor]]
    fingerprint: str

    def digest(self, *settings: object) -> str:
        """Returns a name for this data together with settings, 16 hexadecimal digits.

        Args:
            settings: Plain JSON values.
        """
        text = json.dumps([self.fingerprint, *settings], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def read(train_files: list[str], validation_files: list[str], transform_output: str) -> TransformedPairs:
    """Finds and counts the records of both splits.

    Args:
        train_files: Patterns of the train split's files.
        validation_files: Patterns of the validation split's files.
        transform_output: Folder of the Transform component's graph.

    Returns:
        Both splits, and the Transform layer that decodes them.

    Raises:
        InputError: A split has no file or no record.
    """
    transformed = tft.TFTransformOutput(transform_output)
    layer, spec = transformed.transform_features_layer(), transformed.raw_feature_spec()

    # Not by AutoGraph, which would spend five seconds on converting tf_keras.
    @tf.autograph.experimental.do_not_convert
    def decode(serialized: tf.Tensor) -> Mapping[str, tf.RaggedTensor]:
        return layer(tf.io.parse_example(serialized, spec))

    train, validation = (pair_input.survey(files, decode) for files in (train_files, validation_files))
    with tf.io.gfile.GFile(f"{transform_output}/{tft.TFTransformOutput.TRANSFORM_FN_DIR}/saved_model.pb", "rb") as file:
        graph = hashlib.sha256(file.read()).hexdigest()
    return TransformedPairs(train, validation, layer, f"{train.fingerprint} {validation.fingerprint} {graph}")
