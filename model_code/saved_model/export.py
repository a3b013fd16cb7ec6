"""Writes and reads the SavedModel of a restorer, which is evaluated, pushed and served.

`signatures` describes its signatures. Written pixels are clipped to [0, 1], multiplied by 255 and rounded half to even. Large
encoded images are restored in tiles, with the memory of one tile (`graph_tiling`). The graph uses TensorFlow's own ops only.
`assets.extra` holds TF Serving's warm-up requests (`warm_up`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import tensorflow as tf

from data import features, records
from data.storage.files import whole_folder
from model_code.input import pixels
from model_code.saved_model import graph_tiling, warm_up
from model_code.saved_model.loading import width_of
from model_code.saved_model.signatures import (
    EXAMPLES,
    IMAGES,
    RESTORE_EXAMPLES,
    RESTORE_TENSOR,
    RESTORED,
    RESTORED_BYTES,
    SERVING_DEFAULT,
    TRANSFORM_FEATURES,
)
from model_code.saved_model.tiling import DEFAULT_MEMORY, Tiling, tiling_for

Restore = Callable[[tf.Tensor], tf.Tensor]
"""Images, float32 [B, H, W, 3] in [0, 1] -> restored images of the same shape, not clipped."""

TransformLayer = Callable[[Mapping[str, tf.Tensor]], Mapping[str, tf.RaggedTensor]]
"""The layer of `TFTransformOutput.transform_features_layer()`: features of records -> ragged images."""


class Restorer(tf.Module):
    """The module that is saved: one traced network behind every signature."""

    def __init__(self, restore: Restore, variables: Sequence[tf.Variable] = (), tiling: Tiling | None = None) -> None:
        """Traces the network for any batch and size.

        Args:
            restore: The network.
            variables: The network's variables. They are saved instead of the Keras model, which Keras would trace again layer
                by layer.
            tiling: How to tile large encoded images; None takes the largest tiles that fit `DEFAULT_MEMORY`.
        """
        super().__init__()
        self._kept = list(variables)  # a persisted name: SavedModels have their weights under `_kept/N`
        shapes = (variable.shape.as_list() for variable in self._kept)
        self._tiling = tiling or tiling_for(DEFAULT_MEMORY, width_of(shapes))
        images = tf.TensorSpec([None, None, None, 3], tf.float32, name=IMAGES)
        self.restore = tf.function(_without_autograph(restore), input_signature=[images], autograph=False)
        # Traced once for both signatures of encoded images, which then load in less time.
        encoded = tf.TensorSpec([None], tf.string, name=IMAGES)
        self._restore_each = tf.function(_without_autograph(self._each), input_signature=[encoded], autograph=False)

    def restore_tensor(self, images: tf.Tensor) -> dict[str, tf.Tensor]:
        """Restores images of one size; the signature `restore_tensor`.

        Args:
            images: float32 [B, H, W, 3] in [0, 1].

        Returns:
            The restored images by output name: float32 [B, H, W, 3] in [0, 1].
        """
        return {RESTORED: self.restore(images)}

    def restore_encoded(self, images: tf.Tensor) -> dict[str, tf.Tensor]:
        """Restores encoded images one at a time, which bounds memory; the signature `serving_default`.

        Args:
            images: Strings [B], PNG or JPEG of any sizes.

        Returns:
            The restored images by output name: PNG bytes, strings [B].
        """
        return {RESTORED_BYTES: self._restore_each(images)}

    def restore_examples(self, examples: tf.Tensor) -> dict[str, tf.Tensor]:
        """Restores the inputs of records to PNG; the signature `restore_examples`.

        Args:
            examples: Serialised paired records [B].

        Returns:
            The restored images by output name: PNG bytes, strings [B].
        """
        spec = {features.INPUT_IMAGE: tf.io.FixedLenFeature([], tf.string)}
        return {RESTORED: self._restore_each(tf.io.parse_example(examples, spec)[features.INPUT_IMAGE])}

    def _each(self, images: tf.Tensor) -> tf.Tensor:
        return tf.map_fn(self._restore_one, images, fn_output_signature=tf.string, parallel_iterations=1)

    def _restore_one(self, encoded: tf.Tensor) -> tf.Tensor:
        image = pixels.decode_image(encoded)
        return tf.io.encode_png(graph_tiling.restore_tiled(self.restore, image, self._tiling))


class TransformingRestorer(Restorer):
    """A restorer that also carries the graph of the Transform component, through which its training data went."""

    def __init__(
        self,
        restore: Restore,
        variables: Sequence[tf.Variable],
        transform_layer: TransformLayer,
        tiling: Tiling | None = None,
    ) -> None:
        """Traces the network for any batch and size.

        Args:
            restore: The network.
            variables: The network's variables.
            transform_layer: The Transform component's graph.
            tiling: As in `Restorer`.
        """
        super().__init__(restore, variables, tiling)
        # In a closure, where TensorFlow does not track the layer: Keras would spend five seconds on saving it again beside the
        # signature. Its graph decodes and holds no resource, which would have to be tracked.
        self._transform = lambda values: transform_layer(values)

    def transform_features(self, examples: tf.Tensor) -> dict[str, tf.Tensor]:
        """Returns the images as training saw them; the signature `transform_features`.

        Args:
            examples: Serialised paired records [B].

        Returns:
            Both images by feature name, float32 [B, H, W, 3], zero-padded to the largest of the batch.
        """
        transformed = self._transform(tf.io.parse_example(examples, records.feature_spec()))
        return {name: images.to_tensor() for name, images in transformed.items()}


def save_restorer(
    restore: Restore,
    directory: str | Path,
    variables: Sequence[tf.Variable] = (),
    transform_layer: TransformLayer | None = None,
    tiling: Tiling | None = None,
) -> None:
    """Writes the SavedModel of a restorer, whole or not at all.

    Args:
        restore: The network.
        directory: The folder to write. An existing one is replaced.
        variables: The network's variables.
        transform_layer: The Transform component's graph, saved with the signature `transform_features`; None leaves it out.
        tiling: How to tile large encoded images; None takes the largest tiles that fit `DEFAULT_MEMORY`.
    """
    if transform_layer is None:
        restorer = Restorer(restore, variables, tiling)
    else:
        restorer = TransformingRestorer(restore, variables, transform_layer, tiling)

    with whole_folder(Path(directory)) as folder:
        tf.saved_model.save(restorer, str(folder), _signatures(restorer))
        warm_up.write_requests(folder, SERVING_DEFAULT, IMAGES)


def identity_restorer() -> Restore:
    """Returns the restorer that changes nothing: the identity baseline, in place of a production model before there is one."""
    return tf.identity


def _signatures(restorer: Restorer) -> dict[str, tf.types.experimental.GenericFunction]:
    """Returns TensorFlow's function of each signature."""
    strings = {name: tf.TensorSpec([None], tf.string, name=name) for name in (IMAGES, EXAMPLES)}
    floats = tf.TensorSpec([None, None, None, 3], tf.float32, name=IMAGES)
    functions = {
        SERVING_DEFAULT: (restorer.restore_encoded, strings[IMAGES]),
        RESTORE_TENSOR: (restorer.restore_tensor, floats),
        RESTORE_EXAMPLES: (restorer.restore_examples, strings[EXAMPLES]),
    }
    if isinstance(restorer, TransformingRestorer):
        functions[TRANSFORM_FEATURES] = (restorer.transform_features, strings[EXAMPLES])
    return {
        name: tf.function(_without_autograph(function), input_signature=[spec], autograph=False)
        for name, (function, spec) in functions.items()
    }


def _without_autograph(function: Callable[..., Any]) -> Callable[..., Any]:
    """Returns a function that AutoGraph leaves alone; it would spend seconds on converting tf_keras."""
    return tf.autograph.experimental.do_not_convert(function)
