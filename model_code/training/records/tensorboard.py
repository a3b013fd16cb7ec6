"""TensorBoard event files of a training: curves, restored images, and each block's mix of dense and sparse attention."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf
import tf_keras as keras

from data.image.arrays import ImageU8
from model_code.network.assa import AdaptiveSparseAttention
from model_code.training.records.history_content import StepRow
from model_code.training.validation import Scores


class TensorBoardLogger:
    """Writes event files, which `tensorboard --logdir FOLDER` shows during training."""

    def __init__(self, folder: Path | None, model: keras.Model) -> None:
        """Opens nothing yet.

        Args:
            folder: For the event files; None writes nothing.
            model: The mix of its attention modules is logged, if it has any.
        """
        self._folder = folder
        self._writer: tf.summary.SummaryWriter | None = None
        self._attentions = [module for module in model.submodules if isinstance(module, AdaptiveSparseAttention)]

    def log_step(self, row: StepRow, terms: Mapping[str, float], gradient_norm: float) -> None:
        """Writes the curves of training.

        Args:
            row: Row of the history.
            terms: Each term of the loss before its weight.
            gradient_norm: Global norm of the gradients before clipping.
        """
        writer = self._open()
        if writer is None:
            return
        with writer.as_default(step=row["step"]):
            tf.summary.scalar("loss/total", row["loss"])
            tf.summary.scalar("learning_rate", row["learning_rate"])
            tf.summary.scalar("gradient_norm", gradient_norm)
            for name, value in terms.items():
                tf.summary.scalar(f"loss/{name}", value)

    def log_validation(self, step: int, scores: Scores, comparisons: Sequence[ImageU8]) -> None:
        """Writes the results of a validation.

        Args:
            step: Steps taken.
            scores: Means over the validation images.
            comparisons: Images [H, 3 W, 3]: input, restored image and target side by side.
        """
        writer = self._open()
        if writer is None:
            return
        with writer.as_default(step=step):
            for name in ("psnr", "ssim", "gain_psnr", "gain_ssim"):
                tf.summary.scalar(f"validation/{name}", getattr(scores, name))
            for name in ("degraded_gain_psnr", "clean_psnr"):
                if getattr(scores, name) is not None:
                    tf.summary.scalar(f"validation/{name}", getattr(scores, name))
            for number, comparison in enumerate(comparisons):
                tf.summary.image(f"input, restored, target/{number}", comparison[np.newaxis])
            if self._attentions:
                self._log_attention()
        writer.flush()

    def close(self) -> None:
        """Closes the event files."""
        if self._writer is not None:
            self._writer.close()

    def _log_attention(self) -> None:
        shares = np.stack([tf.nn.softmax(attention.mix).numpy() for attention in self._attentions])
        tf.summary.histogram("assa/dense_share", shares[:, 0])
        tf.summary.histogram("assa/sparse_share", shares[:, 1])
        for number, (dense_share, _) in enumerate(shares):
            tf.summary.scalar(f"assa/dense_share_of_block/{number:02d}", dense_share)

    def _open(self) -> tf.summary.SummaryWriter | None:
        if self._folder is not None and self._writer is None:
            self._writer = tf.summary.create_file_writer(str(self._folder))
        return self._writer
