"""PSNR and SSIM of restored pictures against the clean ones that lie in a folder under the same names.

The protocol is the gate's (`data.image.ssim`): 8-bit RGB as written, whole image, mean of the images' values. Of
a JPEG, that is what its compression has left. Pictures of 16 bits are rounded to 8.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from data.errors import InputError
from data.image.arrays import ImageU8
from data.image.files import IMAGE_SUFFIXES
from data.image.measures import psnr
from data.image.ssim import ssim_rgb


@dataclass(frozen=True, slots=True)
class Score:
    """One picture before and after, in dB and without unit."""

    psnr_before: float
    psnr_after: float
    ssim_before: float
    ssim_after: float

    def __str__(self) -> str:
        """In a line."""
        return (
            f"PSNR {self.psnr_before:.2f} -> {self.psnr_after:.2f} dB ({self.psnr_after - self.psnr_before:+.2f})  "
            f"SSIM {self.ssim_before:.4f} -> {self.ssim_after:.4f} ({self.ssim_after - self.ssim_before:+.4f})"
        )


def target_of(place: Path, folder: Path) -> Path:
    """Returns the clean picture of a result.

    Args:
        place: Of the result below the output folder.
        folder: Of the clean pictures; the same place in it, or else the same name, with any ending of an image.

    Raises:
        InputError: There is none, or more than one.
    """
    for path in (folder / place, folder / place.name):
        if path.is_file():
            return path
        found = sorted(
            other
            for other in path.parent.glob("*")
            if other.stem == path.stem and other.suffix.lower() in IMAGE_SUFFIXES and other.is_file()
        )
        if len(found) > 1:
            raise InputError(f"{found[0]} and {found[1].name}: both have its name; keep the one that is its target")
        if found:
            return found[0]
    raise InputError(f"no target of this name in {folder}; add it or leave the picture out")


def score(before: ImageU8, after: ImageU8, target: ImageU8) -> Score:
    """Returns what a restoration has gained; all three uint8 [H, W, 3].

    Raises:
        InputError: The target is of another size, or all are too small for SSIM.
    """
    try:
        return Score(psnr(before, target), psnr(after, target), ssim_rgb(before, target), ssim_rgb(after, target))
    except ValueError as error:
        raise InputError(f"not to be measured: {error}") from error


def mean(scores: list[Score]) -> Score:
    """Returns the means of the values of pictures."""
    return Score(*(float(np.mean([getattr(one, item.name) for one in scores])) for item in fields(Score)))
