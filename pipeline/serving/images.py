"""From bytes to bytes: what happens to one image between a request and its answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from data.image.decoding import Limits, decode
from pipeline.serving.model.batching import Batcher
from pipeline.serving.model.served_model import ServedModel
from pipeline.serving.monitoring.measurement_log import MeasurementLog

T = TypeVar("T")

# As many as decode and encode beside the model; both leave Python's lock.
THREADS = 2
# A photograph of 480 x 320 takes 11 ms so, and is no larger than after the 41 ms of TensorFlow's encoder; higher levels are no
# help.
_PNG = (cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE, cv2.IMWRITE_PNG_COMPRESSION, 1)


class ImageService:
    """Decodes in threads, waits for the model, encodes in threads; only so many images are decoded at a time."""

    def __init__(self, batcher: Batcher, limits: Limits, max_batch: int, log: MeasurementLog | None) -> None:
        """Makes one; it is used from one event loop.

        Args:
            batcher: The model's thread.
            limits: What an image may cost.
            max_batch: What the model takes at once; so many may be decoded, and those that the threads are at.
            log: Where measurements are written, if anywhere.
        """
        self._batcher = batcher
        self._limits = limits
        self._log = log
        self._decoded = asyncio.Semaphore(max_batch + THREADS)
        self._pool = ThreadPoolExecutor(THREADS, "images")

    async def in_thread(self, function: Callable[..., T], *arguments: Any) -> T:
        """Runs what takes a while without stopping the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, function, *arguments)

    async def restore(self, model: ServedModel, encoded: bytes, name: str) -> bytes:
        """Restores an encoded image.

        Args:
            model: The version that does it.
            encoded: PNG or JPEG.
            name: What an error calls it.

        Returns:
            PNG.

        Raises:
            InputError: It is no PNG or JPEG, is damaged, or has too many pixels.
        """
        async with self._decoded:
            image = await self.in_thread(self._read, encoded, name, model.number)
            restored = await self._batcher.restore(model, image)
            del image
            return await self.in_thread(_encode, restored)

    async def restore_floats(self, model: ServedModel, image: NDArray[np.float32]) -> NDArray[np.float32]:
        """Restores float32 [H, W, 3] in [0, 1] to the same shape, unclipped."""
        restored = await self._batcher.restore(model, image)
        return restored.astype(np.float32, copy=False)

    def close(self) -> None:
        """Ends the threads."""
        self._pool.shutdown()

    def _read(self, encoded: bytes, name: str, version: int) -> NDArray[np.uint8]:
        pixels, _ = decode(encoded, name, self._limits)
        if self._log is not None:
            self._log.add(encoded, pixels, version)
        return pixels


def _encode(image: NDArray[np.uint8]) -> bytes:
    done, encoded = cv2.imencode(".png", image[..., ::-1], _PNG)
    if not done:
        raise ValueError(f"no PNG of an image of {image.shape}")
    return bytes(encoded)
