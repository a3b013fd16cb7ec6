"""PSNR and SSIM of restored images against clean images of the same names.

The protocol is the gate's (`data.image.measures`, `data.image.ssim`): 8-bit RGB as written, whole image, mean over images. A
JPEG is measured after its compression. Images of 16 bits are rounded to 8.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from data.errors import InputError
from data.image.arrays import ImageU8
from data.image.codec.files import IMAGE_SUFFIXES
from data.image.measures import psnr
from data.image.ssim import ssim_rgb


@dataclass(frozen=True, slots=True)
class Score:
    """PSNR in dB and SSIM of an image before and after restoring."""

    psnr_before: float
    psnr_after: float
    ssim_before: float
    ssim_after: float

    def __str__(self) -> str:
        """Returns the score as one line of text."""
        return (
            f"PSNR {self.psnr_before:.2f} -> {self.psnr_after:.2f} dB ({self.psnr_after - self.psnr_before:+.2f})  "
            f"SSIM {self.ssim_before:.4f} -> {self.ssim_after:.4f} ({self.ssim_after - self.ssim_before:+.4f})"
        )


def target_of(result: Path, folder: Path) -> Path:
    """Finds the clean image of a result, by its path or else by its name, with any image suffix.

    Args:
        result: Path of the result below the output folder.
        folder: Folder of the clean images.

    Raises:
        InputError: There is no such image, or more than one.
    """
    for path in (folder / result, folder / result.name):
        if path.is_file():
            return path
        targets = sorted(
            other
            for other in path.parent.glob("*")
            if other.stem == path.stem and other.suffix.lower() in IMAGE_SUFFIXES and other.is_file()
        )
        if len(targets) > 1:
            raise InputError(f"{targets[0]} and {targets[1].name}: both have its name; keep the one that is its target")
        if targets:
            return targets[0]
    raise InputError(f"no target of this name in {folder}; add it, or do not restore the image")


def score(before: ImageU8, after: ImageU8, target: ImageU8) -> Score:
    """Measures an image before and after restoring.

    Args:
        before: The input, uint8 [H, W, 3].
        after: The restored image, uint8 [H, W, 3].
        target: The clean image, uint8 [H, W, 3].

    Raises:
        InputError: The sizes differ, or are too small for SSIM.
    """
    try:
        return Score(psnr(before, target), psnr(after, target), ssim_rgb(before, target), ssim_rgb(after, target))
    except ValueError as error:
        raise InputError(f"cannot be measured: {error}") from error


def mean(scores: Sequence[Score]) -> Score:
    """Returns the means of the four values over images."""
    return Score(*(float(np.mean([getattr(one, item.name) for one in scores])) for item in fields(Score)))
