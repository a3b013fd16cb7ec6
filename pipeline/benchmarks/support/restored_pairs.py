"""Restores pairs as `ast-restore restore` does, and scores the results as published tables do."""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from data.image.arrays import ImageU8
from data.image.measures import psnr
from data.image.ssim import ssim_rgb
from pipeline.benchmarks.common import stopwatch
from pipeline.restoring.options import Method

HARM = 0.5
"""dB that an image may lose before it counts as worse."""


@dataclass(frozen=True, slots=True)
class Scores:
    """Means over the images of a set: PSNR over RGB, and SSIM over RGB with a Gaussian window of 11 pixels and sigma 1.5.

    Attributes:
        images: Number of images.
        psnr: Of the restored images at 8 bits, in dB.
        ssim: Of the same, at most 1.
        input_psnr: Of the degraded images, in dB.
        input_ssim: Of the degraded images.
        worse: Share of the images that lose more than `HARM`.
        milliseconds: Median wall time of an image.
    """

    HEADER: ClassVar[tuple[str, ...]] = (
        "set", "images", "PSNR", "SSIM", "input PSNR", "input SSIM", "gain, dB", "worse by 0.5 dB", "ms an image",
    )  # fmt: skip
    """Columns of `row`."""

    images: int
    psnr: float
    ssim: float
    input_psnr: float
    input_ssim: float
    worse: float
    milliseconds: float

    def row(self, name: str) -> tuple[object, ...]:
        """Returns a row of a table.

        Args:
            name: Name of the set.
        """
        values = (f"{self.psnr:.2f}", f"{self.ssim:.3f}", f"{self.input_psnr:.2f}", f"{self.input_ssim:.3f}")
        gain = f"{self.psnr - self.input_psnr:+.2f}"
        return (name, self.images, *values, gain, f"{self.worse:.1%}", f"{self.milliseconds:.0f}")

    def as_dict(self) -> dict[str, float]:
        """Returns the values by name."""
        return dataclasses.asdict(self)


def score_pairs(model: Path, pairs: Iterable[tuple[ImageU8, ImageU8]], method: Method | None = None) -> Scores:
    """Restores and scores pairs.

    Args:
        model: Folder of the SavedModel.
        pairs: Input and target, uint8 RGB [H, W, 3]; at least one pair.
        method: Steps beside one pass through the network.

    Returns:
        The means.
    """
    from pipeline.restoring.model import ImageRestorer
    from pipeline.restoring.original_image import to_8_bits

    restorer = ImageRestorer.load(model)
    rows, milliseconds = [], []
    for degraded, target in pairs:
        with stopwatch() as seconds:
            restored = to_8_bits(restorer.restore(degraded, method))
        milliseconds.append(1000.0 * seconds())
        rows.append((*_figures(restored, target), *_figures(degraded, target)))
    psnrs, ssims, input_psnrs, input_ssims = np.asarray(rows).T
    return Scores(
        images=len(rows),
        psnr=_mean(psnrs),
        ssim=_mean(ssims),
        input_psnr=_mean(input_psnrs),
        input_ssim=_mean(input_ssims),
        worse=_mean(psnrs - input_psnrs < -HARM),
        milliseconds=round(statistics.median(milliseconds), 1),
    )


def _figures(image: ImageU8, target: ImageU8) -> tuple[float, float]:
    return psnr(image, target), ssim_rgb(image, target)


def _mean(values: np.ndarray) -> float:
    return round(float(values.mean()), 4)
