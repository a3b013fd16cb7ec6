"""Measures a restored image against its target, with every measure of `measures`."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from components.evaluation.measures import (
    CIEDE2000,
    MAE,
    MEASURED,
    MEASURES,
    MS_SSIM_Y,
    PSNR,
    PSNR_Y,
    SSIM,
    SSIM_Y,
    gain,
    of_input,
)
from data.image import colour
from data.image.arrays import ImageU8
from data.image.luma import luma_studio_range
from data.image.measures import mae, psnr
from data.image.ssim import ms_ssim_plane, ssim_plane, ssim_rgb


class Target:
    """A clean image that several images are measured against; its luma and its CIELAB colours are computed once."""

    def __init__(self, image: ImageU8) -> None:
        """Prepares a target.

        Args:
            image: The clean image, uint8 RGB [H, W, 3].
        """
        self._image = image
        self._luma = luma_studio_range(image)
        self._lab = colour.lab(image)

    def measure(self, image: ImageU8) -> dict[str, float]:
        """Computes every measure of an image against this target.

        Args:
            image: uint8 RGB [H, W, 3], of the shape of the target.

        Returns:
            Values by the names in `MEASURES`; MS-SSIM is NaN where the image is too small for five scales.

        Raises:
            ValueError: The shapes differ, or the image is smaller than the window of SSIM.
        """
        plane = luma_studio_range(image)
        return {
            PSNR: psnr(image, self._image),
            SSIM: ssim_rgb(image, self._image),
            PSNR_Y: psnr(plane, self._luma),
            SSIM_Y: ssim_plane(plane, self._luma),
            MS_SSIM_Y: ms_ssim_plane(plane, self._luma),
            MAE: mae(image, self._image),
            CIEDE2000: colour.ciede2000(colour.lab(image), self._lab),
        }


def measure_all(restored: dict[str, ImageU8], degraded: ImageU8, target: ImageU8) -> dict[str, dict[str, float]]:
    """Measures one image restored by several models.

    Args:
        restored: Restored image by model, uint8 RGB [H, W, 3].
        degraded: The input of the models, of the same shape.
        target: The clean image, of the same shape.

    Returns:
        The values named in `MEASURED`, by model.

    Raises:
        ValueError: The shapes differ, or the images are smaller than the window of SSIM.
    """
    against = Target(target)
    # An unchanged image has the measures of the input; the first baseline of every pipeline returns its input.
    changed = {model: image for model, image in restored.items() if not np.array_equal(image, degraded)}
    # numpy and OpenCV release Python's lock, so that threads measure in parallel.
    with ThreadPoolExecutor(1 + len(changed)) as threads:
        before, *after = threads.map(against.measure, (degraded, *changed.values()))
    measured = dict(zip(changed, after, strict=True))
    return {model: _with_gains(measured.get(model, before), before) for model in restored}


def measure(restored: ImageU8, degraded: ImageU8, target: ImageU8) -> dict[str, float]:
    """Measures one restored image.

    Args:
        restored: uint8 RGB [H, W, 3].
        degraded: The input, of the same shape.
        target: The clean image, of the same shape.

    Returns:
        The values named in `MEASURED`.

    Raises:
        ValueError: The shapes differ, or the images are smaller than the window of SSIM.
    """
    return measure_all({"": restored}, degraded, target)[""]


def _with_gains(after: dict[str, float], before: dict[str, float]) -> dict[str, float]:
    values = dict(after)
    for item in MEASURES:
        values[of_input(item.name)] = before[item.name]
        better = after[item.name] - before[item.name]
        values[gain(item.name)] = better if item.higher_is_better else -better
    return {name: values[name] for name in MEASURED}
