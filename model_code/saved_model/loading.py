"""Reads a SavedModel back and calls its signatures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import tensorflow as tf

from data.errors import InputError
from data.plain_text import one_line
from model_code.saved_model.operations import require_harmless
from model_code.saved_model.signatures import (
    EXAMPLES,
    IMAGES,
    RESTORE_EXAMPLES,
    RESTORE_TENSOR,
    SERVING_DEFAULT,
)


def network_width(directory: str | Path) -> int:
    """Returns the width at full resolution (`embed_dim`) of the network in a SavedModel, from which tile sizes follow.

    Args:
        directory: A folder that `save_restorer` wrote.

    Returns:
        Channels; 0 if the SavedModel holds no network, as that of the identity baseline.
    """
    prefix = Path(directory) / "variables" / "variables"
    if not prefix.with_suffix(".index").is_file():
        return 0
    return width_of(tf.train.load_checkpoint(str(prefix)).get_variable_to_shape_map().values())


def width_of(shapes: Iterable[list[int]]) -> int:
    """Returns the output channels of the widest 3x3 convolution of three channels: the input projection.

    Args:
        shapes: Shapes of a network's variables.

    Returns:
        Channels; 0 without such a convolution.
    """
    return max((shape[3] for shape in shapes if len(shape) == 4 and shape[:3] == [3, 3, 3]), default=0)


@contextmanager
def damage_named(directory: str | Path) -> Iterator[None]:
    """Turns what TensorFlow raises over a damaged SavedModel into one line; its errors are of many classes.

    Args:
        directory: The folder that is read in the block.

    Yields:
        Nothing.

    Raises:
        InputError: The folder cannot be read, or the block raised this itself.
    """
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        raise InputError(f"{directory}: cannot be loaded ({one_line(error)}); name a whole SavedModel") from error


class LoadedRestorer:
    """A restorer read from a SavedModel."""

    def __init__(self, loaded: object, signatures: Mapping[str, Callable[..., Mapping[str, tf.Tensor]]]) -> None:
        """Stores the model; `load_restorer` is the usual way to call it.

        Args:
            loaded: The SavedModel.
            signatures: Its signatures by name.
        """
        self._loaded = loaded  # its variables live as long as it does
        self._signatures = signatures

    def restore_encoded(self, images: Sequence[bytes]) -> list[bytes]:
        """Restores encoded images.

        Args:
            images: PNG or JPEG files, of any sizes.

        Returns:
            PNG files of the same sizes.
        """
        return list(self._call(SERVING_DEFAULT, **{IMAGES: tf.constant(list(images), tf.string)}).numpy())

    def restore_examples(self, examples: Sequence[bytes]) -> list[bytes]:
        """Restores the inputs of paired records.

        Args:
            examples: Serialised records.

        Returns:
            PNG files of the inputs' sizes.
        """
        return list(self._call(RESTORE_EXAMPLES, **{EXAMPLES: tf.constant(list(examples), tf.string)}).numpy())

    def restore_tensor(self, images: tf.Tensor) -> tf.Tensor:
        """Restores images of one size, without tiling.

        Args:
            images: float32 [B, H, W, 3] in [0, 1].

        Returns:
            float32 [B, H, W, 3], not clipped.
        """
        return self._call(RESTORE_TENSOR, **{IMAGES: images})

    def _call(self, signature: str, **inputs: tf.Tensor) -> tf.Tensor:
        # Not by the output's name, because older models name it `restored` in every signature.
        (restored,) = self._signatures[signature](**inputs).values()
        return restored


def load_restorer(directory: str | Path, is_trusted: bool = False) -> LoadedRestorer:
    r"""Reads the SavedModel of a restorer.

    Args:
        directory: A folder that `save_restorer` wrote, such as `models/<version>`.
        is_trusted: Whether its operations may touch files, as those of any program.

    Returns:
        The restorer, whose methods are the signatures of the SavedModel.

    Raises:
        InputError: The folder holds no SavedModel, or one without a restorer's signatures, or one that is not trusted and
            could touch files.

    Example:
        >>> import tempfile
        >>> from model_code.saved_model.export import identity_restorer, save_restorer
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     save_restorer(identity_restorer(), folder)
        ...     restorer = load_restorer(folder)
        >>> restorer.restore_tensor(tf.fill([1, 20, 30, 3], 0.5)).shape
        TensorShape([1, 20, 30, 3])
        >>> png = tf.io.encode_png(tf.zeros([20, 30, 3], tf.uint8)).numpy()
        >>> (restored_png,) = restorer.restore_encoded([png])
        >>> restored_png[:4]
        b'\x89PNG'
    """
    if not tf.saved_model.contains_saved_model(str(directory)):
        raise InputError(
            f"{directory}: no SavedModel; give a folder that holds saved_model.pb, as models/<version> does"
        )
    if not is_trusted:
        require_harmless(directory)
    loaded = tf.saved_model.load(str(directory))
    missing = sorted({SERVING_DEFAULT, RESTORE_TENSOR, RESTORE_EXAMPLES} - set(loaded.signatures))
    if missing:
        raise InputError(
            f"{directory}: a SavedModel without the signatures {', '.join(missing)}; name a model that a run pushed, or one of "
            "`ast-restore models import`"
        )
    return LoadedRestorer(loaded, loaded.signatures)
