"""The paired record: a `tf.train.Example` with both encoded images of a pair and its metadata.

Images stay encoded as they were published (PNG or JPEG, uint8 RGB when decoded). `data.features` names the features.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from data.features import (
    BYTES_FEATURES,
    DEGRADATION,
    INPUT_HEIGHT,
    INPUT_IMAGE,
    INPUT_NAME,
    INPUT_WIDTH,
    INT_FEATURES,
    PAIR_ID,
    SCENE_ID,
    SEVERITY,
    SOURCE,
    TARGET_HEIGHT,
    TARGET_IMAGE,
    TARGET_NAME,
    TARGET_WIDTH,
)

if TYPE_CHECKING:
    # Each function imports TensorFlow by itself: loading it takes seconds, in which a run draws its records already.
    import tensorflow as tf


@dataclass(frozen=True, slots=True)
class PairRecord:
    """One pair as a TFRecord stores it.

    Attributes:
        pair_id: Unique within a data set, stable from one conversion to the next.
        scene_id: Equal for all pairs whose clean image shows the same scene; splits go by it.
        degradation: "rain", "haze", "raindrop", ... or "unknown".
        severity: "light", "medium", "heavy" or "unknown".
        source: Name of the data set.
        input_name: File of the degraded image, relative to the source folder.
        target_name: File of the clean image, relative to the source folder.
        input_image: The degraded image, encoded.
        target_image: The clean image, encoded.
        input_size: (height, width) of the degraded image in pixels.
        target_size: (height, width) of the clean image in pixels.
    """

    pair_id: str
    scene_id: str
    degradation: str
    severity: str
    source: str
    input_name: str
    target_name: str
    input_image: bytes
    target_image: bytes
    input_size: tuple[int, int]
    target_size: tuple[int, int]

    def to_example(self) -> tf.train.Example:
        """Returns the record as the `tf.train.Example` that the pipeline reads."""
        import tensorflow as tf

        texts = {
            PAIR_ID: self.pair_id,
            SCENE_ID: self.scene_id,
            DEGRADATION: self.degradation,
            SEVERITY: self.severity,
            SOURCE: self.source,
            INPUT_NAME: self.input_name,
            TARGET_NAME: self.target_name,
        }
        blobs = {name: text.encode() for name, text in texts.items()}
        blobs |= {INPUT_IMAGE: self.input_image, TARGET_IMAGE: self.target_image}
        numbers = dict(zip(INT_FEATURES, (*self.input_size, *self.target_size), strict=True))
        example = tf.train.Example()
        # Filled in place: building messages from messages copies every image twice.
        feature = example.features.feature
        for name, blob in blobs.items():
            feature[name].bytes_list.value.append(blob)
        for name, number in numbers.items():
            feature[name].int64_list.value.append(number)
        return example

    @classmethod
    def from_example(cls, serialized: bytes) -> PairRecord:
        """Reads a record back.

        Args:
            serialized: A serialized `tf.train.Example`.

        Returns:
            The record.

        Raises:
            ValueError: A feature is missing, or the bytes are not an Example, or not one that TensorFlow's parser takes.
        """
        import tensorflow as tf

        try:
            example = tf.train.Example.FromString(serialized)
        except Exception as error:  # protobuf's DecodeError has moved between versions
            raise ValueError(f"not a tf.train.Example: {error}") from error
        size = example.ByteSize()
        for value in example.features.feature.values():  # protobuf does not reach the values of a map by itself
            value.DiscardUnknownFields()
        if example.ByteSize() != size:  # damage that protobuf skips, and the parser that feeds the training does not
            raise ValueError("a damaged tf.train.Example: it has fields that none has")
        feature = example.features.feature
        missing = [
            name
            for kinds, kind in ((BYTES_FEATURES, "bytes_list"), (INT_FEATURES, "int64_list"))
            for name in kinds
            if name not in feature or len(getattr(feature[name], kind).value) != 1
        ]
        if missing:
            raise ValueError(f"not a paired record, it lacks: {', '.join(missing)}")
        blob = {name: feature[name].bytes_list.value[0] for name in BYTES_FEATURES}
        number = {name: feature[name].int64_list.value[0] for name in INT_FEATURES}
        return cls(
            pair_id=blob[PAIR_ID].decode(),
            scene_id=blob[SCENE_ID].decode(),
            degradation=blob[DEGRADATION].decode(),
            severity=blob[SEVERITY].decode(),
            source=blob[SOURCE].decode(),
            input_name=blob[INPUT_NAME].decode(),
            target_name=blob[TARGET_NAME].decode(),
            input_image=blob[INPUT_IMAGE],
            target_image=blob[TARGET_IMAGE],
            input_size=(number[INPUT_HEIGHT], number[INPUT_WIDTH]),
            target_size=(number[TARGET_HEIGHT], number[TARGET_WIDTH]),
        )


def pair_id_of(serialized: bytes) -> str:
    """Reads the pair's id of a record and nothing else.

    Args:
        serialized: A serialized `tf.train.Example`.

    Returns:
        The id.
    """
    import tensorflow as tf

    return tf.train.Example.FromString(serialized).features.feature[PAIR_ID].bytes_list.value[0].decode()


def feature_spec() -> dict[str, tf.io.FixedLenFeature]:
    """Returns the spec for `tf.io.parse_example`: every feature is a scalar, string or int64."""
    import tensorflow as tf

    spec = {name: tf.io.FixedLenFeature([], tf.string) for name in BYTES_FEATURES}
    return spec | {name: tf.io.FixedLenFeature([], tf.int64) for name in INT_FEATURES}
