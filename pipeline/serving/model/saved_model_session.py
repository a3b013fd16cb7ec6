"""A SavedModel in a TensorFlow session of its own, which frees all its memory when the model is dropped.

`tf.saved_model.load`, which `model_code.saved_model.loading.load_restorer` calls, leaves its functions in the one eager
context of the process: 80 MB more with each version of the smallest network, for good. A command ends before that matters; a
server that loads a version every night does not.
"""

from __future__ import annotations

import weakref
from pathlib import Path

import tensorflow as tf

from components.production.registry import SAVED_MODEL
from data.errors import InputError
from data.image.arrays import ImageF32
from model_code.saved_model.export import RESTORE_TENSOR, SERVING_DEFAULT
from model_code.saved_model.operations import require_harmless
from model_code.saved_model.precision import session_config
from pipeline.restoring.finite import require_finite
from pipeline.serving.model.signatures import describe


class SavedModelSession:
    """The signature `restore_tensor` of a SavedModel; its memory is free once nothing refers to it.

    Attributes:
        signatures: All signatures of the SavedModel, as TF Serving describes them.
    """

    def __init__(self, folder: Path, is_trusted: bool = False, is_half: bool = False) -> None:
        """Loads a SavedModel.

        Args:
            folder: Folder of the SavedModel.
            is_trusted: Whether its operations may touch files.
            is_half: Whether products and convolutions are computed in half precision.

        Raises:
            InputError: The folder holds no SavedModel, or one without a restorer's signatures, or one that is not trusted and
                could touch files.
        """
        if not (folder / SAVED_MODEL).is_file():
            raise InputError(f"{folder}: no {SAVED_MODEL} in it; name the folder of a SavedModel")
        if not is_trusted:
            require_harmless(folder)
        session = tf.compat.v1.Session(graph=tf.Graph(), config=session_config(is_half))
        weakref.finalize(self, session.close)
        with session.graph.as_default():
            loaded = tf.compat.v1.saved_model.load(session, [tf.saved_model.SERVING], str(folder)).signature_def
        missing = sorted({SERVING_DEFAULT, RESTORE_TENSOR} - set(loaded))
        if missing:
            raise InputError(
                f"{folder}: a SavedModel without the signatures {', '.join(missing)}; name a model that a run pushed, or one "
                "of `ast-restore models import`"
            )
        self.signatures = describe(loaded)
        (images,), (restored,) = (loaded[RESTORE_TENSOR].inputs.values(), loaded[RESTORE_TENSOR].outputs.values())
        self._restore = session.make_callable(restored.name, [images.name])

    def restore(self, images: ImageF32) -> ImageF32:
        """Restores a batch.

        Args:
            images: float32 [B, H, W, 3] in [0, 1].

        Returns:
            float32 [B, H, W, 3], not clipped.

        Raises:
            NotFiniteError: The model answers with NaN or infinity.
        """
        return require_finite(self._restore(images))
