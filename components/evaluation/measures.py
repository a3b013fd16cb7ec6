"""What is measured of an image: the names, units and directions of all measures, and their values for one image."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from data.image import colour
from data.image.arrays import ImageU8
from data.image.luma import luma_studio_range
from data.image.measures import mae, psnr
from data.image.ssim import ms_ssim_plane, ssim_plane, ssim_rgb

PSNR = "psnr"
SSIM = "ssim"
PSNR_Y = "psnr_y"
SSIM_Y = "ssim_y"
MS_SSIM_Y = "ms_ssim_y"
MAE = "mae"
CIEDE2000 = "ciede2000"


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure of an image against its target.

    Attributes:
        name: Its name everywhere.
        unit: Empty where it has none.
        higher_is_better: Else lower is; a gain is positive where the image is better, either way.
    """

    name: str
    unit: str
    higher_is_better: bool = True


MEASURES = (
    Measure(PSNR, "dB"),
    Measure(SSIM, ""),
    Measure(PSNR_Y, "dB"),
    Measure(SSIM_Y, ""),
    Measure(MS_SSIM_Y, ""),
    Measure(MAE, "levels", higher_is_better=False),
    Measure(CIEDE2000, "ΔE00", higher_is_better=False),
)


def of_input(name: str) -> str:
    """Returns the name of a measure of the degraded input, which is what doing nothing would give."""
    return f"input_{name}"


def gain(name: str) -> str:
    """Returns the name of what a measure gains over doing nothing; positive is better."""
    return f"gain_{name}"


GAIN_PSNR = gain(PSNR)
GAIN_SSIM = gain(SSIM)

MEASURED = tuple(
    name for named in (lambda name: name, of_input, gain) for name in (named(measure.name) for measure in MEASURES)
)
"""All that is measured of one image: each measure of the restored image, of the input, and its gain."""


class Target:
    """A clean image that others are measured against; what can be derived of it is derived once."""

    def __init__(self, image: ImageU8) -> None:
        """Takes the clean image, uint8 RGB [H, W, 3]."""
        self._image = image
        self._luma = luma_studio_range(image)
        self._lab = colour.lab(image)

    def measure(self, image: ImageU8) -> dict[str, float]:
        """Returns every measure of an image, by name; MS-SSIM is NaN where the image is too small for it.

        Args:
            image: uint8 RGB [H, W, 3].

        Raises:
            ValueError: Its shape is not the target's, or it is smaller than SSIM's window.
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
    """Measures one image as several models restored it.

    Args:
        restored: By model, uint8 RGB [H, W, 3].
        degraded: What they were given, of that shape.
        target: What they should have made of it, of that shape.

    Returns:
        By model, the values named in `MEASURED`.
    """
    against = Target(target)
    # A model that leaves the image alone need not be measured: it is the first baseline of every pipeline.
    changed = {model: image for model, image in restored.items() if not np.array_equal(image, degraded)}
    # The arithmetic leaves Python's lock alone, and no other work waits while an image is measured.
    with ThreadPoolExecutor(1 + len(changed)) as threads:
        before, *after = threads.map(against.measure, (degraded, *changed.values()))
    measured = dict(zip(changed, after, strict=True))
    return {model: _with_gains(measured.get(model, before), before) for model in restored}


def measure(restored: ImageU8, degraded: ImageU8, target: ImageU8) -> dict[str, float]:
    """Returns the values named in `MEASURED` for one restored image; all three are uint8 RGB [H, W, 3] of one size."""
    return measure_all({"": restored}, degraded, target)[""]


def _with_gains(after: dict[str, float], before: dict[str, float]) -> dict[str, float]:
    values = dict(after)
    for item in MEASURES:
        values[of_input(item.name)] = before[item.name]
        better = after[item.name] - before[item.name]
        values[gain(item.name)] = better if item.higher_is_better else -better
    return {name: values[name] for name in MEASURED}
