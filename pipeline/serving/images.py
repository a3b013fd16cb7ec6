"""Decodes, restores and encodes one image of a request, without blocking the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

import cv2

from data.image.arrays import ImageF32, ImageU8
from data.image.codec.decoding import Limits, decode
from pipeline.restoring.metadata import colour_chunks, with_metadata
from pipeline.serving.model.batching import Batcher
from pipeline.serving.model.served_model import ServedModel
from pipeline.serving.monitoring.measurement_log import MeasurementLog
from pipeline.serving.rollout.canary.trial import ChosenBatcher
from pipeline.serving.tf_serving_api import PredictRequest, read_request
from pipeline.serving.work import require_bounded_work

T = TypeVar("T")
P = ParamSpec("P")

# Decoding and encoding release the interpreter lock, so that they run beside the model.
THREADS = 2
# A photograph of 480 x 320 takes 11 ms at this level, and 41 ms with TensorFlow's encoder for a file of the same size.
_PNG = (cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE, cv2.IMWRITE_PNG_COMPRESSION, 1)


class ImageService:
    """Decodes and encodes images in threads; limits the number of decoded images in memory."""

    def __init__(
        self, batcher: Batcher | ChosenBatcher, limits: Limits, max_batch: int, log: MeasurementLog | None
    ) -> None:
        """Starts the threads. All calls have to come from one event loop.

        Args:
            batcher: Calls the model.
            limits: Maximum size of an image.
            max_batch: Maximum images per call of the model; so many may be decoded, plus one for each thread.
            log: Log of the images' measurements; None for no log.
        """
        self._batcher = batcher
        self._limits = limits
        self._log = log
        self._decoded = asyncio.Semaphore(max_batch + THREADS)
        self._parsing = asyncio.Semaphore(1)
        self._pool = ThreadPoolExecutor(THREADS, "images")

    async def in_thread(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Calls a function in a thread, so that the event loop is not blocked."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, partial(function, *args, **kwargs))

    async def parse(self, body: bytes) -> PredictRequest:
        """Returns the request in a body of JSON; bodies are parsed one at a time, because of the memory that it takes.

        Args:
            body: JSON.

        Raises:
            RefusedError: The body is not such a request, or an image in it would take far too much work.
        """
        async with self._parsing:
            return await self.in_thread(read_request, body)

    async def restore(self, model: ServedModel, encoded: bytes, name: str) -> bytes:
        """Restores an encoded image.

        Args:
            model: The model.
            encoded: A PNG or JPEG file.
            name: The image's name in error messages.

        Returns:
            A PNG file.

        Raises:
            InputError: The file is not a PNG or JPEG, is damaged, has too many pixels, or would take far too much work.
        """
        async with self._decoded:
            image = await self.in_thread(self._read, encoded, name, model)
            restored = await self._batcher.restore(model, image)
            del image
            return await self.in_thread(_encode, restored, encoded)

    async def restore_floats(self, model: ServedModel, image: ImageF32) -> ImageF32:
        """Restores float32 [H, W, 3] in [0, 1]; returns the same shape, not clipped."""
        return await self._batcher.restore(model, image)

    def close(self) -> None:
        """Ends the threads."""
        self._pool.shutdown()

    def _read(self, encoded: bytes, name: str, model: ServedModel) -> ImageU8:
        pixels, _ = decode(encoded, name, self._limits)
        require_bounded_work(pixels, name, model.tiling, self._limits.max_pixels)
        if self._log is not None:
            self._log.add(encoded, pixels, model.number)
        return pixels


def _encode(image: ImageU8, original: bytes) -> bytes:
    """Returns an image as PNG, with what the original says about the meaning of its colours."""
    is_encoded, encoded = cv2.imencode(".png", image[..., ::-1], _PNG)
    if not is_encoded:
        raise ValueError(f"an image of shape {image.shape} cannot be encoded as PNG")
    return with_metadata(bytes(encoded), colour_chunks(original))
