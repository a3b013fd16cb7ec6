"""The network of a SavedModel in a session of its own, which gives all its memory back.

`tf.saved_model.load`, which `model_code.saved_model.export.load_restorer` calls, leaves its functions in the one
eager context of the process: 80 MB more with each version of the smallest network, for good. A command ends before that
matters; a server that takes a version every night does not.
"""

from __future__ import annotations

import weakref
from pathlib import Path

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from components.production.registry import SAVED_MODEL
from data.errors import InputError
from model_code.saved_model.signatures import RESTORE_TENSOR, SERVING_DEFAULT
from pipeline.serving.model.signatures import describe

Pixels = NDArray[np.float32]


class Network:
    """A SavedModel's `restore_tensor`; its memory is free when nothing refers to it any more.

    Attributes:
        signatures: All of its signatures, as TF Serving describes them.
    """

    def __init__(self, folder: Path) -> None:
        """Loads it.

        Args:
            folder: Of the SavedModel.

        Raises:
            InputError: There is no SavedModel of ours in it.
        """
        if not (folder / SAVED_MODEL).is_file():
            raise InputError(f"{folder}: no {SAVED_MODEL} in it; name the folder of a SavedModel")
        session = tf.compat.v1.Session(graph=tf.Graph())
        weakref.finalize(self, session.close)
        with session.graph.as_default():
            loaded = tf.compat.v1.saved_model.load(session, [tf.saved_model.SERVING], str(folder)).signature_def
        absent = sorted({SERVING_DEFAULT, RESTORE_TENSOR} - set(loaded))
        if absent:
            raise InputError(f"{folder}: a SavedModel, but without the signatures {', '.join(absent)}; give a restorer")
        self.signatures = describe(loaded)
        (images,), (restored,) = (loaded[RESTORE_TENSOR].inputs.values(), loaded[RESTORE_TENSOR].outputs.values())
        self._restore = session.make_callable(restored.name, [images.name])

    def restore(self, images: Pixels) -> Pixels:
        """Restores float32 [B, H, W, 3] in [0, 1] to the same shape, not clipped."""
        restored: Pixels = self._restore(images)
        return restored
