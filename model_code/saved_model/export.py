"""The SavedModel that is judged, pushed and served: its signatures, how it is written, how it is read.

Signatures:

- `serving_default(images)`: strings [B], PNG or JPEG, sizes may differ -> `restored_bytes`, PNG strings [B] of the same sizes.
  TF Serving's REST interface takes an output for binary, and writes base64, only where its name ends so.
- `restore_tensor(images)`: float32 [B, H, W, 3] in [0, 1] -> `restored`, float32 of that shape, not clipped.
- `restore_examples(examples)`: serialised paired records [B] -> `restored`, PNG strings [B]; the pipeline's Evaluator calls it.
- `transform_features(examples)`: serialised paired records [B] -> the two images as training saw them, float32
  [B, H, W, 3], padded with zeros at the bottom and right to the largest of the batch. Only where a transform was given.

Written pixels are clipped to [0, 1], times 255, rounded half to even. Encoded images that are large are restored in tiles, in
the memory of one (`graph_tiling`). TensorFlow's own ops only. `assets.extra` has the requests that warm TF Serving up.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import tensorflow as tf

from data import features, records
from data.errors import InputError
from model_code.input import pixels
from model_code.saved_model import graph_tiling, warm_up
from model_code.saved_model.tiling import DEFAULT_MEMORY, Tiling, tiling_for

SERVING_DEFAULT = "serving_default"
RESTORE_TENSOR = "restore_tensor"
RESTORE_EXAMPLES = "restore_examples"
TRANSFORM_FEATURES = "transform_features"
RESTORED = "restored"
RESTORED_BYTES = "restored_bytes"
IMAGES = "images"
EXAMPLES = "examples"

Restore = Callable[[tf.Tensor], tf.Tensor]


class Restorer(tf.Module):
    """What is saved: one traced network behind every signature."""

    def __init__(self, restore: Restore, variables: Sequence[tf.Variable] = (), tiling: Tiling | None = None) -> None:
        """Traces the network, for any batch and size.

        Args:
            restore: float32 [B, H, W, 3] to the same shape.
            variables: Those that `restore` reads. They are kept instead of the model itself: a tracked Keras model
                would be traced again, layer by layer.
            tiling: How encoded images are cut that are larger than it sees at once (None: as fits `DEFAULT_MEMORY`).
        """
        super().__init__()
        self._kept = list(variables)
        shapes = (variable.shape.as_list() for variable in self._kept)
        self._tiling = tiling or tiling_for(DEFAULT_MEMORY, _width(shapes))
        images = tf.TensorSpec([None, None, None, 3], tf.float32, name=IMAGES)
        self.restore = tf.function(_unconverted(restore), input_signature=[images], autograph=False)

    def restore_tensor(self, images: tf.Tensor) -> dict[str, tf.Tensor]:
        """Float images in, float images out."""
        return {RESTORED: self.restore(images)}

    def restore_encoded(self, images: tf.Tensor) -> dict[str, tf.Tensor]:
        """Encoded images in, PNG out; one at a time, so that sizes may differ and memory is that of one image."""
        return {RESTORED_BYTES: self._restore_each(images)}

    def restore_examples(self, examples: tf.Tensor) -> dict[str, tf.Tensor]:
        """Paired records in, their restored inputs as PNG out."""
        spec = {features.INPUT_IMAGE: tf.io.FixedLenFeature([], tf.string)}
        return {RESTORED: self._restore_each(tf.io.parse_example(examples, spec)[features.INPUT_IMAGE])}

    def _restore_each(self, images: tf.Tensor) -> tf.Tensor:
        return tf.map_fn(self._restore_one, images, fn_output_signature=tf.string, parallel_iterations=1)

    def _restore_one(self, encoded: tf.Tensor) -> tf.Tensor:
        image = pixels.decode_image(encoded)
        return tf.io.encode_png(graph_tiling.restore_tiled(self.restore, image, self._tiling))


class TransformingRestorer(Restorer):
    """A restorer that also carries the graph through which its training data went."""

    def __init__(
        self,
        restore: Restore,
        variables: Sequence[tf.Variable],
        transform_layer: Callable[[Mapping[str, tf.Tensor]], Mapping[str, Any]],
        tiling: Tiling | None = None,
    ) -> None:
        """Traces the network; the layer is the one of `TFTransformOutput.transform_features_layer()`."""
        super().__init__(restore, variables, tiling)
        self.transform_layer = transform_layer

    def transform_features(self, examples: tf.Tensor) -> dict[str, tf.Tensor]:
        """Paired records in, the two images as training saw them out."""
        images = self.transform_layer(tf.io.parse_example(examples, records.feature_spec()))
        return {name: image.to_tensor() for name, image in images.items()}


def save_restorer(
    restore: Restore,
    directory: str | Path,
    variables: Sequence[tf.Variable] = (),
    transform_layer: Callable[[Mapping[str, tf.Tensor]], Mapping[str, Any]] | None = None,
    tiling: Tiling | None = None,
) -> None:
    """Writes a SavedModel, whole or not at all.

    Args:
        restore: float32 [B, H, W, 3] in [0, 1] to the same shape; not clipped.
        directory: Where to; what stands there is replaced.
        variables: Those that `restore` reads.
        transform_layer: TFT's layer, kept as `transform_layer` and behind `transform_features`.
        tiling: How encoded images are cut that are larger than it sees at once (None: as fits `DEFAULT_MEMORY`).
    """
    if transform_layer is None:
        restorer = Restorer(restore, variables, tiling)
    else:
        restorer = TransformingRestorer(restore, variables, transform_layer, tiling)

    def write(folder: Path) -> None:
        tf.saved_model.save(restorer, str(folder), _signatures(restorer))
        warm_up.write_requests(folder, SERVING_DEFAULT, IMAGES)

    _write_whole(write, Path(directory))


def identity_restorer() -> Restore:
    """Returns the restorer that leaves images alone: the baseline while nothing was ever pushed."""
    return tf.identity


def _signatures(restorer: Restorer) -> dict[str, Any]:
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
        name: tf.function(_unconverted(function), input_signature=[spec], autograph=False)
        for name, (function, spec) in functions.items()
    }


def _unconverted(function: Callable[..., Any]) -> Callable[..., Any]:
    """Keeps autograph out, which would spend seconds on converting tf_keras."""
    return tf.autograph.experimental.do_not_convert(function)


def _write_whole(write: Callable[[Path], None], directory: Path) -> None:
    """Writes a folder beside its place and moves it there once it is complete."""
    directory.parent.mkdir(parents=True, exist_ok=True)
    partial = directory.with_name(directory.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    write(partial)
    shutil.rmtree(directory, ignore_errors=True)
    partial.rename(directory)


def network_width(directory: str | Path) -> int:
    """Returns the width at full resolution (`embed_dim`) of the network in a SavedModel of ours; 0 where it has none."""
    prefix = Path(directory) / "variables" / "variables"
    if not prefix.with_suffix(".index").is_file():
        return 0
    return _width(tf.train.load_checkpoint(str(prefix)).get_variable_to_shape_map().values())


def _width(shapes: Iterable[list[int]]) -> int:
    """Returns the width of a network by its variables: its input projection is the widest 3x3 convolution of three channels."""
    return max((shape[3] for shape in shapes if len(shape) == 4 and shape[:3] == [3, 3, 3]), default=0)


class LoadedRestorer:
    """A SavedModel of ours, ready to restore."""

    def __init__(self, loaded: Any, signatures: Mapping[str, Callable[..., Mapping[str, tf.Tensor]]]) -> None:
        self._loaded = loaded  # its variables live as long as it does
        self._signatures = signatures

    def restore_encoded(self, images: Sequence[bytes]) -> list[bytes]:
        """Restores encoded images (PNG or JPEG, any sizes) to PNG bytes."""
        return list(self._call(SERVING_DEFAULT, **{IMAGES: tf.constant(list(images), tf.string)}).numpy())

    def restore_examples(self, examples: Sequence[bytes]) -> list[bytes]:
        """Restores the inputs of serialised paired records to PNG bytes."""
        return list(self._call(RESTORE_EXAMPLES, **{EXAMPLES: tf.constant(list(examples), tf.string)}).numpy())

    def restore_tensor(self, images: tf.Tensor) -> tf.Tensor:
        """Restores float32 [B, H, W, 3] in [0, 1] to the same shape, not clipped."""
        return self._call(RESTORE_TENSOR, **{IMAGES: images})

    def _call(self, signature: str, **inputs: tf.Tensor) -> tf.Tensor:
        # By its being the only one: what was pushed before `restored_bytes` has `restored` everywhere.
        (restored,) = self._signatures[signature](**inputs).values()
        return restored


def load_restorer(directory: str | Path) -> LoadedRestorer:
    """Reads a SavedModel that `save_restorer` wrote.

    Raises:
        InputError: The folder holds no SavedModel, or one with other signatures.
    """
    if not tf.saved_model.contains_saved_model(str(directory)):
        raise InputError(
            f"{directory}: no SavedModel; give a folder that holds saved_model.pb, as models/<version> does"
        )
    loaded = tf.saved_model.load(str(directory))
    absent = sorted({SERVING_DEFAULT, RESTORE_TENSOR, RESTORE_EXAMPLES} - set(loaded.signatures))
    if absent:
        raise InputError(f"{directory}: a SavedModel, but without the signatures {', '.join(absent)}; give a restorer")
    return LoadedRestorer(loaded, loaded.signatures)
