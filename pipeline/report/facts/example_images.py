"""The images that a run report shows: evaluation pairs beside their restored image, and quarantined pairs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from data.image.arrays import ImageU8

Rank = Literal["best", "median", "worst", ""]

MAX_QUARANTINED_IMAGES = 12
"""Quarantined pairs that a report shows with their images; it lists more of them without."""


@dataclass(frozen=True)
class Example:
    """One evaluation pair, the image that the judged model restored from it, and its metrics.

    Attributes:
        pair_id: The pair's id.
        severity: "light", "medium", "heavy", ...
        input: The degraded image, uint8 RGB [H, W, 3].
        restored: The restored image, uint8 RGB [H, W, 3].
        target: The clean image, uint8 RGB [H, W, 3].
        metrics: "psnr" and "input_psnr" in dB, "ssim" and "input_ssim"; a measure that the image is too small for is absent.
        rank: "best", "median" or "worst" by gain; empty where the pair is shown for its severity.
        chosen: The rank in words, such as "Median gain of 24 evaluation images, +3.10 dB"; empty without a rank.

    Raises:
        ValueError: An image is not uint8 RGB, or the three differ in shape.
    """

    pair_id: str
    severity: str
    input: ImageU8
    restored: ImageU8
    target: ImageU8
    metrics: Mapping[str, float] = field(default_factory=dict)
    rank: Rank = ""
    chosen: str = ""

    def __post_init__(self) -> None:
        for name in ("input", "restored", "target"):
            _check(getattr(self, name), f"{self.pair_id}: {name}")
        if not self.input.shape == self.restored.shape == self.target.shape:
            shapes = ", ".join(str(image.shape) for image in (self.input, self.restored, self.target))
            raise ValueError(f"{self.pair_id}: input, restored and target differ in shape: {shapes}")


@dataclass(frozen=True)
class QuarantinedImages:
    """The two images of a quarantined pair, which may differ in size.

    Attributes:
        pair_id: The pair's id.
        input: The degraded image, uint8 RGB [H, W, 3].
        target: The clean image, uint8 RGB [H, W, 3].

    Raises:
        ValueError: An image is not uint8 RGB.
    """

    pair_id: str
    input: ImageU8
    target: ImageU8

    def __post_init__(self) -> None:
        for name in ("input", "target"):
            _check(getattr(self, name), f"{self.pair_id}: {name}")


def _check(image: ImageU8, name: str) -> None:
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or 0 in image.shape:
        raise ValueError(f"{name}: expected a uint8 image [H, W, 3], found {image.dtype} {list(image.shape)}")
