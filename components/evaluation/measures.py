"""Names, units and directions of all quality measures. Imports no image library."""

from __future__ import annotations

from dataclasses import dataclass

PSNR = "psnr"
SSIM = "ssim"
PSNR_Y = "psnr_y"
SSIM_Y = "ssim_y"
MS_SSIM_Y = "ms_ssim_y"
MAE = "mae"
CIEDE2000 = "ciede2000"


@dataclass(frozen=True, slots=True)
class Measure:
    """One quality measure of an image against its target.

    Attributes:
        name: Name of the measure, such as "psnr".
        unit: Unit, such as "dB"; empty where there is none.
        higher_is_better: Whether a larger value is better. A gain is positive where the image is better, either way.
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
    """Returns the name of a measure of the input against the target (the identity baseline), such as "input_psnr".

    Args:
        name: Name of the measure.
    """
    return f"input_{name}"


def gain(name: str) -> str:
    """Returns the name of the gain of a measure over the input, such as "gain_psnr"; positive is better.

    Args:
        name: Name of the measure.
    """
    return f"gain_{name}"


GAIN_PSNR = gain(PSNR)
GAIN_SSIM = gain(SSIM)

MEASURED = tuple(
    name for named in (lambda name: name, of_input, gain) for name in (named(measure.name) for measure in MEASURES)
)
"""Names of all values of one image: each measure of the restored image, of the input, and its gain."""
