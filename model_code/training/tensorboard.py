"""What TensorBoard shows of a training: curves, restored images, and how attention mixes its two branches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
import tf_keras as keras
from numpy.typing import NDArray

from model_code.network.assa import AdaptiveSparseAttention
from model_code.training.validation import Scores

Shown = Sequence[NDArray[np.uint8]]


class Watch:
    """Writes event files: `tensorboard --logdir FOLDER` shows them while training goes on."""

    def __init__(self, folder: Path | None, model: keras.Model) -> None:
        """Opens nothing yet.

        Args:
            folder: Where to; None writes nothing.
            model: Its attention layers, where it has any, are watched.
        """
        self._folder = folder
        self._writer: Any = None
        self._attentions = [part for part in model.submodules if isinstance(part, AdaptiveSparseAttention)]

    def step(self, row: Mapping[str, Any], terms: Mapping[str, float], norm: float) -> None:
        """Writes the curves of a row of the history.

        Args:
            row: `step`, `loss`, `learning_rate`.
            terms: Each term of the loss before its weight.
            norm: Of the gradients before clipping.
        """
        if self._opened():
            with self._writer.as_default(step=row["step"]):
                tf.summary.scalar("loss/total", row["loss"])
                tf.summary.scalar("learning_rate", row["learning_rate"])
                tf.summary.scalar("gradient_norm", norm)
                for name, value in terms.items():
                    tf.summary.scalar(f"loss/{name}", value)

    def validated(self, step: int, scores: Scores, shown: Shown) -> None:
        """Writes what a validation found.

        Args:
            step: Steps taken.
            scores: Means over the validation images.
            shown: uint8 [H, 3 W, 3] each: input, restored, target side by side.
        """
        if not self._opened():
            return
        with self._writer.as_default(step=step):
            for name in ("psnr", "ssim", "gain_psnr", "gain_ssim"):
                tf.summary.scalar(f"validation/{name}", getattr(scores, name))
            for number, picture in enumerate(shown):
                tf.summary.image(f"input, restored, target/{number}", picture[np.newaxis])
            if self._attentions:
                shares = np.stack([tf.nn.softmax(part.mix).numpy() for part in self._attentions])
                tf.summary.histogram("assa/dense_share", shares[:, 0])
                tf.summary.histogram("assa/sparse_share", shares[:, 1])
                for number, (dense, _) in enumerate(shares):
                    tf.summary.scalar(f"assa/dense_share_of_block/{number:02d}", dense)
        self._writer.flush()

    def close(self) -> None:
        """Closes the files."""
        if self._writer is not None:
            self._writer.close()

    def _opened(self) -> bool:
        if self._folder is not None and self._writer is None:
            self._writer = tf.summary.create_file_writer(str(self._folder))
        return self._writer is not None
