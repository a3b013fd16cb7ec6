"""One version of the model as it is served."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from model_code.input import pixels
from model_code.saved_model.export import network_width
from pipeline.restoring.tiling import Tiling, restore_tiled, tiling_for
from pipeline.serving.model.network import Network, Pixels

Image = NDArray[np.uint8]

_WARM_SIDE = 64


class ServedModel:
    """A SavedModel in memory, with all that answers about it need.

    Attributes:
        number: The version's number.
        signatures: Its signatures as TF Serving describes them.
    """

    def __init__(self, number: int, network: Network, tiling: Tiling) -> None:
        self.number = number
        self.signatures = network.signatures
        self._network = network
        self._tiling = tiling

    def restore(self, image: Image, between: Callable[[], None]) -> Image:
        """Restores one image, in tiles where it is large.

        Args:
            image: uint8 [H, W, 3].
            between: Is called before each tile but the first: what may be done meanwhile.

        Returns:
            uint8 [H, W, 3].
        """
        parts = itertools.count()

        def restore_part(part: Pixels) -> Pixels:
            if next(parts):
                between()
            return self._network.restore(part[np.newaxis])[0]

        return restore_tiled(restore_part, image, self._tiling)

    def restore_together(self, images: Sequence[Image]) -> list[Image]:
        """Restores small images of one size in one call; uint8 [H, W, 3] each, as is returned."""
        restored = self._network.restore(pixels.to_unit(tf.constant(np.stack(images))).numpy())
        return list(pixels.to_uint8(restored).numpy())

    def restore_floats(self, images: Sequence[Pixels]) -> list[Pixels]:
        """Restores float images of one size, [H, W, 3] in [0, 1], in one call, unclipped."""
        return list(self._network.restore(np.stack(images)))


def load(folder: Path, number: int, memory: float) -> ServedModel:
    """Loads a version and has it restore an image, so that the first client need not wait for what the first call does.

    Args:
        folder: Of the SavedModel.
        number: The version's number.
        memory: MiB that restoring a part of an image may take.

    Raises:
        InputError: There is no SavedModel of ours in the folder.
    """
    network = Network(folder)
    model = ServedModel(number, network, tiling_for(memory, network_width(folder)))
    model.restore_together([np.zeros((_WARM_SIDE, _WARM_SIDE, 3), np.uint8)])
    return model
