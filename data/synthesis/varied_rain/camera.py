"""What follows rain on the way into a file: tone, noise of the sensor, JPEG."""

from __future__ import annotations

import cv2
import numpy as np

from data.image.arrays import ImageF32, ImageU8
from data.synthesis.random_streams import generator
from data.synthesis.varied_rain.parameters import CameraParameters


def expose(image: ImageF32, camera: CameraParameters, seed: int) -> ImageU8:
    """Turns a rainy image into the pixels of a file.

    Args:
        image: float32 [H, W, 3], gamma-encoded, nominally in [0, 1].
        camera: Tone, noise and compression.
        seed: Seed of the noise.

    Returns:
        uint8 RGB, [H, W, 3].
    """
    if camera.contrast != 1.0:
        image = np.float32(camera.pivot) + np.float32(camera.contrast) * (image - np.float32(camera.pivot))
    levels = np.float32(255.0) * np.clip(image, 0.0, 1.0)
    if camera.shot_noise or camera.read_noise:
        variance = np.float32(camera.read_noise**2) + np.float32(camera.shot_noise**2 / 255.0) * levels
        levels = levels + np.sqrt(variance) * _normal(levels.shape, seed)
    pixels = np.rint(np.clip(levels, 0.0, 255.0)).astype(np.uint8)
    return pixels if camera.jpeg_quality is None else _compressed(pixels, camera.jpeg_quality, camera.subsampled)


def _normal(shape: tuple[int, ...], seed: int) -> ImageF32:
    """Returns noise of mean 0 and standard deviation 1: the sum of three even ones, which is near to a normal one."""
    return 2.0 * generator(seed).random((3, *shape), dtype=np.float32).sum(axis=0) - np.float32(3.0)


def _compressed(pixels: ImageU8, quality: int, subsampled: bool) -> ImageU8:
    """Returns the pixels as JPEG gives them back."""
    sampling = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420 if subsampled else cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444
    options = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling]
    written, encoded = cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), options)
    if not written:
        raise RuntimeError(f"OpenCV could not encode an image of {pixels.shape} as JPEG")
    return np.asarray(cv2.cvtColor(cv2.imdecode(encoded, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB), np.uint8)
